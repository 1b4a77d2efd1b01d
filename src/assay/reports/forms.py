"""The kinds of signed statements besides the report: what each is called, and what it speaks of by digest."""

from collections.abc import Mapping
from typing import Final

from assay.reports.statement import Form
from assay.vocabulary.arena import ARENA_TYPE, Arena
from assay.vocabulary.certificate import CERTIFICATE_TYPE, JudgeCertificate
from assay.vocabulary.interlab import INTERLAB_TYPE, Interlab
from assay.vocabulary.validation import VALIDATION_TYPE, Validation


def _judge(made: JudgeCertificate) -> Mapping[str, str]:
    judges = {f"judge:{place}": name for place, name in enumerate(made.scope.judges, 1)}
    return {**judges, "rubric": made.scope.rubric, "material": made.material.digest, "observations": made.observations}


def _validation(made: Validation) -> Mapping[str, str]:
    return {"software": made.code}


def _arena(made: Arena) -> Mapping[str, str]:
    found = {"rubric": made.rubric, "material": made.material}
    if made.judge is not None:
        found |= {f"judge:{place}": name for place, name in enumerate(made.judge.scope.judges, 1)}
        found |= {f"report:{run}": name for run, name in zip(made.judge.runs, made.judge.reports, strict=True)}
    if made.people is not None:
        found["ratings"] = made.people.sha256
    return found


def _interlab(made: Interlab) -> Mapping[str, str]:
    used = [report for one in made.participants for report in one.reports]
    return {"material": made.material.digest, **{f"report:{report.id}": report.sha256 for report in used}}


JUDGE: Final = Form(CERTIFICATE_TYPE, JudgeCertificate, _judge, "certificate.not_one")
VALIDATION: Final = Form(VALIDATION_TYPE, Validation, _validation, "validation.not_one")
ARENA: Final = Form(ARENA_TYPE, Arena, _arena, "arena.not_one")
INTERLAB: Final = Form(INTERLAB_TYPE, Interlab, _interlab, "interlab.not_one")
