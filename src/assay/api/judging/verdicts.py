"""A judge's verdicts on cases of known verdict, from its answers in the store; and a certificate held against them."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from assay.api.judging import numbers as numbers
from assay.api.judging.judges import family, tagged
from assay.api.judging.pairs import pair_numbers
from assay.api.judging.probe import Probed, injected
from assay.api.work import Work, reopen
from assay.catalogue.build import build
from assay.line.observe import askings
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.certificate import JudgeCertificate
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Response
from assay.vocabulary.protocols import Asks
from assay.vocabulary.record import Json


def verdicts(instrument: Asks, runs: tuple[str, ...], store: SqliteStore) -> numbers.Verdicts:
    """What an instrument reads from the answers of its judges to cases of known verdict.

    Args:
        instrument: the one that is calibrated; it reads as it does in use.
        runs: the run of each of its judges, in order.
        store: where they are.
    Returns:
        Verdicts with a column for each variant and repeat, in the order of the plan.
    """
    works = [reopen(store, store.run(run)) for run in runs]
    answers = [_answers(work, store) for work in works]
    items, plan = works[0].material.items, works[0].recipe.procedure.plan
    columns = plan.repeats * len(plan.variants)
    judge = np.full((len(items), columns), np.nan)
    for place, votes in enumerate(zip(*answers, strict=True)):
        case, column = divmod(place, columns)
        item = Item(id=items[case].id, stimulus="", reference="")
        candidate = Response(status="ok", output=str(items[case].stimulus["response"]))
        value = instrument.verdict(item, candidate, [vote for vote in votes if vote is not None]).value
        if value is not None:
            judge[case, column] = value
    human = np.array([float(item.reference) for item in items])
    return numbers.Verdicts(human, judge, not instrument.scope().passes, groups_of(items))


def groups_of(items: Sequence[Item]) -> numbers.Ints | None:
    """The cluster of each case, from 0, in the order of the cases; None where every case stands alone."""
    names = [item.group if item.group is not None else f"\0{place}" for place, item in enumerate(items)]
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    return np.array([places[name] for name in names], dtype=np.int64) if len(places) < len(items) else None


def _answers(work: Work, store: SqliteStore) -> list[Response | None]:
    keys = [asking.key for asking in askings(work.manifest.planned, work.material, work.recipe.bench)]
    return store.responses(keys)


def material_of(runs: tuple[str, ...], store: SqliteStore) -> Material:
    """The cases of the run of a judge."""
    return store.material(reopen(store, store.run(runs[0])).manifest.planned.material)


class Probe(NamedTuple):
    """The runs of a probe, each of every judge: the cases as they are, with a harmless sentence, with orders."""

    plain: tuple[str, ...]
    harmless: tuple[str, ...]
    planted: tuple[str, ...]


def probed(instrument: Asks, runs: Probe, store: SqliteStore) -> dict[str, Any]:
    """What orders in the candidates' texts do to a judge, as fields of its certificate.

    Args:
        instrument: the one that is calibrated.
        runs: the runs.
        store: where they are.
    """
    plain, harmless, planted = (verdicts(instrument, some, store) for some in runs)
    places = {item.id: place for place, item in enumerate(material_of(runs.plain, store).items)}
    few = material_of(runs.planted, store).items
    variants = reopen(store, store.run(runs.planted[0])).recipe.procedure.plan.variants
    return injected(Probed(plain.first[[places[item.id] for item in few]], harmless, planted, variants))


def stated_numbers(
    found: numbers.Verdicts, items: Sequence[Item], identities: Sequence[dict[str, Json]]
) -> dict[str, Any]:
    """The fields of a certificate that follow from the verdicts on its cases.

    Args:
        found: the verdicts.
        items: the cases, which say how long the answers are, whose they are, and of which kind.
        identities: of the judges.
    """
    length = np.array([len(str(item.stimulus["response"])) for item in items])
    own = {family(one) for one in identities} - {""}
    akin = np.array([bool({family({"model": name}) for name in tagged(item, "system")} & own) for item in items])
    return {
        "failed": int((~found.had).sum()),
        "sensitivity": numbers.agreement(found, 1.0),
        "specificity": numbers.agreement(found, 0.0),
        "difference": numbers.difference(found.residual[found.had], found.groups(found.had)),
        "confusion": numbers.confusion(found),
        "repeatability": numbers.repeatability(found),
        "length": numbers.contrast(found, length > np.median(length)),
        "self_preference": numbers.contrast(found, akin) if akin.any() else None,
        "strata": numbers.strata(found, [item.tags for item in items]),
    }


def recomputed(
    made: JudgeCertificate, laboratory: Laboratory
) -> tuple[Literal["passed", "failed", "not_checked"], str]:
    """A certificate's numbers computed again from the judge's answers, where this laboratory has them.

    Returns:
        ``passed``, ``failed`` or ``not_checked``, and the first number that differs or why nothing was checked.
    """
    if not laboratory.has_store():
        return "not_checked", "no_store"
    try:
        with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
            if not {*made.runs, *made.planted, *made.harmless} <= {run.name for run in store.runs()}:
                return "not_checked", "no_run"
            instrument: Asks = build("instrument", made.instrument, "certificate")
            items = material_of(made.runs, store).items
            if made.kind == "choice":
                found = pair_numbers(made.runs, store, made.identities)
            else:
                found = stated_numbers(verdicts(instrument, made.runs, store), items, made.identities)
            if made.planted:
                found |= probed(instrument, Probe(made.runs, made.harmless, made.planted), store)
    except (BadInput, KeyError, IndexError, TypeError, ValueError) as error:
        return "failed", f"{type(error).__name__}: {error}"
    for name, value in found.items():
        if msgspec.to_builtins(value) != msgspec.to_builtins(getattr(made, name)):
            return "failed", name
    return "passed", "last_bit"
