"""Requests at the times and with the lengths of a trace."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from assay.packs.serving.material._requests import BLOCK, Asked, Form, TraceFile
from assay.packs.serving.material._text import Texts, check_size
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.record import Json

WHERE: Final = "[material]"

_MOST: Final = 1_000_000
_LEAST_BLOCK: Final = 4  # words, without which two blocks cannot be told apart


@dataclass(frozen=True)
class Trace:
    """Requests at the times and with the lengths of a recorded trace: Mooncake (JSONL), BurstGPT or Azure (CSV).

    The form is recognised by the columns. The prompts are made, since traces hold only lengths: a token is taken for a
    word, in Chinese for a character. Equal leading ``hash_ids`` of a Mooncake trace give equal beginnings; otherwise no
    prompt begins as another does. Requests without prompt or answer tokens (failed ones, in BurstGPT) are left out, and
    counted in the source. Every request comes at its own time: turns of a session do not wait for each other.

    Attributes:
        path: the file; a relative path is meant from the folder of the measurement file.
        limit: use only the first so many requests; without it, all.
        from_s: begin so many seconds after the trace's first request.
        speed: times are divided by this: 60 makes a minute of an hour, at 60 times the rate.
        prompt_share: prompts have this part of their length, for small engines.
        output_share: answers may have this part of their length.
        language: ``en`` or ``zh``.
        unit: ``word`` (in Chinese a character) or ``character``: what is taken for a token.
        seed: another seed gives other texts.
        name: name of the material; without it, the file's name without its ending.
        version: version of the trace as its maker states it.
        licence: licence of the trace.
    """

    path: str
    limit: int | None = None
    from_s: float = 0.0
    speed: float = 1.0
    prompt_share: float = 1.0
    output_share: float = 1.0
    language: Literal["en", "zh"] = "en"
    unit: Literal["word", "character"] = "word"
    seed: int = 0
    name: str | None = None
    version: str = ""
    licence: str = ""

    def load(self, folder: Path) -> Material:
        """Read the requests and make their prompts.

        Args:
            folder: where a relative path begins.
        Raises:
            BadInput: a setting out of range; no such file, or not UTF-8; ``trace.columns``, ``trace.line``,
                ``trace.value``, ``trace.blocks``, ``trace.long``, ``trace.back``, ``trace.empty``,
                ``trace.nothing``, ``trace.too_many``; ``requests.too_much``.
        """
        self._check()
        path = folder / self.path
        try:
            with path.open("rb") as file:
                read = TraceFile(file, Path(self.path))
                form, (asked, without) = read.form, self._kept(read)
        except FileNotFoundError:
            raise BadInput("file.missing", path=self.path) from None
        except OSError as error:
            raise BadInput("file.unreadable", path=self.path, reason=error.strerror or error) from error
        if not asked:
            raise BadInput("trace.nothing", path=self.path, from_s=f"{self.from_s:g}", without=without)
        return Material(
            name=self.name or path.stem, items=self._items(asked), version=self.version, licence=self.licence,
            places=tuple(f"{path.name}:{one.line}" for one in asked), source=self._source(form, len(asked), without),
        )  # fmt: skip

    def _check(self) -> None:
        if self.limit is not None and self.limit < 1:
            expected = "a whole number, 1 or more"
            raise BadInput("setting.value", where=WHERE, key="limit", got=self.limit, expected=expected)
        ranges = {"from_s": (0.0, 1e10), "speed": (1e-6, 1e6), "prompt_share": (1e-6, 1.0), "output_share": (1e-6, 1.0)}
        for key, (low, high) in ranges.items():
            if not low <= getattr(self, key) <= high:
                raise BadInput("number.outside", where=WHERE, key=key, got=getattr(self, key), low=low, high=high)

    def _kept(self, read: TraceFile) -> tuple[list[Asked], int]:
        """The requests from ``from_s`` on, up to the limit, and how many among them had no tokens."""
        kept: list[Asked] = []
        without = 0
        begin_ns = None
        for one in read.requests():
            begin_ns = one.at_ns + round(self.from_s * 1e9) if begin_ns is None else begin_ns
            if one.at_ns < begin_ns:
                continue
            if one.prompt == 0 or one.output == 0:
                without += 1
                continue
            if len(kept) == _MOST:
                raise BadInput("trace.too_many", path=self.path, most=_MOST)
            kept.append(one)
            if len(kept) == self.limit:
                break
        return kept, without

    def _items(self, asked: list[Asked]) -> tuple[Item, ...]:
        if any(one.blocks for one in asked) and round(BLOCK * self.prompt_share) < _LEAST_BLOCK:
            low = _LEAST_BLOCK / BLOCK
            raise BadInput("number.outside", where=WHERE, key="prompt_share", got=self.prompt_share, low=low, high=1)
        texts = Texts(self.language, self.unit, self.seed)
        blocks: dict[int, int] = {}
        characters = 0
        items = []
        for place, one in enumerate(asked):
            prompt = self._prompt(one, texts, blocks, place)
            characters += len(prompt)
            check_size(characters)
            stimulus: dict[str, Json] = {
                "prompt": prompt, "max_tokens": max(1, round(one.output * self.output_share)),
                "at_s": round((one.at_ns - asked[0].at_ns) / 1e9 / self.speed, 9),
            }  # fmt: skip
            if one.name:
                stimulus["class"] = one.name
            tags = (f"class:{one.name}",) if one.name else ()
            items.append(Item(id=str(one.line), stimulus=stimulus, group=one.session, tags=tags))
        return tuple(items)

    def _prompt(self, one: Asked, texts: Texts, blocks: dict[int, int], place: int) -> str:
        """The text of a prompt: that of its blocks, or one of its own."""
        tokens = max(1, round(one.prompt * self.prompt_share))
        if not one.blocks:
            return texts.text(2 * place + 1, tokens)
        ends = [round(BLOCK * self.prompt_share * count) for count in range(1, len(one.blocks))] + [tokens]
        parts = []
        begin = 0
        for block, end in zip(one.blocks, ends, strict=True):
            if end > begin:
                parts.append(texts.text(2 * blocks.setdefault(block, len(blocks)), end - begin))
            begin = end
        return texts.joined(parts)

    def _source(self, form: Form, n: int, without: int) -> str:
        said = [f"{self.path} ({form} trace)", f"{n} requests from {self.from_s:g} s on"]
        if without:
            said.append(f"{without} without prompt or answer tokens left out")
        if self.speed != 1:
            said.append(f"times divided by {self.speed:g}")
        if self.prompt_share != 1 or self.output_share != 1:
            said.append(f"prompts at {self.prompt_share:g} and answers at {self.output_share:g} of their length")
        return "; ".join([*said, f"prompts made from seed {self.seed}"])
