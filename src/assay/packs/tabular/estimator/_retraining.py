"""The variants of this pack are retrainings, and a result says so."""

from typing import Final

import msgspec

from assay.vocabulary.result import Note, Result

_NAMES: Final = {"few_variants": "few_retrainings", "variants_fixed": "retrainings_fixed", "variants": "retraining",
                 "one_variant": "one_retraining"}


def named(result: Result) -> Result:
    """The result with the variants called retrainings: in its budget, its remarks, and what it could not see."""
    return msgspec.structs.replace(
        result,
        budget=tuple(
            msgspec.structs.replace(part, source=_name(part.source), label=_name(part.label))
            for part in result.budget
        ),
        notes=tuple(Note(code=_name(note.code), values=note.values) for note in result.notes),
        unseen=tuple(_name(code) for code in result.unseen),
    )


def _name(code: str) -> str:
    return _NAMES.get(code, code)
