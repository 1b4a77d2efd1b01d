"""The forward pass of a learned reference model, in numpy."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from assay.testing.learned import arithmetic as exact
from assay.testing.learned.checkpoint import Checkpoint

_BLOCK: Final = 256  # queries at once: bounds the memory of long prompts
_ROOM: Final = 32  # tokens by which the memory of a conversation grows


@dataclass
class Memory:
    """What attention has seen: keys and values of some conversations, each from place 0.

    Attributes:
        length: tokens of each conversation, shape (conversations,).
        key: whole numbers, shape (layers, conversations, heads, room, places).
        worth: of one unit of each key, shape (layers, conversations, heads, room).
        value: whole numbers of 1/1024, shape as of ``key``.
    """

    length: exact.Ints
    key: exact.Floats
    worth: exact.Floats
    value: exact.Wide

    def grow(self, room: int) -> None:
        """Make room for so many tokens in each conversation."""
        have = self.key.shape[3]
        if room <= have:
            return
        more = [(0, 0)] * 3 + [(0, room - have + _ROOM)]
        self.key, self.value = np.pad(self.key, [*more, (0, 0)]), np.pad(self.value, [*more, (0, 0)])
        self.worth = np.pad(self.worth, more)

    def kept(self, which: npt.NDArray[np.bool_]) -> "Memory":
        """Only some of the conversations."""
        return Memory(self.length[which], self.key[:, which], self.worth[:, which], self.value[:, which])


def joined(memories: list[Memory]) -> Memory:
    """Several memories as one."""
    room = max(memory.key.shape[3] for memory in memories)
    for memory in memories:
        memory.grow(room)
    room = max(memory.key.shape[3] for memory in memories)
    for memory in memories:
        more = [(0, 0)] * 3 + [(0, room - memory.key.shape[3])]
        memory.key, memory.value = np.pad(memory.key, [*more, (0, 0)]), np.pad(memory.value, [*more, (0, 0)])
        memory.worth = np.pad(memory.worth, more)
    return Memory(np.concatenate([m.length for m in memories]), np.concatenate([m.key for m in memories], axis=1),
                  np.concatenate([m.worth for m in memories], axis=1),
                  np.concatenate([m.value for m in memories], axis=1))  # fmt: skip


class Network:
    """A model ready to be asked."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint, self.shape = checkpoint, checkpoint.shape
        self._embedding = checkpoint.weight["embedding"].astype(np.float32)
        self._embedding *= checkpoint.worth["embedding"][:, None]
        self._weight = {name: np.ascontiguousarray(made.T, np.float32) for name, made in checkpoint.weight.items()
                        if name != "embedding"}  # fmt: skip
        places = self.shape.width // self.shape.heads
        self._cos, self._sin = exact.turns(self.shape.context, places // 2, self.shape.base)
        self._root = np.float32(places**-0.5)

    def begun(self, count: int, room: int) -> Memory:
        """Memory of so many conversations in which nothing was said."""
        size = (self.shape.layers, count, self.shape.heads, room)
        places = self.shape.width // self.shape.heads
        return Memory(np.zeros(count, np.int64), np.zeros((*size, places), np.float32), np.zeros(size, np.float32),
                      np.zeros((*size, places)))  # fmt: skip

    def logits(self, tokens: exact.Ints, memory: Memory, last: int = 1) -> exact.Wide:
        """Read further tokens of each conversation, and say how likely each next one is.

        Args:
            tokens: shape (conversations, tokens).
            memory: what was said before; becomes longer.
            last: for how many of the last tokens the next ones are wanted.
        Returns:
            Logits of the tokens that can be written, shape (conversations, last, outputs).
        """
        count, length = tokens.shape
        place = memory.length[:, None] + np.arange(length)
        memory.grow(int(place.max()) + 1)
        x = self._embedding[tokens]
        for layer in range(self.shape.layers):
            seen = self._attention(x, layer, memory, place)
            states, worth = exact.whole(seen, exact.STATE)
            x += self._linear(f"layers.{layer}.out", states) * worth
            hidden = exact.normed(x, *self._named(f"layers.{layer}.up"))
            states, worth = exact.whole(np.maximum(hidden, np.float32(0), out=hidden), exact.HIDDEN)
            x += self._linear(f"layers.{layer}.down", states) * worth
        memory.length = memory.length + length
        return exact.normed(x[:, -last:], *self._named("head")).astype(np.float64)

    def _named(self, name: str) -> tuple[exact.Floats, exact.Floats]:
        return self._weight[name], self.checkpoint.worth[name]

    def _linear(self, name: str, states: exact.Floats) -> exact.Floats:
        return exact.product(states, *self._named(name))

    def _attention(self, x: exact.Floats, layer: int, memory: Memory, place: exact.Ints) -> exact.Floats:
        """What each token sees of those before it, shape (conversations, tokens, width)."""
        count, length, width = x.shape
        made = exact.normed(x, *self._named(f"layers.{layer}.qkv"))
        q, k, v = made.reshape(count, length, 3, self.shape.heads, -1).transpose(2, 0, 3, 1, 4)
        cos, sin = self._cos[place][:, None], self._sin[place][:, None]
        asked, worth = exact.whole(exact.turned(q, cos, sin), exact.HEAD)
        worth *= self._root
        rows = np.arange(count)[:, None]
        key, key_worth = exact.whole(exact.turned(k, cos, sin), exact.HEAD)
        memory.key[layer][rows, :, place] = key.transpose(0, 2, 1, 3)
        memory.worth[layer][rows, :, place] = key_worth[..., 0].transpose(0, 2, 1)
        memory.value[layer][rows, :, place] = exact.values(v).transpose(0, 2, 1, 3)
        made = np.empty((count, self.shape.heads, length, width // self.shape.heads), np.float32)
        for start in range(0, length, _BLOCK):
            part = slice(start, start + _BLOCK)
            end = int(place[:, part].max()) + 1
            scores = asked[:, :, part] @ memory.key[layer][:, :, :end].transpose(0, 1, 3, 2)
            scores *= worth[:, :, part]
            scores *= memory.worth[layer][:, :, None, :end]
            hidden = np.arange(end) > place[:, None, part, None]
            np.copyto(scores, np.float32(-np.inf), where=hidden)
            made[:, :, part] = exact.attended(scores, memory.value[layer][:, :, :end])
        return np.ascontiguousarray(made.transpose(0, 2, 1, 3)).reshape(count, length, width)
