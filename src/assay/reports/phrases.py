"""The words of a report in one language: codes in, sentences out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from assay.reports.rounding import exact, significant
from assay.reports.text import harmless
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.report import Report
from assay.vocabulary.result import LONGER_THAN_ANY, Decision, Note, Result
from assay.vocabulary.status import LOST
from assay.vocabulary.words import LANGUAGES, say, section

LEADING: Final = (
    "sealed_opened", "material_not_released", "serving.other_model", "serving.other_models", "serving.cached",
    "serving.many_failed",
    "foreign", "read_with", "judge_uncalibrated", "judge_latent",
    "judge_relative",
    "imported", "imported.unnamed", "imported.unseen", "imported.unfinished", "imported.judge", "imported.first_items",
    "imported.first_only", "imported.first_party", "imported.left_out", "imported.cached",
    "imported.missing", "imported.failures_counted", "imported.printed_differs", "imported.no_outputs",
)  # fmt: skip
"""Remarks that a reader must have read before any number: they stand first."""

_REFUSED: Final = "serving.restarts_refused"


def leading(report: Report) -> list[Note]:
    """The remarks of a report that stand before its results."""
    return [note for note in report.notes if note.code in LEADING]


@dataclass(frozen=True)
class Phrases:
    """Everything that reports say, in one of the languages of ``words/``; a report may hold codes unknown here.

    Attributes:
        language: ``en`` or ``zh``; any other is taken as ``en``.
    """

    language: str

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            object.__setattr__(self, "language", "en")

    def words(self, part: str, code: str, **values: Any) -> str:
        """Words of our own, with the values filled in."""
        return say(part, code, self.language, **values)

    def term(self, family: str, code: str) -> str:
        """The name of ``code`` in a family of labels (``status``, ``component``); the code itself if it has none."""
        full = code if code.startswith(f"{family}.") else f"{family}.{code}"
        return section("labels", self.language).get(full, harmless(code))

    def note(self, note: Note) -> str:
        """A remark on validity; one without words, or with values that do not fit them, is shown as code and values.

        A value named ``failure`` is the code of a reason, and one named ``kind`` that of arrivals, told in words.
        """
        failure, kind = note.values.get("failure"), note.values.get("kind")
        told = {"failure": self.reason(failure)} if isinstance(failure, str) else {}
        told |= {"kind": self.term("arrivals", kind)} if isinstance(kind, str) else {}
        return self._sentence(note.code, {**note.values, **told})

    def unseen(self, code: str) -> str:
        """A source of uncertainty that the design could not see."""
        return self._sentence(code if code.startswith("unseen.") else f"unseen.{code}", {})

    def reason(self, text: str) -> str:
        """Why a reading was lost: words for a code of ours with what follows it, any other text as it is."""
        code, colon, detail = text.partition(": ")
        words = section("labels", self.language).get(f"reason.{code}")
        if words is None:
            return harmless(text)
        if code == "timing.refused":
            detail = "; ".join(self.term("refused", one) for one in detail.split(", "))
        return words + (self.words("report", "colon") + harmless(detail) if colon else "")

    def if_lost(self, result: Result) -> str:
        """What the value would be with every lost reading at its worst or best; nothing where none was lost.

        Of the readings of refused restarts, which are in no quantile or share, nothing is reckoned.
        """
        lost = sum(result.counts.get(status, 0) for status in LOST)
        if result.if_lost is None or not lost:
            return ""
        refused = next((note.values.get("n") for note in result.notes if note.code == _REFUSED), 0)
        left_out = refused * (result.n_observations // max(1, result.n_repeats)) if isinstance(refused, int) else 0
        if left_out >= lost:
            return self.words("labels", "if_lost_all_left_out")
        low, high = (self.words("labels", "longer_than_any") if end > LONGER_THAN_ANY / 2 else significant(end, 4)
                     for end in result.if_lost)  # fmt: skip
        return self.words("labels", "if_lost_counted" if left_out else "if_lost", low=low, high=high)

    def rule(self, decision: Decision, unit: str = "") -> str:
        """The decision rule, with the limit, its unit (with the space before it) and the risk that was allowed."""
        code = decision.rule if decision.rule.startswith("rule.") else f"rule.{decision.rule}"
        values = {"limit": exact(limit(decision)) + unit, "risk": exact(decision.requirement.risk)}
        return self._sentence(code, values)

    def requirement(self, decision: Decision, unit: str = "") -> str:
        """What was asked: ``at least 0.8``, with the unit and the space before it."""
        side = "at_least" if decision.requirement.at_least is not None else "at_most"
        return self.words("labels", f"requirement.{side}", limit=exact(limit(decision)) + unit)

    def sign(self, decision: Decision) -> str:
        """The same as a mark on a picture: ``≥ 0.8``."""
        return f"{'≥' if decision.requirement.at_least is not None else '≤'} {exact(limit(decision))}"

    def chosen(self, texts: Mapping[str, str], fallback: str = "") -> str:
        """A text that exists by language: in this language, else in English, else in any, else the fallback."""
        for text in (texts.get(self.language), texts.get("en"), *(texts[key] for key in sorted(texts))):
            if text:
                return text
        return fallback

    def _sentence(self, code: str, values: Mapping[str, Any]) -> str:
        words = section("notes", self.language).get(code)
        shown = {name: _value(value) for name, value in values.items()}
        if words is not None:
            try:
                return words.format_map(shown)
            except (LookupError, ValueError):
                pass
        return harmless(code) + "".join(f"; {harmless(name)}: {text}" for name, text in sorted(shown.items()))


def limit(decision: Decision) -> float:
    """The limit of a decision's requirement, in the measurand's unit."""
    asked = decision.requirement
    return asked.at_least if asked.at_least is not None else asked.at_most or 0.0


def measurand_of(report: Report, name: str) -> Measurand:
    """The definition of a measurand in a report, or a bare one if the report gives none."""
    return report.measurands.get(name) or Measurand(name=name, label={}, definition={}, better="none")


def _value(value: Any) -> str:
    if isinstance(value, float):
        return exact(float(f"{value:.6g}"))  # a remark is no place for seventeen digits
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_value, value))
    return harmless(str(value))
