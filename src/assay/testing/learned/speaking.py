"""Many requests answered together by a learned reference model, each as if it were alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from assay.testing.learned.arithmetic import Wide
from assay.testing.learned.checkpoint import Checkpoint
from assay.testing.learned.network import Memory, Network, joined
from assay.testing.learned.sampling import Ask, Told, allowed, drawn, ended, log_probabilities
from assay.testing.learned.tokens import END

_CARRIED: Final = 0.75  # share of answers under way at which the others are let go of


@dataclass
class _Talk:
    """One request under way."""

    ask: Ask
    asked: int
    written: list[int] = field(default_factory=list)
    logs: list[Wide] = field(default_factory=list)
    text: str | None = None
    cut: bool = False


class Speaker:
    """A model that answers; not to be used by two threads at once."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint, self.tokens = checkpoint, checkpoint.tokens
        self.network = Network(checkpoint)

    def room(self, ask: Ask) -> int:
        """Tokens of the prompt, and of the longest answer, together."""
        return len(self.tokens.prompt(ask.prompt)) + ask.max_tokens

    def answers(self, asks: Sequence[Ask]) -> list[Told]:
        """Answers in the order of the requests.

        Args:
            asks: requests, each of which has room (``room``) in the context of the model.
        """
        talks, memories = [], []
        for ask in asks:
            read = self.tokens.prompt(ask.prompt)
            memory = self.network.begun(1, len(read) + 8)
            talks.append(_Talk(ask, len(read)))
            self._write(talks[-1:], self.network.logits(np.array([read]), memory)[:, 0])
            memories.append(memory)
        rows = [row for row, talk in enumerate(talks) if talk.text is None]
        if rows:
            self._go_on([talks[row] for row in rows], joined([memories[row] for row in rows]))
        return [Told(talk.text or "", talk.written, np.array(talk.logs), talk.cut, talk.asked) for talk in talks]

    def _go_on(self, talks: list[_Talk], memory: Memory) -> None:
        """Write until all answers have ended; those that have are carried along until a quarter of them has."""
        while any(talk.text is None for talk in talks):
            still = np.array([talk.text is None for talk in talks])
            if still.mean() <= _CARRIED:
                memory = memory.kept(still)
                talks = [talk for talk in talks if talk.text is None]
            last = np.array([[talk.written[-1]] for talk in talks])
            self._write(talks, self.network.logits(last, memory)[:, 0])

    def _write(self, talks: Sequence[_Talk], logits: Wide) -> None:
        """Write one more character of each answer that has not ended, or its end; logits of shape (talks, outputs)."""
        before = np.array([talk.written[-1] if talk.written else self.tokens.answer for talk in talks])
        logs = log_probabilities(allowed(logits, self.tokens, before))
        for talk, row in zip(talks, logs, strict=True):
            if talk.text is None:
                self._append(talk, row)

    def _append(self, talk: _Talk, logs: Wide) -> None:
        token = drawn(logs, talk.ask, self.checkpoint.digest, len(talk.written))
        if token == END:
            talk.text = self.tokens.text(talk.written)
            return
        talk.written.append(token)
        talk.logs.append(logs)
        talk.cut = len(talk.written) >= talk.ask.max_tokens
        if talk.ask.stop and (found := ended(self.tokens.text(talk.written), talk.ask.stop)) is not None:
            talk.text, talk.cut = found, False
        elif talk.cut:
            talk.text = self.tokens.text(talk.written)
