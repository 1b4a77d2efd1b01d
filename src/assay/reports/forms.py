"""The kinds of signed statements besides the report: what each is called, and what it speaks of by digest."""

from collections.abc import Mapping
from typing import Final

from assay.reports.statement import Form
from assay.vocabulary.arena import ARENA_TYPE, Arena
from assay.vocabulary.bottleneck import BOTTLENECK_TYPE, Bottlenecks
from assay.vocabulary.campaign import CAMPAIGN_TYPE, Campaign
from assay.vocabulary.canonical import digest
from assay.vocabulary.certificate import CERTIFICATE_TYPE, JudgeCertificate
from assay.vocabulary.difficulty import DIFFICULTY_TYPE, SignedDifficulties
from assay.vocabulary.grading import GRADING_TYPE, Grading
from assay.vocabulary.interlab import INTERLAB_TYPE, Interlab
from assay.vocabulary.load_client import LOAD_CLIENT_TYPE, LoadClient
from assay.vocabulary.material_certificate import MATERIAL_TYPE, MaterialCertificate
from assay.vocabulary.seal import OPENING_TYPE, SEAL_TYPE, Opening, Seal
from assay.vocabulary.sweep import SWEEP_TYPE, Sweep
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


def _material(made: MaterialCertificate) -> Mapping[str, str]:
    above = {f"{link.level}:{place}": link.certificate for place, link in enumerate(made.chain, 1)}
    return {"material": made.material.digest, "manifest": made.manifest, **above}


def _campaign(made: Campaign) -> Mapping[str, str]:
    found = {"subject": digest(made.subject), "standard": digest(made.standard)}
    if made.round is not None:
        found["round_of"] = made.round.sha256
    return {**found, **{f"report:{used.key}": used.sha256 for used in made.runs}}


def _difficulty(made: SignedDifficulties) -> Mapping[str, str]:
    return {"material": made.table.material, "table": digest(made.table)}


def _sweep(made: Sweep) -> Mapping[str, str]:
    runs = {f"report:{run.run}": run.report for rate in made.search.tried for run in rate.runs} if made.search else {}
    points = {f"report:{one.run}": one.report for one in made.points}
    return {"subject": digest(made.subject), "material": made.material, **points, **runs}


def _grading(made: Grading) -> Mapping[str, str]:
    reports = {f"report:{report.id}": report.sha256 for report in made.reports}
    return {"subject": digest(made.subject), "rule": digest(made.rule), **reports}


def _bottleneck(made: Bottlenecks) -> Mapping[str, str]:
    return {f"report:{place}:{run.change}": run.report for place, one in enumerate(made.systems, 1) for run in one.runs}


JUDGE: Final = Form(CERTIFICATE_TYPE, JudgeCertificate, _judge, "certificate.not_one")
VALIDATION: Final = Form(VALIDATION_TYPE, Validation, _validation, "validation.not_one")
ARENA: Final = Form(ARENA_TYPE, Arena, _arena, "arena.not_one")
INTERLAB: Final = Form(INTERLAB_TYPE, Interlab, _interlab, "interlab.not_one")
MATERIAL: Final = Form(MATERIAL_TYPE, MaterialCertificate, _material, "release.not_one")
SEAL: Final = Form(SEAL_TYPE, Seal, lambda made: {"root": made.root, "sealed": made.sealed}, "seal.not_one")
OPENING: Final = Form(OPENING_TYPE, Opening, lambda made: {"root": made.root, "seal": made.seal}, "opening.not_one")
CAMPAIGN: Final = Form(CAMPAIGN_TYPE, Campaign, _campaign, "campaign.not_one")
DIFFICULTY: Final = Form(DIFFICULTY_TYPE, SignedDifficulties, _difficulty, "difficulty.not_one")
LOAD_CLIENT: Final = Form(LOAD_CLIENT_TYPE, LoadClient, lambda made: {"result": made.result}, "client.not_one")
GRADING: Final = Form(GRADING_TYPE, Grading, _grading, "grade.not_one")
SWEEP: Final = Form(SWEEP_TYPE, Sweep, _sweep, "sweep.not_one")
BOTTLENECK: Final = Form(BOTTLENECK_TYPE, Bottlenecks, _bottleneck, "bottleneck.not_one")
