"""The certificate of a judge as signed bytes, and back."""

from collections.abc import Mapping
from typing import Final

from assay.reports.keys import PublicKey, SigningKey
from assay.reports.statement import Form, Sealed, seal, unseal
from assay.vocabulary.certificate import CERTIFICATE_TYPE, JudgeCertificate


def _subjects(made: JudgeCertificate) -> Mapping[str, str]:
    judges = {f"judge:{place}": name for place, name in enumerate(made.scope.judges, 1)}
    return {**judges, "rubric": made.scope.rubric, "material": made.material.digest, "observations": made.observations}


FORM: Final = Form(CERTIFICATE_TYPE, JudgeCertificate, _subjects, "certificate.not_one")


def sign_certificate(made: JudgeCertificate, key: SigningKey) -> bytes:
    """The signed envelope of a certificate; its subjects are the judges, the rubric, the cases and the rows.

    Raises:
        BadInput: ``report.unsignable``.
        Defect: the laboratory mark is not that of ``key``.
    """
    return seal(FORM, made, key)


def open_certificate(
    data: bytes, path: str, trusted: Mapping[str, PublicKey] | None = None
) -> Sealed[JudgeCertificate]:
    """Check form and signature of a certificate.

    Args:
        data: the whole file.
        path: its name, for messages.
        trusted: the trusted keys, by key id.
    Raises:
        VerificationFailed: ``certificate.not_one`` or ``report.bad_signature``.
    """
    return unseal(FORM, data, path, trusted)
