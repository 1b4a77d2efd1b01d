"""What another tool said of a response: its scores, as an imported response carries them in its note."""

from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Json, Record
from assay.vocabulary.result import Note


class Origin(Record, kw_only=True):
    """Where the observations of an imported run come from.

    Attributes:
        tool: name of the tool that observed.
        identity: what names the run in the tool's own world; empty if nothing does.
        sha256: digest of the files that were read, one after another.
        key: digest of the files and of what was asked for, so that the same is not imported twice.
        notes: what every report on the run says of it.
        scoring: what a report says besides, if it reads scores of the tool.
        score: what it says besides, if it reads the score that was imported.
    """

    tool: str
    identity: str
    sha256: str
    key: str
    notes: tuple[Note, ...]
    scoring: tuple[Note, ...] = ()
    score: tuple[Note, ...] = ()

    def said(self, used: PartUse, meant: PartUse) -> tuple[Note, ...]:
        """What a report says that reads with the instrument ``used``, where the run was imported for ``meant``."""
        found = self.notes
        if used.part == meant.part:
            found += self.scoring
        if used == meant:
            found += self.score
        return found


class Told(NamedTuple):
    """What a row of another tool's log says: the case, and what came of it, with its scores as the note."""

    item: Item
    response: Response


class Scored(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """The scores of one response.

    Attributes:
        scores: the tool's numbers, by the name of the score; finite.
        unscored: why a score that should be there is no number, by its name; under an empty name, why none is.
        said: what stood in the log beside them (a verdict, its explanation), by the name of the score.
    """

    scores: dict[str, float] = {}
    unscored: dict[str, str] = {}
    said: dict[str, Json] = {}


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Scored)


def note_of(scored: Scored) -> str:
    """Scores as the text of a note."""
    if len(scored.scores) == 1 and not scored.unscored and not scored.said:
        for name, value in scored.scores.items():
            return _note_of_one(name, value)
    return _encoder.encode(scored).decode()


@lru_cache(maxsize=4096)
def _note_of_one(name: str, value: float) -> str:
    return _encoder.encode(Scored(scores={name: value})).decode()


def scored_in(note: str) -> Scored | None:
    """The scores in a note; None if it holds none."""
    try:
        return _decoder.decode(note)
    except (msgspec.DecodeError, RecursionError):
        return None


def reading(scored: Scored, score: str) -> Reading:
    """One score as a reading.

    A score that the tool did not make of this response at all is ``not_applicable``: it is no loss of the tool's own
    design. One that it tried and failed to make is ``instrument_failed``.
    """
    value = scored.scores.get(score)
    if value is not None:
        return _number(value)
    reason = scored.unscored.get(score, scored.unscored.get(""))
    if reason is not None:
        return Reading(status="instrument_failed", note=reason)
    return NOT_SCORED


NOT_SCORED: Final = Reading(status="not_applicable", note="not_scored")


@lru_cache(maxsize=4096)
def _number(value: float) -> Reading:
    return Reading(value=value)
