"""A judge, or a jury, compares each response with others to the same item, in every order that is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar, Final, Literal

from assay.packs.judging._case import Judges, as_text, candidate, judges, prompt_of
from assay.packs.judging._question import LETTERS, VERSION, Put, question, verdict
from assay.packs.judging._votes import combined
from assay.uncertainty.judging.jury import Rule
from assay.vocabulary.certificate import JudgeCertificate, Scope
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.protocols import Question
from assay.vocabulary.record import Json
from assay.vocabulary.rubric import Rubric

_WHERE: Final = "judging.comparative"


@dataclass(frozen=True)
class Comparative:
    """Asks a model, or several, how a response compares with those that stand as the item's reference.

    With a rubric of the kind ``choice`` the response is set against one other, in both orders; with one of the kind
    ``ranking`` against one to eight others, in as many orders as there are candidates, so that each stands once in each
    place. All orders together are one reading; if one of them gives no verdict, there is none. A rubric with grades or
    classes is about one response and is refused: give each its own verdict with ``judging.pointwise``.

    Attributes:
        file: TOML file with the settings of the judge; settings beside it go before those in it.
        judge: the model that judges: ``part`` and its settings; or several of them, a jury.
        rubric: name of a rubric, path of its TOML file, or the rubric itself.
        language: language of the rubric's texts and of the words around them.
        counts: what a reading is: ``rank``: 1 if the response is the best, 0 if the worst, 0.5 for a tie or in the
            middle, averaged over the orders; ``best``: the share of orders in which it is the best, ties excluded;
            ``place``: 1 if a pair's verdict follows the place, whichever response stands there, else 0.
        combine: how votes of a jury become one: ``majority``, ``mean`` or ``median``.
        quorum: fewest votes that make a verdict of a jury; without it, more than half of them.
        longest: longest response that is shown to a judge, in characters; with a longer one nothing is judged.
        certificate: comparisons have none yet.
        uncalibrated: measure without any certificate; the report says so first.
        relative: why a judge may be the subject's near relative, where it is.
        identities: digest of each judge's identity; found when the measurement is read.
    """

    version: ClassVar[int] = VERSION
    needs_reference: ClassVar[bool] = True

    file: str = ""
    judge: Judges = ()
    rubric: Rubric | str = ""
    language: str = "en"
    counts: Literal["rank", "best", "place"] = "rank"
    combine: Rule = "mean"
    quorum: int | None = None
    longest: int = 40_000
    certificate: str = ""
    uncalibrated: bool = False
    relative: str = ""
    identities: tuple[str, ...] = ()

    def check(self, item: Item) -> str:
        """The reference holds the responses to compare with: one for a choice, one to eight for a ranking."""
        others = _others(item)
        if isinstance(self.rubric, str):
            return ""
        most = 1 if self.rubric.kind == "choice" else len(LETTERS) - 1
        if not 1 <= len(others) <= most or not all(others):
            return f"its reference holds {len(others)} responses to compare with; expected 1 to {most}, none empty"
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """What is left to read where nobody was asked."""
        if response.status != "ok":
            return Reading(status="refused", note=response.note)
        return Reading(status="instrument_failed", note="not_consulted")

    def subjects(self) -> tuple[PartUse, ...]:
        """The judges. Raises ``BadInput`` if there are none, or one names no part."""
        return judges(self.judge, _WHERE)

    def questions(self, item: Item, response: Response) -> tuple[Question, ...]:
        """Every order to every judge; none where there is nothing to judge."""
        text = candidate(response)
        if not isinstance(text, str) or self._too_long(item, text):
            return ()
        texts = (text, *_others(item))
        n = len(texts)
        asked = []
        for turn in range(n):
            put = Put(prompt_of(item), "", tuple(texts[(turn + place) % n] for place in range(n)))
            asked.append(question(self._rubric, self.language, put))
        return tuple(
            Question(judge, stimulus, draw=judge * n + turn)
            for judge in range(len(self.subjects()))
            for turn, stimulus in enumerate(asked)
        )

    def verdict(self, item: Item, response: Response, answers: Sequence[Response]) -> Reading:
        """The votes of the judges as one reading; a judge's vote is made of all its orders."""
        text = candidate(response)
        if isinstance(text, Reading):
            return text
        if self._too_long(item, text):
            return Reading(status="instrument_failed", note=f"too_long: > {self.longest}")
        n = len(_others(item)) + 1
        votes = [self._vote(answers[first : first + n], n) for first in range(0, len(answers), n)]
        return combined(votes, self.combine, self.quorum or len(votes) // 2 + 1)

    def _vote(self, answers: Sequence[Response], n: int) -> float | Reading:
        said = []
        for answer in answers:
            found = verdict(self._rubric, n, answer)
            if isinstance(found, Reading):
                return found
            said.append(found)
        if self.counts == "place":
            return float(said[0] == said[1] != "tie")
        return fmean(self._points(one, turn, n) for turn, one in enumerate(said))

    def _points(self, said: Json, turn: int, n: int) -> float:
        """What one order says of the response, which stands in place ``-turn`` there."""
        own = LETTERS[-turn % n]
        if isinstance(said, list):
            rank = said.index(own)
            return float(rank == 0) if self.counts == "best" else 1 - rank / (n - 1)
        return 0.5 if said == "tie" and self.counts == "rank" else float(said == own)

    def _too_long(self, item: Item, text: str) -> bool:
        return any(len(one) > self.longest for one in (text, *_others(item)))

    def scope(self) -> Scope:
        """What is compared, by whom.

        Raises:
            BadInput: the rubric is about single responses, or lacks the language; places are counted of lists.
        """
        rubric = self._rubric
        if rubric.kind not in ("choice", "ranking"):
            raise BadInput("judge.single", rubric=rubric.name, kind=rubric.kind, instrument=_WHERE)
        if self.language not in rubric.languages:
            expected = " or ".join(f'"{name}"' for name in rubric.languages)
            raise BadInput("setting.value", where=_WHERE, key="language", got=repr(self.language), expected=expected)
        if self.counts == "place" and rubric.kind != "choice":
            expected = "rank or best for a ranking"
            raise BadInput("setting.value", where=_WHERE, key="counts", got=repr(self.counts), expected=expected)
        return Scope(
            judges=self.identities, instrument=_WHERE, version=self.version, rubric=rubric.digest,
            rubric_name=f"{rubric.name} {rubric.version}", language=self.language,
            combine=f"{self.counts}, {self.combine} of {len(self.subjects())}",
        )  # fmt: skip

    def correction(self, certificate: JudgeCertificate, sha256: str) -> PartUse:
        """Refused: certificates are issued for verdicts on single responses. Raises ``BadInput``."""
        raise BadInput("judge.no_correction", instrument=_WHERE, certificate=certificate.id)

    @property
    def _rubric(self) -> Rubric:
        if isinstance(self.rubric, str):
            raise BadInput("setting.missing", where=_WHERE, key="rubric", expected="the name of a rubric or its file")
        return self.rubric


def _others(item: Item) -> tuple[str, ...]:
    """The responses to compare with."""
    reference = item.reference
    return tuple(as_text(one) for one in (reference if isinstance(reference, (list, tuple)) else [reference]))
