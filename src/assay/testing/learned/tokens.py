"""What a learned reference model reads (clauses, words, characters and bytes) and writes (characters).

Tokens are numbered: 0 the end of an answer, then the characters that answers are written in, then the start of a
prompt, the end of a prompt, the 256 bytes, and the pieces (further characters, words of Latin letters with the space
before them, and clauses that occur often). An answer has one spelling in tokens only: a character that is written is
one token, no two of those are forms of the same character (NFKC), and a space is written between two others only. So
the probability of an answer is the product of the probabilities of its tokens, the end included.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_CLAUSE: Final = re.compile(r"[^.?!,:;。？！，：；\n]*[.?!,:;。？！，：；\n]+ ?|.+", re.DOTALL)
_PIECE: Final = re.compile(r" ?[A-Za-z]+|.", re.DOTALL)

END: Final = 0
"""The token that ends an answer."""


@dataclass(frozen=True)
class Tokens:
    """A vocabulary.

    Attributes:
        written: the characters that answers are written in, each once.
        pieces: further characters, words and clauses that prompts are read in.
    """

    written: str
    pieces: tuple[str, ...]

    @property
    def outputs(self) -> int:
        """Tokens that can be written: the characters, and the end."""
        return len(self.written) + 1

    @property
    def start(self) -> int:
        """The token before a prompt."""
        return self.outputs

    @property
    def answer(self) -> int:
        """The token between a prompt and its answer."""
        return self.outputs + 1

    @property
    def size(self) -> int:
        """Tokens that can be read."""
        return self.outputs + 258 + len(self.pieces)

    @cached_property
    def known(self) -> dict[str, int]:
        """The token of each character, word and clause."""
        made = {piece: self.outputs + 258 + place for place, piece in enumerate(self.pieces)}
        return made | {character: place + 1 for place, character in enumerate(self.written)}

    @property
    def space(self) -> int:
        """The token of a space, which stands neither first nor last in an answer, nor beside another."""
        return self.known[" "]

    def prompt(self, text: str) -> list[int]:
        """A prompt with its marks; what is not known is read by its bytes."""
        made, known = [self.start], self.known
        for clause in clauses_of(text):
            if clause in known:
                made.append(known[clause])
                continue
            for piece in pieces_of(clause):
                for part in (piece,) if piece in known else piece:
                    token = known.get(part)
                    if token is not None:
                        made.append(token)
                    else:
                        made += [self.outputs + 2 + byte for byte in part.encode("utf-8", "surrogatepass")]
        made.append(self.answer)
        return made

    def spelled(self, text: str) -> list[int] | None:
        """The tokens of an answer with its end; None if it can never be written."""
        if not text or text != " ".join(text.split(" ")).strip(" ") or "  " in text:
            return None
        made = [self.known.get(character, self.size) for character in text]
        return [*made, END] if max(made) < self.outputs else None

    def text(self, written: Sequence[int]) -> str:
        """What the tokens of an answer say, up to the end."""
        return "".join([self.written[token - 1] for token in written if token != END])


def clauses_of(text: str) -> list[str]:
    """A text cut behind its marks of punctuation."""
    found: list[str] = _CLAUSE.findall(text)
    return found


def pieces_of(text: str) -> list[str]:
    """The words and characters of a text."""
    found: list[str] = _PIECE.findall(text)
    return found
