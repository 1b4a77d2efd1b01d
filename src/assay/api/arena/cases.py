"""What can be compared: the stored responses of several finished runs, trial by trial; and pairs and lists of them."""

from collections.abc import Sequence
from itertools import combinations, islice
from typing import Final, NamedTuple

import msgspec

from assay.api.unfinished import finished
from assay.api.work import Work, reopen
from assay.line.consult import names_of, unnamed
from assay.line.observe import askings
from assay.store.sqlite import SqliteStore
from assay.vocabulary.arena import Contestant
from assay.vocabulary.canonical import digest, row_bytes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json

LONGEST: Final = 40_000
"""Longest response that is shown to a judge, in characters; with a longer one nothing is compared."""


class Answered(NamedTuple):
    """One trial with the responses to it.

    Attributes:
        name: item, and where there are several its variant and repeat.
        item: the item.
        cluster: what it is grouped by; the item itself if nothing.
        prompt: what was asked, as text.
        texts: the response of each system that gave one, by the place of the system; their names are masked.
        where: variant and repeat.
    """

    name: str
    item: str
    cluster: str
    prompt: str
    texts: dict[int, str]
    where: tuple[str, int]


class Pool(NamedTuple):
    """Several systems and all trials that at least two of them answered; and how many each left unanswered."""

    systems: tuple[Contestant, ...]
    trials: tuple[Answered, ...]
    too_long: int


class _Found(NamedTuple):
    question: str
    answered: Answered
    response: Response | None


def pool(store: SqliteStore, names: Sequence[str]) -> Pool:
    """The responses of some finished runs, brought together.

    Raises:
        BadInput: fewer than two runs, one twice, unknown or unfinished; the same item asking different things.
    """
    records = [finished(store, name) for name in names]
    for place, record in enumerate(records):
        if record.name in [other.name for other in records[:place]]:
            raise BadInput("compare.twice", run=record.name)
    if len(records) < 2:
        raise BadInput("compare.few", n=len(records))
    works = [reopen(store, record) for record in records]
    masked = sorted({name for work in works for name in names_of(work.manifest.planned.subject)}, key=len, reverse=True)
    trials: dict[tuple[str, str, int], Answered] = {}
    asked: dict[str, tuple[str, str]] = {}
    unanswered, too_long = [0] * len(works), 0
    for place, work in enumerate(works):
        for question, answered, response in _found(work):
            run, first = asked.setdefault(answered.item, (work.manifest.planned.run, question))
            if first != question:
                raise BadInput("rating.other_items", id=answered.item, run=work.manifest.planned.run, first=run)
            one = trials.setdefault((answered.item, *answered.where), answered)
            text = _text(response, masked) if response is not None else None
            if text is None:
                unanswered[place] += 1
            elif len(text) > LONGEST:
                too_long += 1
            else:
                one.texts[place] = text
    systems = tuple(msgspec.structs.replace(one, unanswered=n)
                    for one, n in zip(_systems(works), unanswered, strict=True))  # fmt: skip
    return Pool(systems, tuple(one for one in trials.values() if len(one.texts) > 1), too_long)


def _found(work: Work) -> list[_Found]:
    planned, found = work.manifest.planned, list[_Found]()
    asked = askings(planned, work.material, work.recipe.bench)
    while chunk := list(islice(asked, 500)):
        for asking, response in zip(chunk, work.store.responses([one.key for one in chunk]), strict=True):
            trial = asking.trial
            one = planned.n_trials == planned.n_items
            name = trial.item.id if one else f"{trial.item.id}@{trial.variant.name}.{trial.repeat}"
            answered = Answered(name, trial.item.id, trial.item.group or trial.item.id, _plain(asking.stimulus), {},
                                (trial.variant.name, trial.repeat))  # fmt: skip
            found.append(_Found(digest([trial.item.stimulus, trial.item.choices]), answered, response))
    return found


def _text(response: Response, names: Sequence[str]) -> str | None:
    """What is compared of a response: its words, a refusal's as well, the names masked; None if there are none."""
    if response.status not in ("ok", "refused") or response.output is None:
        return None
    text = str(unnamed(msgspec.structs.replace(response, output=_plain(response.output)), names).output)
    return text if text.strip() else None


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else row_bytes(value).decode()


def _systems(works: Sequence[Work]) -> list[Contestant]:
    identities = [work.manifest.planned.subject for work in works]
    keys = [key for key in dict.fromkeys(key for one in identities for key in one)
            if len({row_bytes(one.get(key)) for one in identities}) > 1]  # fmt: skip
    return [
        Contestant(run=work.manifest.planned.run, title=work.manifest.title, subject=identity,
                   differs={key: _plain(identity[key]) for key in keys if key in identity})
        for work, identity in zip(works, identities, strict=True)
    ]  # fmt: skip


def sampled(trials: Sequence[Answered], items: int | None, seed: int) -> tuple[Answered, ...]:
    """A random sample of the trials, in their order; all if none is asked for.

    Raises:
        BadInput: a number below 1.
    """
    if items is None:
        return tuple(trials)
    if items < 1:
        raise BadInput("rating.items", got=items)
    taken = {id(one) for one in sorted(trials, key=lambda one: digest([seed, "sample", one.name]))[:items]}
    return tuple(one for one in trials if id(one) in taken)


def pairs(found: Pool) -> dict[tuple[int, int], list[Item]]:
    """Every two systems with the comparisons that can be made of them, one for each trial that both answered."""
    made: dict[tuple[int, int], list[Item]] = {}
    for trial in found.trials:
        for one, other in combinations(sorted(trial.texts), 2):
            made.setdefault((one, other), []).append(_case(found, trial, (one, other)))
    return made


def lists(found: Pool) -> list[Item]:
    """One list for each trial that every system answered."""
    n = len(found.systems)
    return [_case(found, trial, tuple(range(n))) for trial in found.trials if len(trial.texts) == n]


def _case(found: Pool, trial: Answered, places: tuple[int, ...]) -> Item:
    """Responses to compare; its name and its orders do not depend on the order in which the runs were named."""
    runs = sorted((found.systems[place].run, place) for place in places)
    stimulus = {"prompt": trial.prompt, "candidates": [trial.texts[place] for _, place in runs]}
    names = [run for run, _ in runs]
    return Item(id="|".join([trial.name, *names]), stimulus=stimulus, group=trial.cluster,
                tags=tuple(f"system:{name}" for name in names))  # fmt: skip


def material(cases: Sequence[Item], name: str) -> Material:
    """Cases as the material of a judge's run, in an order that does not depend on how they were found."""
    return Material(name=name, items=tuple(sorted(cases, key=lambda case: case.id)), source=name)


def shown_systems(case: Item, places: dict[str, int]) -> tuple[int, ...]:
    """Places of the systems whose responses a case holds, in its order."""
    return tuple(places[tag.removeprefix("system:")] for tag in case.tags)
