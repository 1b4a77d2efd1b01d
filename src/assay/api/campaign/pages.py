"""A campaign as a page in a file."""

from pathlib import Path

from assay.store.laboratory import writing
from assay.vocabulary.campaign import Campaign


def render(made: Campaign, language: str, path: Path, sha256: str | None = None) -> Path:
    """Write the page, and return where.

    Args:
        made: the campaign.
        language: ``en`` or ``zh``.
        path: where to write.
        sha256: digest of the signed envelope, hexadecimal; None if there is none.
    """
    from assay.reports.campaign_view import html  # the page's template engine is not needed for anything else

    with writing(path):
        path.write_text(html(made, language, sha256), encoding="utf-8")
    return path.resolve()
