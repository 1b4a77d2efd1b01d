"""A row of another tool's log, fresh from a run of ours: the same reading as that of an imported log."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from assay.exchange.log import Sample
from assay.exchange.logs import _inspect_sample, lm_eval
from assay.vocabulary.imported import Scored, Told, note_of
from assay.vocabulary.material import Item

_inspect: Final = msgspec.json.Decoder(_inspect_sample.Row)
_rows: Final = msgspec.json.Decoder(list[dict[str, Any]])


def _told(sample: Sample) -> Told:
    response = sample.response
    if response.status == "ok":
        response = msgspec.structs.replace(response, note=note_of(sample.scored))
    item = Item(
        id=sample.item, stimulus=sample.stimulus, reference=sample.reference, choices=sample.choices,
        group=sample.group, weight=sample.weight, tags=sample.tags,
    )  # fmt: skip
    return Told(item, response)


def _inspect_row(row: bytes) -> Told:
    return _told(_inspect_sample.sample("", _inspect.decode(row), "cluster", True))


def _lm_eval_rows(row: bytes) -> Told:
    """The rows of one document, one for each filter: one reply, with the scores by every filter."""
    rows = _rows.decode(row)
    first = lm_eval.document("", rows[0])
    scored = [lm_eval.scored(one, str(one.get("filter", "none"))) for one in rows]
    scores = {name: value for one in scored for name, value in one.scores.items()}
    unscored = {name: why for one in scored for name, why in one.unscored.items()}
    return _told(msgspec.structs.replace(first, scored=Scored(scores=scores, unscored=unscored)))


TOLD: Final[dict[str, Callable[[bytes], Told]]] = {"inspect_ai": _inspect_row, "lm_eval": _lm_eval_rows}
"""By the name of the tool, what reads a row of its log. Raises ``msgspec.DecodeError`` for what is no such row."""
