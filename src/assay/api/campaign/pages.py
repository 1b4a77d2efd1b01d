"""A campaign as a page, in Markdown, or as it was signed; also one that was issued before."""

from pathlib import Path
from typing import Literal

from assay.api.campaign.campaign import Issued
from assay.api.keys import trusted
from assay.reports.forms import CAMPAIGN
from assay.reports.statement import predicate_type, unseal
from assay.store.laboratory import Laboratory, writing
from assay.vocabulary.campaign import CAMPAIGN_TYPE, Campaign
from assay.vocabulary.errors import BadInput

Form = Literal["html", "markdown", "json"]
_ENDINGS = {"html": ".html", "markdown": ".md"}
_PREFIX = "campaign-"


def render(made: Campaign, language: str, path: Path, sha256: str | None = None, form: Form = "html") -> Path:
    """Write it as a page or in Markdown, and return where.

    Args:
        made: the campaign.
        language: ``en`` or ``zh``.
        path: where to write.
        sha256: digest of the signed envelope, hexadecimal; None if there is none.
        form: ``html`` or ``markdown``.
    """
    if form == "markdown":
        from assay.reports.campaign_markdown import campaign_markdown

        text = campaign_markdown(made, language, sha256)
    else:
        from assay.reports.campaign_view import html  # the page's template engine is not needed for anything else

        text = html(made, language, sha256)
    with writing(path):
        path.write_text(text, encoding="utf-8")
    return path.resolve()


def rendered(made: Issued, form: Form, language: str, path: Path | None = None) -> Path:
    """Write a campaign that was issued, beside its signed JSON unless it is said where, and return where.

    Args:
        made: the campaign.
        form: ``html``, ``markdown``, or ``json`` for the signed bytes.
        language: ``en`` or ``zh``.
        path: where to write.
    """
    if form == "json":
        if path is None:
            return made.path
        with writing(path):
            path.write_bytes(made.envelope)
        return path.resolve()
    ending = _ENDINGS[form] if language == "en" else f".{language}{_ENDINGS[form]}"
    return render(made.campaign, language, path or made.path.with_suffix(ending), made.sha256, form)


def stored(name: str, lab: str | Path = ".assay") -> Issued | None:
    """A campaign that was issued before.

    Args:
        name: its file, its id among the laboratory's reports, or the beginning of that.
        lab: folder of the laboratory.
    Returns:
        None if the name is that of no campaign: a run, perhaps.
    Raises:
        BadInput: no campaign has this id, several begin so, or its key is not trusted.
        VerificationFailed: it was changed.
    """
    laboratory = Laboratory(Path(lab))
    path = Path(name)
    if not path.is_file():
        if not name.startswith(_PREFIX):
            return None
        path = _among(name, laboratory)
    data = path.read_bytes()
    if predicate_type(data) != CAMPAIGN_TYPE:
        return None
    opened = unseal(CAMPAIGN, data, str(path), trusted(laboratory.keys))
    if not opened.trusted:
        raise BadInput("certificate.unknown_key", path=str(path), key=opened.key_id)
    return Issued(opened.made, path.resolve(), data)


def _among(name: str, laboratory: Laboratory) -> Path:
    known = sorted(path for path in laboratory.reports.glob(f"{_PREFIX}*.json"))
    found = [path for path in known if path.stem.startswith(name)]
    if len(found) != 1:
        names = ", ".join(path.stem for path in (found or known)[-5:]) or "–"
        raise BadInput("campaign.unknown", name=name, path=str(laboratory.reports), known=names)
    return found[0]
