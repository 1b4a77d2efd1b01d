"""What several runs would take, told beforehand and at the beginning of each."""

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from assay.cli._show import json_out, language, table_out
from assay.vocabulary.errors import BadInput
from assay.vocabulary.words import say

if TYPE_CHECKING:
    from assay.api.sweep.expected import Expected, ExpectedRun

_OF_A_RUN = ("html", "markdown", "name", "quiet")
_COLUMNS = ("run", "requests", "restarts", "there", "minutes")


class Timed(Protocol):
    """A run that is about to begin; see ``Step`` of a sweep."""

    @property
    def seconds(self) -> float | None: ...
    @property
    def left_s(self) -> float | None: ...


class Steps:
    """Tells of runs, one after another, on standard error: first what all take, then each with its own progress.

    Args:
        language: of the words.
        quiet: say nothing at all.
    """

    def __init__(self, language: str, quiet: bool) -> None:
        from assay.cli._progress import Progress

        self._language, self._quiet, self._of_one = language, quiet, Progress
        self._progress = Progress(language, quiet)

    def expected(self, made: "Expected") -> None:
        """What all of them take."""
        self._tell(sentence(made, self._language))

    def begin(self, head: str, step: Timed) -> None:
        """A run begins: its rate and time are counted from here."""
        self._progress.end()
        self._tell(head + _lasts(step, self._language))
        self._progress = self._of_one(self._language, self._quiet)

    def progress(self, state: Any) -> None:
        """How far the run has come."""
        self._progress(state)

    def end(self) -> None:
        """Leave the line as it is and go to the next."""
        self._progress.end()

    def _tell(self, words: str) -> None:
        if not self._quiet:
            with suppress(OSError):  # nobody reads it: no reason to stop measuring
                print(words, file=sys.stderr, flush=True)


def only_to_tell(args: argparse.Namespace, command: str) -> None:
    """Refuse options of a run beside ``--dry-run``, which would do nothing. Raises ``BadInput`` (``dry.with``)."""
    given = [f"--{name}" for name in _OF_A_RUN if getattr(args, name)]
    if given:
        raise BadInput("dry.with", command=command, options=", ".join(given))


def dry_run(made: "Expected", called: Callable[[str], str], args: argparse.Namespace) -> int:
    """Show what would be made; 0.

    Args:
        made: the runs.
        called: what a run is called, by its name.
        args: of the command.
    """
    if args.json:
        json_out(made)
        return 0
    spoken = language(args)
    head = [say("sweep", f"expected.head.{name}", spoken) for name in _COLUMNS]
    rows: list[list[str]] = []
    for one, times in _grouped(made):
        name = called(one.name)
        if times > 1:
            name = say("sweep", "expected.times", spoken, name=name, n=times)
        rows.append([name, str(one.requests), str(one.restarts), str(one.in_store), _minutes_of(one, spoken)])
    table_out(rows, head)
    print(sentence(made, spoken))
    print(say("sweep", "expected.counted", spoken))
    return 0


def names(language: str) -> Callable[[str], str]:
    """What the runs of a bottleneck are called: what is changed, after the file where there are several."""

    def called(name: str) -> str:
        file, colon, change = name.rpartition(": ")
        return file + colon + say("bottleneck", f"change.{change}", language)

    return called


def sentence(made: "Expected", language: str) -> str:
    """What all runs take."""
    values = {"runs": made.to_make, "all": len(made.runs), "there": len(made.runs) - made.to_make,
              "requests": made.requests, "n": made.open}  # fmt: skip
    if not made.to_make:
        return say("sweep", "expected.nothing", language, **values)
    known = made.seconds or 0.0
    if made.open:
        known += sum(one.beside_s for one in made.runs if one.seconds is None)
    code = "expected.most" if made.at_most else "expected.open" if made.open else "expected"
    return say("sweep", code, language, minutes=minutes(known), **values)


def minutes(seconds: float) -> str:
    """Minutes, with one decimal below ten."""
    return f"{seconds / 60:.1f}" if seconds < 600 else f"{seconds / 60:.0f}"


def _minutes_of(one: "ExpectedRun", language: str) -> str:
    return say("sweep", "expected.unknown", language) if one.seconds is None else minutes(one.seconds)


def _lasts(step: Timed, language: str) -> str:
    if not step.seconds:
        return ""
    if step.left_s is None:
        return say("sweep", "lasts", language, minutes=minutes(step.seconds))
    return say("sweep", "left", language, minutes=minutes(step.seconds), left=minutes(step.left_s))


def _grouped(made: "Expected") -> list[tuple["ExpectedRun", int]]:
    """Runs that differ in nothing told, each with how many there are."""
    found: list[tuple[ExpectedRun, int]] = []
    for one in made.runs:
        if found and (found[-1][0].name, found[-1][0].in_store) == (one.name, one.in_store):
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((one, 1))
    return found
