"""A certificate of the software as signed bytes, and back."""

from collections.abc import Mapping
from typing import Final

from assay.reports.keys import PublicKey, SigningKey
from assay.reports.statement import Form, Sealed, seal, unseal
from assay.vocabulary.validation import VALIDATION_TYPE, Validation


def _subjects(made: Validation) -> Mapping[str, str]:
    return {"software": made.code}


FORM: Final = Form(VALIDATION_TYPE, Validation, _subjects, "validation.not_one")


def sign_validation(made: Validation, key: SigningKey) -> bytes:
    """The signed envelope of a certificate; its subject is the software, by the digest of its source.

    Raises:
        BadInput: ``report.unsignable``.
        Defect: the laboratory mark is not that of ``key``.
    """
    return seal(FORM, made, key)


def open_validation(
    data: bytes, path: str, trusted: Mapping[str, PublicKey] | None = None
) -> Sealed[Validation]:
    """Check form and signature of a certificate.

    Args:
        data: the whole file.
        path: its name, for messages.
        trusted: the trusted keys, by key id.
    Raises:
        VerificationFailed: ``validation.not_one`` or ``report.bad_signature``.
    """
    return unseal(FORM, data, path, trusted)
