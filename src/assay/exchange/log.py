"""The log of another tool as every reader gives it: what the run was, and its samples one by one.

A newcomer adds a tool by adding one file to ``exchange/logs``: a module with a ``READER``. Nothing is registered.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol

import msgspec

from assay.vocabulary.imported import Scored
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

NO_SCORES: Final = Scored()


class Sample(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One reply of the subject with what the tool made of it.

    Attributes:
        place: where it stands in the log, for messages.
        item: name of the item; the same for its repeats.
        position: what the tool itself tells items apart by, where ``item`` is a name from the data.
        repeat: counts from 1; None where the log does not number repeats, which then count as they come.
        response: what the subject gave back; its note is empty where its status is ``ok``.
        stimulus: what the subject was given.
        reference: the right answer, as the log has it.
        choices: the options of a choice item.
        group: the cluster that the item belongs to.
        weight: weight of the item.
        tags: free labels of the item.
        scored: what the tool made of it.
    """

    place: str
    item: str
    position: str = ""
    repeat: int | None = None
    response: Response
    stimulus: Json = None
    reference: Json = None
    choices: tuple[str, ...] = ()
    group: str | None = None
    weight: float = 1.0
    tags: tuple[str, ...] = ()
    scored: Scored = NO_SCORES


class Printed(NamedTuple):
    """A mean that the tool itself printed.

    Attributes:
        score: the score it is the mean of.
        metric: what the tool calls it.
        value: the number printed.
        by_item: whether the tool takes the mean of each item's mean, and not of all samples.
        digits: digits after the point to which it was rounded; None if it was not.
    """

    score: str
    metric: str
    value: float
    by_item: bool = False
    digits: int | None = None


class Log(NamedTuple):
    """One run of one subject.

    Attributes:
        tool: name of the tool's reader.
        version: version of the tool, as the log says; empty if it does not.
        task: name of the task.
        identity: names this run in the tool's own world, so that two logs with the same are one run; or empty.
        subject: identity of the subject, as the log says.
        settings: how the tool was set; what may change an answer or a score, and nothing about speed.
        scores: names of the scores, the one to take first coming first; empty if only the samples tell.
        samples: the samples, read as they are taken.
        files: the files that were read.
        dataset: name of the data.
        printed: what the tool printed.
        notes: what a reader of a report must know of this log.
        outputs: whether samples hold what the subject answered.
        observed: when it was observed, as the log says.
        observer: who observed, where it was not the tool whose format this is; None if nobody is named.
    """

    tool: str
    version: str
    task: str
    identity: str
    subject: dict[str, Json]
    settings: dict[str, Json]
    scores: tuple[str, ...]
    samples: Callable[[], Iterator[Sample]]
    files: tuple[Path, ...]
    dataset: str = ""
    printed: tuple[Printed, ...] = ()
    notes: tuple[Note, ...] = ()
    outputs: bool = True
    observed: str = ""
    observer: str | None = ""


class Left(msgspec.Struct):
    """What was left out of a log, by reason; counted while it is read.

    Attributes:
        broken: lines and members that could not be read, each with its place; at most the first few.
        n_broken: how many there were.
        cached: replies that the tool took from its cache in place of an earlier one of the same log.
        other: samples of another filter or split.
    """

    broken: list[str] = msgspec.field(default_factory=list)
    n_broken: int = 0
    cached: int = 0
    other: int = 0

    def clear(self) -> None:
        """Begin to count again, for the next log."""
        self.broken.clear()
        self.n_broken = self.cached = self.other = 0


class Wanted(NamedTuple):
    """What is to be read.

    Attributes:
        left: where to count what is left out.
        outputs: read what the subject answered, besides the scores.
        score: the score to take; empty for the tool's first.
        skip_broken: leave out what cannot be read, and count it.
        ids: ``own``: items are called as the data call them; ``position``: by what the tool tells them apart by.
        columns: for plain tables: the column of each field, where it is called otherwise.
    """

    left: Left
    outputs: bool = True
    score: str = ""
    skip_broken: bool = False
    ids: Literal["own", "position"] = "own"
    columns: dict[str, str] = {}


class Reader(Protocol):
    """Reads the logs of one tool, without the tool."""

    @property
    def title(self) -> str:
        """The tool's name for people."""
        ...

    def claims(self, path: Path) -> bool:
        """Whether this file or folder is a log of this tool; a folder that is claimed is not looked into."""
        ...

    def logs(self, path: Path, wanted: Wanted) -> Sequence[Log]:
        """The runs in a file or folder that was claimed.

        Raises:
            BadInput: it cannot be read, or is of a format that is not known.
        """
        ...
