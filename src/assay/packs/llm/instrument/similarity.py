"""How like a reference text the answer is."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final, Literal

from assay.packs.general.instrument._text import CJK, CUT, accepted, failed, is_cut, refuses, said
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

_LONGEST: Final = 200_000  # characters of an answer
_CELLS: Final = 4_000_000  # words of the answer times words of the reference, which ROUGE-L takes time for
_PIECE: Final = re.compile(rf"[{CJK}]|[^\W{CJK}_]+")

Metric = Literal["bleu", "chrf", "chrf++", "rouge1", "rouge2", "rougeL"]


@dataclass(frozen=True)
class Similarity:
    """The likeness of the answer to a reference text, from 0 to 1; of several texts the best counts.

    BLEU and chrF are sacrebleu's for sentences, divided by 100; ROUGE is the F1 of Google's rouge-score. With
    ``language = "zh"`` BLEU parts Chinese text into characters as sacrebleu does, and ROUGE counts characters of
    Chinese, Japanese and Korean as words. The mean over items is a mean of sentence scores, which is not the BLEU
    of a corpus: do not compare it with one. Likeness of words says little of truth.

    No number: ``too_long``, ``cut_off``, ``empty``, ``only_reasoning``, ``not_text``, ``refusal`` (the answer begins
    like one). Needs the extra ``text``.

    Source: Papineni et al., ACL 2002 (BLEU); Popović, WMT 2015 (chrF); Lin, ACL workshop 2004 (ROUGE) (recalled).

    Attributes:
        metric: ``bleu``, ``chrf``, ``chrf++``, ``rouge1``, ``rouge2`` or ``rougeL``.
        language: ``en`` or another language that puts spaces between words, or ``zh``.
        ignore_case: capital and small letters are the same, for BLEU and chrF; ROUGE always ignores them.
    """

    metric: Metric = "chrf"
    language: Literal["en", "zh"] = "en"
    ignore_case: bool = False

    version: ClassVar[int] = 1
    needs_reference: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string.

        Raises:
            BadInput: the extra ``text`` is not installed.
        """
        _ = self._scorer
        texts = accepted(item.reference)
        if not texts:
            return "the target is neither text nor a number nor a list of them"
        if any(len(text) > _LONGEST for text in texts):
            return f"the target is longer than {_LONGEST} characters"
        return "" if all(_PIECE.search(text) for text in texts) else "a target without a word is like nothing"

    async def read(self, item: Item, response: Response) -> Reading:
        """Compare the answer with each text."""
        text = said(response)
        if not isinstance(text, str):
            return text
        if is_cut(response):
            return failed(CUT)
        if refuses(text):
            return failed("refusal", "refused")
        wanted = accepted(item.reference)
        if len(text) > _LONGEST or (self.metric == "rougeL" and self._cells(text, wanted) > _CELLS):
            return failed("too_long")
        value = max(self._likeness(text, reference) for reference in wanted)
        return Reading(value=min(max(value, 0.0), 1.0))

    def _likeness(self, text: str, reference: str) -> float:
        text, reference = (part.encode("utf-8", "replace").decode() for part in (text, reference))
        if self.metric.startswith("rouge"):
            return float(self._scorer.score(reference, text)[self.metric].fmeasure)
        return float(self._scorer.sentence_score(text, [reference]).score) / 100

    def _cells(self, text: str, wanted: list[str]) -> int:
        return len(_pieces(text)) * max(len(_pieces(reference)) for reference in wanted)

    @cached_property
    def _scorer(self) -> Any:  # the classes of two libraries without types
        if self.metric.startswith("rouge"):
            return self._rouge()
        try:
            from sacrebleu.metrics.bleu import BLEU
            from sacrebleu.metrics.chrf import CHRF
        except ImportError:
            raise BadInput("part.extra", name="llm.similarity", package="sacrebleu", extra="text") from None
        if self.metric == "bleu":
            tokens = "zh" if self.language == "zh" else "13a"
            return BLEU(tokenize=tokens, effective_order=True, lowercase=self.ignore_case)
        return CHRF(word_order=2 if self.metric == "chrf++" else 0, lowercase=self.ignore_case)

    def _rouge(self) -> Any:
        try:
            from rouge_score.rouge_scorer import RougeScorer
        except ImportError:
            raise BadInput("part.extra", name="llm.similarity", package="rouge-score", extra="text") from None
        return RougeScorer([self.metric], use_stemmer=False, tokenizer=_Pieces() if self.language == "zh" else None)


class _Pieces:
    """Words, and single characters of scripts without spaces between words; as rouge-score asks a tokenizer to be."""

    def tokenize(self, text: str) -> list[str]:
        return _pieces(text)


def _pieces(text: str) -> list[str]:
    return _PIECE.findall(text.lower())
