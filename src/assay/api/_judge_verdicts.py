"""A judge's verdicts on cases of known verdict, from its answers in the store; and a certificate held against them."""

from contextlib import closing
from typing import Any, Literal

import msgspec
import numpy as np

from assay.api import _judge_numbers as numbers
from assay.api.work import Work, reopen
from assay.catalogue.build import build
from assay.line.observe import askings
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.certificate import JudgeCertificate, Rate
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response
from assay.vocabulary.protocols import Asks


def verdicts(instrument: Asks, runs: tuple[str, ...], store: SqliteStore) -> numbers.Verdicts:
    """What an instrument reads from the answers of its judges to cases of known verdict.

    Args:
        instrument: the one that is calibrated; it reads as it does in use.
        runs: the run of each of its judges, in order.
        store: where they are.
    """
    works = [reopen(store, store.run(run)) for run in runs]
    answers = [_answers(work, store) for work in works]
    items, repeats = works[0].material.items, works[0].recipe.procedure.plan.repeats
    judge = np.full((len(items), repeats), np.nan)
    for place, votes in enumerate(zip(*answers, strict=True)):
        case, repeat = divmod(place, repeats)
        item = Item(id=items[case].id, stimulus="", reference="")
        candidate = Response(status="ok", output=str(items[case].stimulus["response"]))
        value = instrument.verdict(item, candidate, [vote for vote in votes if vote is not None]).value
        if value is not None:
            judge[case, repeat] = value
    human = np.array([float(item.reference) for item in items])
    return numbers.Verdicts(human, judge, not instrument.scope().passes)


def _answers(work: Work, store: SqliteStore) -> list[Response | None]:
    keys = [asking.key for asking in askings(work.manifest.planned, work.material, work.recipe.bench)]
    return store.responses(keys)


def susceptibility(
    instrument: Asks, runs: tuple[tuple[str, ...], tuple[str, ...]], store: SqliteStore
) -> Rate | None:
    """How much failing cases gain by an order to pass them, case by case.

    Args:
        instrument: the one that is calibrated.
        runs: those with the cases as they are, and those with the order.
        store: where they are.
    """
    plain, planted = (verdicts(instrument, some, store) for some in runs)
    places = {item.id: place for place, item in enumerate(store.material(_material(runs[0], store)).items)}
    few = store.material(_material(runs[1], store)).items
    gain = planted.first - plain.first[[places[item.id] for item in few]]
    return numbers.difference(gain[~np.isnan(gain)])


def _material(runs: tuple[str, ...], store: SqliteStore) -> str:
    return reopen(store, store.run(runs[0])).manifest.planned.material


def stated_numbers(found: numbers.Verdicts) -> dict[str, Any]:
    """The fields of a certificate that follow from the verdicts alone."""
    return {
        "failed": int((~found.had).sum()),
        "sensitivity": numbers.agreement(found, 1.0),
        "specificity": numbers.agreement(found, 0.0),
        "difference": numbers.difference(found.residual[found.had]),
        "confusion": numbers.confusion(found),
        "repeatability": numbers.repeatability(found),
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
            if not set(made.runs) | set(made.planted) <= {run.name for run in store.runs()}:
                return "not_checked", "no_run"
            instrument: Asks = build("instrument", made.instrument, "certificate")
            found = stated_numbers(verdicts(instrument, made.runs, store))
            if made.planted:
                found["susceptibility"] = susceptibility(instrument, (made.runs, made.planted), store)
    except (BadInput, KeyError, IndexError, TypeError, ValueError) as error:
        return "failed", f"{type(error).__name__}: {error}"
    for name, value in found.items():
        if msgspec.to_builtins(value) != msgspec.to_builtins(getattr(made, name)):
            return "failed", name
    return "passed", "last_bit"
