"""A comparison of systems by a judge or by people as signed bytes, and back."""

from collections.abc import Mapping
from typing import Final

from assay.reports.keys import PublicKey, SigningKey
from assay.reports.statement import Form, Sealed, seal, unseal
from assay.vocabulary.arena import ARENA_TYPE, Arena


def _subjects(made: Arena) -> Mapping[str, str]:
    found = {"rubric": made.rubric, "material": made.material}
    if made.judge is not None:
        found |= {f"judge:{place}": name for place, name in enumerate(made.judge.scope.judges, 1)}
        found |= {f"report:{run}": name for run, name in zip(made.judge.runs, made.judge.reports, strict=True)}
    if made.people is not None:
        found["ratings"] = made.people.sha256
    return found


FORM: Final = Form(ARENA_TYPE, Arena, _subjects, "arena.not_one")


def sign_arena(made: Arena, key: SigningKey) -> bytes:
    """The signed envelope of a comparison; its subjects are rubric, texts, and judges with their reports, or ratings.

    Raises:
        BadInput: ``report.unsignable``.
        Defect: the laboratory mark is not that of ``key``.
    """
    return seal(FORM, made, key)


def open_arena(data: bytes, path: str, trusted: Mapping[str, PublicKey] | None = None) -> Sealed[Arena]:
    """Check form and signature of a comparison.

    Args:
        data: the whole file.
        path: its name, for messages.
        trusted: the trusted keys, by key id.
    Raises:
        VerificationFailed: ``arena.not_one`` or ``report.bad_signature``.
    """
    return unseal(FORM, data, path, trusted)
