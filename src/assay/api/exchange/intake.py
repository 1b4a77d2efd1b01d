"""The samples of one log on their way into the store: items found, repeats counted, each reply with its reading."""

import gc
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Final

import msgspec

from assay.exchange.log import Log, Printed, Sample, Wanted
from assay.line.plan import response_key, trial_seed
from assay.store.intake import Intake, Taken
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.imported import Scored, note_of, reading
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response, Trial
from assay.vocabulary.procedure import Plan, Variant
from assay.vocabulary.record import Json

VARIANT: Final = Variant(name="as_logged")
MOST_REPEATS: Final = 10_000

_BATCH: Final = 5_000
_ABSENT: Final = Response(status="not_run", note="not_in_log")
_MOST_PRINTED: Final = 20


class Tally(msgspec.Struct):
    """What the tool's own way of taking the mean comes to, for one number that it printed.

    Attributes:
        printed: the number.
        sums: sum and number of the scores; of each item where the tool takes the mean of means.
    """

    printed: Printed
    sums: dict[int, tuple[float, int]] = {}

    def add(self, index: int, value: float) -> None:
        """One more score of an item."""
        place = index if self.printed.by_item else 0
        total, n = self.sums.get(place, (0.0, 0))
        self.sums[place] = (total + value, n + 1)

    @property
    def value(self) -> float | None:
        """The mean as the tool takes it; None if there is no score."""
        if not self.sums:
            return None
        return math.fsum(total / n for total, n in self.sums.values()) / len(self.sums)

    @property
    def agrees(self) -> bool:
        """Whether it is what the tool printed, to the digits that it printed."""
        value, digits = self.value, self.printed.digits
        if value is None:
            return False
        allowed = 1e-9 * max(1.0, abs(value)) if digits is None else 0.5 * 10.0**-digits + 1e-9
        return abs(value - self.printed.value) <= allowed


class Run:
    """One log, taken in sample by sample; memory grows with the items, not with what was answered.

    Args:
        log: what is read.
        wanted: how.
        plan: the plan of the run, for its seed; its repeats are found.
        subject: identity of the subject.

    Attributes:
        items: the items found, in order of their first sample.
        score: the score that is read; empty until it is known.
        known: every score that occurs.
        low: the smallest reading; infinite if there is none.
        high: the largest.
        counts: readings by status.
        repeats: the largest number of repeats of an item.
        counted: replies that failed or were refused and for which the tool has a score nonetheless.
        tallies: for each number that the tool printed.
    """

    def __init__(self, log: Log, wanted: Wanted, plan: Plan, subject: dict[str, Json]) -> None:
        self.items: list[Item] = []
        self.score = wanted.score or (log.scores[0] if log.scores else "")
        self.known: dict[str, None] = dict.fromkeys(log.scores)
        self.low, self.high = math.inf, -math.inf
        self.counts: Counter[str] = Counter()
        self.repeats = 0
        self.counted = 0
        self.tallies = [Tally(printed) for printed in log.printed[:_MOST_PRINTED]]
        self._log = log
        self._wanted = wanted
        self._plan = plan
        self._subject = digest(subject)
        self._places: dict[str, int] = {}
        self._had: list[int] = []  # of each item, which repeats were seen, as bits; bit 1 is the first
        self._found = not wanted.score

    def take(self, store: Intake, channel: int) -> None:
        """Read every sample into the store, and add a row for each that should be there and is not.

        Raises:
            BadInput: the log holds nothing, contradicts itself, or lacks the score that is wanted.
        """
        samples = self._log.samples()
        with _uncollected():
            while batch := list(islice(samples, _BATCH)):
                store.add(channel, [self._taken(sample) for sample in batch])
        if not self.items:
            raise BadInput("import.empty", path=str(self._log.files[0]))
        if not self._found:
            raise BadInput("import.no_score", path=str(self._log.files[0]), score=self._wanted.score,
                           near=near(self._wanted.score, list(self.known)))  # fmt: skip
        self._check_gaps()
        absent = self._absent()
        while rows := list(islice(absent, _BATCH)):
            store.add(channel, rows)

    @property
    def n_absent(self) -> int:
        """Rows of the plan that are not in the log."""
        return len(self.items) * self.repeats - sum(had.bit_count() for had in self._had)

    def _taken(self, sample: Sample) -> Taken:
        index = self._index(sample)
        repeat = self._repeat(index, sample)
        scored, response = sample.scored, sample.response
        self._note_scores(index, scored, response.status == "ok")
        if response.status == "ok":
            found = reading(scored, self.score)
            response = msgspec.structs.replace(response, note=note_of(scored))
        else:
            found = Reading(status=response.status, note=response.note or response.status)
        self.counts[found.status] += 1
        if found.value is not None:
            self.low, self.high = min(self.low, found.value), max(self.high, found.value)
        return self._row(index, repeat, response, found)

    def _row(self, index: int, repeat: int, response: Response, found: Reading) -> Taken:
        item = self.items[index]
        seed = trial_seed(self._plan, item.id, VARIANT.name, repeat)
        trial = Trial(index, 0, repeat, seed, item, VARIANT)
        return Taken(index, repeat, response_key(self._subject, trial, item.stimulus), found, response)

    def _note_scores(self, index: int, scored: Scored, ok: bool) -> None:
        for name in scored.scores:
            if name not in self.known:
                self.known[name] = None
        if not self.score and scored.scores:
            self.score = next(iter(scored.scores))
        if not self._found and (self.score in scored.scores or self.score in scored.unscored):
            self._found = True
        if not ok and self.score in scored.scores:
            self.counted += 1
        for tally in self.tallies:
            value = scored.scores.get(tally.printed.score)
            if value is not None:
                tally.add(index, value)

    def _index(self, sample: Sample) -> int:
        """Place of the sample's item; a name that stands for two different items is refused."""
        name = sample.position if self._wanted.ids == "position" and sample.position else sample.item
        if not name:
            raise BadInput("import.broken", place=sample.place, reason="the item has no name")
        index = self._places.get(name)
        if index is None:
            self._places[name] = len(self.items)
            self.items.append(_item(name, sample))
            self._had.append(0)
            return len(self.items) - 1
        known = self.items[index]
        if sample.response.status != "subject_failed" and not _same(known, sample):
            raise BadInput("import.same_id", place=sample.place, id=name, path=str(self._log.files[0]))
        return index

    def _repeat(self, index: int, sample: Sample) -> int:
        had = self._had[index]
        repeat = sample.repeat if sample.repeat is not None else max(1, had.bit_length())
        if not 1 <= repeat <= MOST_REPEATS:
            raise BadInput("import.repeat", place=sample.place, repeat=repeat, most=MOST_REPEATS)
        if had >> repeat & 1:
            raise BadInput("import.twice", place=sample.place, id=self.items[index].id, repeat=repeat)
        self._had[index] = had | 1 << repeat
        self.repeats = max(self.repeats, repeat)
        return repeat

    def _check_gaps(self) -> None:
        """Refuse a table in which hardly any item has as many repeats as some one has: an id is then no item's."""
        rows = sum(had.bit_count() for had in self._had)
        if self.n_absent > rows:
            most = max(range(len(self.items)), key=lambda index: self._had[index].bit_count())
            raise BadInput("import.ragged", path=str(self._log.files[0]), id=self.items[most].id, repeats=self.repeats,
                           rows=rows, items=len(self.items))  # fmt: skip

    def _absent(self) -> Iterator[Taken]:
        lost = Reading(status="not_run", note=_ABSENT.note)
        for index, had in enumerate(self._had):
            for repeat in range(1, self.repeats + 1):
                if not had >> repeat & 1:
                    self.counts["not_run"] += 1
                    yield self._row(index, repeat, _ABSENT, lost)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which would look through the items again and again; nothing here makes cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _item(name: str, sample: Sample) -> Item:
    return Item(
        id=name, stimulus=sample.stimulus, reference=sample.reference, choices=sample.choices, group=sample.group,
        weight=sample.weight, tags=sample.tags,
    )  # fmt: skip


def _same(item: Item, sample: Sample) -> bool:
    return (
        item.stimulus == sample.stimulus and item.reference == sample.reference and item.choices == sample.choices
        and item.group == sample.group and item.weight == sample.weight
    )  # fmt: skip
