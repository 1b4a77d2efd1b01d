"""An interlaboratory comparison as signed bytes, and back: the same envelope as a report's, another predicate."""

from collections.abc import Mapping
from typing import Final

from assay.reports.keys import PublicKey, SigningKey
from assay.reports.statement import Form, seal, unseal
from assay.vocabulary.interlab import INTERLAB_TYPE, Interlab


def _subjects(made: Interlab) -> Mapping[str, str]:
    used = [report for one in made.participants for report in one.reports]
    return {"material": made.material.digest, **{f"report:{report.id}": report.sha256 for report in used}}


FORM: Final = Form(INTERLAB_TYPE, Interlab, _subjects, "interlab.not_one")


def sign_interlab(made: Interlab, key: SigningKey) -> bytes:
    """The signed envelope of a comparison; its subjects are the material and the envelope of every report.

    Raises:
        BadInput: ``report.unsignable``.
        Defect: the laboratory mark is not that of ``key``.
    """
    return seal(FORM, made, key)


def open_interlab(data: bytes, path: str, trusted: Mapping[str, PublicKey] | None = None) -> tuple[Interlab, bool]:
    """Check form and signature of a comparison.

    Args:
        data: the whole file.
        path: its name, for messages.
        trusted: the trusted keys, by key id.
    Returns:
        What was signed, and whether its key is trusted; a good signature by another key is no pass.
    Raises:
        VerificationFailed: ``interlab.not_one`` or ``report.bad_signature``.
    """
    opened = unseal(FORM, data, path, trusted)
    return opened.made, opened.trusted
