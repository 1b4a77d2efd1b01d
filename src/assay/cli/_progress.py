"""Progress on standard error: one line that moves on a terminal, a line every ten seconds elsewhere."""

import sys
import time
from contextlib import suppress
from shutil import get_terminal_size
from typing import Any

from assay.reports.text import width
from assay.vocabulary.words import say


class Progress:
    """Tells how far observing has come: responses, rate, time left, failures, spend.

    Args:
        language: of the words.
        quiet: say nothing at all.
    """

    def __init__(self, language: str, quiet: bool = False) -> None:
        self._language = language
        self._quiet = quiet
        self._moving = sys.stderr.isatty()
        self._began_s = time.monotonic()
        self._told_s = self._began_s if not self._moving else 0.0
        self._shown = False

    def __call__(self, state: Any) -> None:
        now_s = time.monotonic()
        if self._quiet or state.planned == state.reused:
            return
        if now_s - self._told_s < (0.1 if self._moving else 10.0) and state.done < state.planned:
            return
        self._told_s = now_s
        line = self._line(state, now_s - self._began_s)
        with suppress(OSError):  # nobody reads it: no reason to stop measuring
            sys.stderr.write(f"\r\x1b[2K{_fit(line)}" if self._moving else line + "\n")
            sys.stderr.flush()
        self._shown = self._moving

    def end(self) -> None:
        """Leave the line as it is and go to the next."""
        if self._shown:
            with suppress(OSError):
                sys.stderr.write("\n")
            self._shown = False

    def _line(self, state: Any, passed_s: float) -> str:
        new = state.done - state.reused
        rate = new / passed_s if passed_s > 0 else 0.0
        left = (state.planned - state.done) / rate if rate > 0 else None
        done = state.done + (state.sent[1] if state.sent else 0)
        parts = [say("commands", "progress.done", self._language, done=done, planned=state.planned,
                     percent=f"{100 * done / state.planned:.0f}")]  # fmt: skip
        if state.look:
            parts.append(say("commands", "progress.look", self._language, n=state.look))
        if state.restarts:
            left = state.left_s
            parts += self._restart(state)
        else:
            parts.append(say("commands", "progress.rate", self._language, rate=f"{rate:.3g}"))
        if left is not None and state.done < state.planned:
            parts.append(say("commands", "progress.left", self._language, left=_duration(left)))
        if state.failed:
            parts.append(say("commands", "progress.failed", self._language, n=state.failed))
        if state.retried:
            parts.append(say("commands", "progress.retried", self._language, n=state.retried))
        tokens = sum(state.usage.values())
        if tokens:
            parts.append(say("commands", "progress.tokens", self._language, n=tokens))
        if state.cost is not None:
            parts.append(say("commands", "progress.cost", self._language, cost=f"{state.cost:.4g}"))
        return " · ".join(parts)

    def _restart(self, state: Any) -> list[str]:
        """Which restart is under way, what is being done in it, and how far that has come."""
        if state.stage is None:
            return []
        said = [say("commands", "progress.restart", self._language, n=state.restart, of=state.restarts),
                self._stage(state)]  # fmt: skip
        if state.sent is not None and state.stage.so_far is not None:
            sent, answered = state.sent
            said.append(say("commands", "progress.sent", self._language, sent=sent, answered=answered, n=state.asked))
        return said

    def _stage(self, state: Any) -> str:
        """What is being done in a restart, which comes back all at once."""
        name = say("commands", f"progress.stage.{state.stage.code}", self._language)
        values = {"stage": name, "gone": f"{state.stage_s:.0f}"}
        if state.stage.seconds is None:
            return say("commands", "progress.stage", self._language, **values)
        return say("commands", "progress.stage_of", self._language, all=f"{state.stage.seconds:.0f}", **values)


def _fit(line: str) -> str:
    """As much of a line as the terminal shows in one: what wraps cannot be taken back."""
    room = get_terminal_size((100, 24)).columns - 1
    while width(line) > room:
        line = line[: max(0, len(line) - max(1, (width(line) - room) // 2))]
    return line


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
