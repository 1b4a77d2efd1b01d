"""A judge, or a jury, gives each response a verdict on a rubric."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from assay.packs.judging._case import candidate, judges, prompt_of, reference_of
from assay.packs.judging._question import VERSION, Put, question, schema, verdict
from assay.packs.judging._scale import number, passing
from assay.packs.judging._votes import MOST, combined, pattern
from assay.uncertainty.judging.jury import Rule
from assay.vocabulary.certificate import JudgeCertificate, Scope
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.protocols import Question
from assay.vocabulary.record import Json
from assay.vocabulary.rubric import Rubric

_WHERE: Final = "judging.pointwise"


@dataclass(frozen=True)
class Pointwise:
    """Asks a model, or several, for a verdict on each response by a stated rubric.

    With a rubric of the kind ``selection`` a response reads 1 if its verdict is one that passes, else 0; with one of
    the kind ``score`` it reads how far the grade is up the scale, from 0 to 1. A judge that is silent, refuses, or says
    what is no verdict is a failure of the instrument, kept with its words; it is never a low grade. The subject's name
    is masked, and the response stands in a fence that it cannot close.

    Attributes:
        file: TOML file with the settings of the judge; settings beside it go before those in it.
        judge: the model that judges: ``part`` and its settings, as a subject's; or several of them, a jury. The same
            one may stand there more than once and is then asked as often. A table ``price`` in it, as in ``[price]``,
            says what its tokens cost.
        rubric: name of a rubric, path of its TOML file, or the rubric itself.
        language: language of the rubric's texts and of the words around them.
        passes: verdicts of a selection that count as 1; without them, the first of the rubric.
        combine: how votes of a jury become one: ``majority``, ``mean``, ``median`` or, for passes and failures,
            ``latent`` (the model of Dawid and Skene, on all votes of the run); without it, the majority of classes and
            the mean of grades.
        quorum: fewest votes that make a verdict of a jury; without it, more than half of them (one for ``latent``).
        structured: ``auto`` asks endpoints to answer by a JSON schema (``response_format``), as far as they take it;
            the parser is as strict as without.
        longest: longest response that is shown to a judge, in characters; a longer one is not judged.
        certificate: path or digest of the certificate to use; without it, the one in the laboratory that fits.
        uncalibrated: measure without any certificate; the report says so first.
        labels: CSV or JSONL file with ``item``, ``response`` and ``verdict`` of people on a random sample of the very
            responses that are judged; a second estimate is made from them.
        relative: why a judge may be the subject's near relative, where it is.
        identities: digest of each judge's identity; found when the measurement is read.
    """

    version: ClassVar[int] = VERSION
    needs_reference: ClassVar[bool] = False

    file: str = ""
    judge: dict[str, Json] | tuple[dict[str, Json], ...] | str = ()
    rubric: Rubric | str = ""
    language: str = "en"
    passes: tuple[str, ...] = ()
    combine: Rule | Literal["latent"] | None = None
    quorum: int | None = None
    structured: Literal["", "auto"] = ""
    longest: int = 40_000
    certificate: str = ""
    uncalibrated: bool = False
    labels: str = ""
    relative: str = ""
    identities: tuple[str, ...] = ()

    def check(self, item: Item) -> str:
        """An item without a reference answer cannot be judged by a rubric that shows it."""
        if isinstance(self.rubric, Rubric) and self.rubric.with_reference and item.reference is None:
            return f"the rubric {self.rubric.name!r} shows the reference answer and there is none"
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """What is left to read where nobody was asked."""
        if response.status != "ok":
            return Reading(status="refused", note=response.note)
        return Reading(status="instrument_failed", note="not_consulted")

    def subjects(self) -> tuple[PartUse, ...]:
        """The judges.

        Raises:
            BadInput: there are none, or one names no part.
        """
        uses = judges(self.judge, _WHERE)
        if not self.structured or isinstance(self.rubric, str):
            return uses
        asked = {"json_schema": schema(self.rubric)}
        return tuple(PartUse(part=use.part, settings={**asked, **use.settings}) for use in uses)

    def questions(self, item: Item, response: Response) -> tuple[Question, ...]:
        """The same question to every judge; none where there is nothing to judge."""
        text = candidate(response)
        if not isinstance(text, str) or len(text) > self.longest:
            return ()
        put = Put(prompt_of(item), reference_of(item), (text,))
        stimulus = question(self._rubric, self.language, put)
        return tuple(Question(place, stimulus, draw=place) for place in range(len(self.subjects())))

    def verdict(self, item: Item, response: Response, answers: Any) -> Reading:
        """The votes of the judges as one reading.

        Args:
            item: what was asked.
            response: what is judged.
            answers: one response of each judge, in their order.
        """
        text = candidate(response)
        if isinstance(text, Reading):
            return text
        if len(text) > self.longest:
            return Reading(status="instrument_failed", note=f"too_long: {len(text)} > {self.longest}")
        votes = self.votes(answers)
        if self.combine == "latent":
            return pattern(votes, self.quorum or 1)
        return combined(votes, self.rule, self.quorum or len(votes) // 2 + 1)

    def votes(self, answers: Sequence[Response]) -> list[float | Reading]:
        """The vote of each judge, 0 to 1, or the reading that says why there is none."""
        rubric = self._rubric
        found = [verdict(rubric, 1, answer) for answer in answers]
        return [one if isinstance(one, Reading) else number(rubric, one, self.passes) for one in found]

    @property
    def rule(self) -> Rule:
        """How votes become one verdict at once."""
        if self.combine is None or self.combine == "latent":
            return "majority" if self._rubric.kind == "selection" else "mean"
        return self.combine

    @property
    def graded(self) -> bool:
        """Whether votes are grades, not passes and failures."""
        return self._rubric.kind == "score"

    @property
    def latent(self) -> bool:
        """Whether the votes are combined by a model of the whole run."""
        return self.combine == "latent"

    def uncorrected(self) -> PartUse | None:
        """The estimator that a reading without a certificate needs; None for the mean."""
        jurors = len(self.subjects())
        return PartUse(part="judging.latent_class", settings={"jurors": jurors}) if self.latent else None

    def scope(self) -> Scope:
        """What a certificate must be for.

        Raises:
            BadInput: the rubric is not one for single responses, or lacks the language; a verdict that it has not.
        """
        rubric = self._rubric
        if rubric.kind not in ("score", "selection"):
            raise BadInput("judge.cell", rubric=rubric.name, kind=rubric.kind, instrument=_WHERE)
        if self.language not in rubric.languages:
            expected = " or ".join(f'"{name}"' for name in rubric.languages)
            raise BadInput("setting.value", where=_WHERE, key="language", got=repr(self.language), expected=expected)
        unknown = [name for name in self.passes if name not in rubric.values]
        if unknown or (self.passes and rubric.kind == "score"):
            expected = ", ".join(map(repr, rubric.values)) if rubric.kind == "selection" else "nothing: it gives grades"
            raise BadInput("setting.value", where=_WHERE, key="passes", got=repr(list(self.passes)), expected=expected)
        jurors = len(self.subjects())
        combine = f"{self.combine or self.rule} of {jurors}, {self.quorum or 'half'}" if jurors > 1 else ""
        if self.latent:
            self._check_latent()
        return Scope(
            judges=self.identities,
            instrument=_WHERE,
            version=self.version,
            rubric=rubric.digest,
            rubric_name=f"{rubric.name} {rubric.version}",
            language=self.language,
            combine=combine,
            passes=passing(rubric, self.passes),
        )

    def correction(self, certificate: JudgeCertificate, sha256: str) -> PartUse:
        """The estimator that corrects by a certificate, with all the numbers that it needs as settings."""
        cells = [[cell.human, cell.judge, cell.n, *([] if cell.group is None else [cell.group])]
                 for cell in certificate.confusion]  # fmt: skip
        settings: dict[str, Json] = {"certificate": sha256, "prevalence": list(certificate.prevalence), "cells": cells}
        if (flipped := certificate.flipped) is not None and flipped.interval is not None:
            settings["flipped"] = [flipped.value, *flipped.interval, flipped.n]
        if certificate.kind == "score":
            return PartUse(part="judging.graded", settings=settings)
        rates = (certificate.specificity, certificate.sensitivity)
        if any(rate is not None and rate.n_effective is not None for rate in rates):
            settings["effective"] = [[rate.n_effective or rate.n, rate.dof] for rate in rates if rate is not None]
        if (errors := certificate.label_errors) is not None:
            settings["label_errors"] = [errors.e0, errors.e1, errors.u0, errors.u1]
        return PartUse(part="judging.corrected", settings=settings)

    def _check_latent(self) -> None:
        """Three judges or more of passes and failures: two leave the model undetermined."""
        n = len(self.subjects())
        good = self._rubric.kind == "selection" and 3 <= n <= MOST
        if not good or self.labels:
            expected = f"a rubric of the kind selection, 3 to {MOST} tables [[judge]] (here {n}), and no labels"
            raise BadInput("setting.value", where=_WHERE, key="combine", got="'latent'", expected=expected)

    @property
    def _rubric(self) -> Rubric:
        if isinstance(self.rubric, str):
            raise BadInput("setting.missing", where=_WHERE, key="rubric", expected="the name of a rubric or its file")
        return self.rubric
