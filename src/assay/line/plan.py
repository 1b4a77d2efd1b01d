"""Plan: from procedure and material to trials. Every seed is fixed here."""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, chain

import msgspec

from assay.vocabulary.canonical import digest, row_bytes, settled
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Trial
from assay.vocabulary.procedure import Plan, Procedure
from assay.vocabulary.protocols import Instrument
from assay.vocabulary.record import Json, Record


class Taken(Record, kw_only=True):
    """Which units of a plan that may end early are meant, by their place in its seeded order.

    Attributes:
        first: place of the first unit, from 0.
        last: place after the last one.
        n_items: number of items in these units.
        look: number of looks taken when the last of them had been observed.
        reason: why the run ended there; empty for a part of it.
        items: places of the items in the material, in the order of choice, where these were chosen by the answers;
            ``first`` and ``last`` then count items.
    """

    first: int
    last: int
    n_items: int
    look: int
    reason: str = ""
    items: tuple[int, ...] = ()


class Planned(Record, kw_only=True):
    """What is to be observed.

    Attributes:
        run: name of the run, the first 12 digits of a digest.
        base: digest shared by all runs of this measurement.
        subject: identity of the subject.
        procedure: the recipe; its plan's ``occasion`` tells repeated runs apart.
        material: digest of the items.
        n_items: number of items.
        taken: the units meant, of a plan that may end early; None for all of them.
    """

    run: str
    base: str
    subject: dict[str, Json]
    procedure: Procedure
    material: str
    n_items: int
    taken: Taken | None = None

    @property
    def n_trials(self) -> int:
        """Items × variants × repeats."""
        plan = self.procedure.plan
        n_items = self.n_items if self.taken is None else self.taken.n_items
        return n_items * len(plan.variants) * plan.repeats


def plan(procedure: Procedure, material: Material, subject: dict[str, Json]) -> Planned:
    """Name the run: the same subject, material, procedure and occasion always have the same name."""
    subject = settled(subject)
    first = msgspec.structs.replace(procedure, plan=msgspec.structs.replace(procedure.plan, occasion=1))
    base = digest([subject, material.digest, first.digest])
    return Planned(
        run=digest([base, procedure.plan.occasion])[:12],
        base=base,
        subject=subject,
        procedure=procedure,
        material=material.digest,
        n_items=len(material.items),
    )


def batches(planned: Planned, material: Material) -> Iterator[Planned]:
    """A plan that may end early in parts, each to be observed whole before it is looked at; the units do not overlap.

    The first looks are ``batch`` units apart, later ones a twentieth of what was seen: an overshoot of few per cent.
    """
    stopping = planned.procedure.plan.stopping
    assert stopping is not None
    ordered = units(planned, material)
    counts = [0, *accumulate(map(len, ordered))]
    most = len(ordered)
    if stopping.max_items is not None:
        most = max(1, sum(1 for n in counts[1:] if n <= stopping.max_items))
    first = look = 0
    while first < most:
        last = min(most, first + max(stopping.batch, first // 20))
        look += 1
        taken = Taken(first=first, last=last, n_items=counts[last] - counts[first], look=look)
        yield msgspec.structs.replace(planned, taken=taken)
        first = last


def most(planned: Planned, material: Material) -> Planned:
    """The plan with everything that it may come to observe: less than every item where ``max_items`` says so."""
    if not planned.procedure.plan.may_end_early or planned.taken is not None:
        return planned
    adaptive = planned.procedure.plan.adaptive
    if adaptive is not None:
        ordered = tuple(chain.from_iterable(units(planned, material)))[: adaptive.max_items]
        n = len(ordered)
        return msgspec.structs.replace(planned, taken=Taken(first=0, last=n, n_items=n, look=0, items=ordered))
    *_, last = parts = [part.taken for part in batches(planned, material) if part.taken is not None]
    whole = msgspec.structs.replace(last, first=0, n_items=sum(part.n_items for part in parts))
    return msgspec.structs.replace(planned, taken=whole)


def units(planned: Planned, material: Material) -> tuple[tuple[int, ...], ...]:
    """The units that may be left out, as places of their items, in seeded random order: clusters, or single items.

    A pure function of seed, occasion and the names of items and clusters, whatever their order in the material.
    """
    plan = planned.procedure.plan
    return _units(plan.seed, plan.occasion, tuple((item.group, item.id) for item in material.items))


@lru_cache(maxsize=2)
def _units(seed: int, occasion: int, names: tuple[tuple[str | None, str], ...]) -> tuple[tuple[int, ...], ...]:
    members: dict[tuple[bool, str], list[int]] = {}
    for place, (group, item) in enumerate(names):
        members.setdefault((group is not None, item if group is None else group), []).append(place)

    def drawn(unit: tuple[bool, str]) -> bytes:
        return hashlib.blake2b(row_bytes(["unit", seed, occasion, *unit]), digest_size=16).digest()

    return tuple(tuple(members[unit]) for unit in sorted(members, key=drawn))


def trials(planned: Planned, material: Material) -> Iterator[Trial]:
    """Every trial, item by item, variant by variant, repeat by repeat; made as they are taken."""
    varied = planned.procedure.plan
    taken = planned.taken
    chosen = range(len(material.items)) if taken is None else sorted(
        taken.items or chain.from_iterable(units(planned, material)[taken.first : taken.last])
    )  # fmt: skip
    for item_index in chosen:
        item = material.items[item_index]
        for variant_index, variant in enumerate(varied.variants):
            stem = _stem(varied.seed, varied.occasion, item.id, variant.name)
            for repeat in range(1, varied.repeats + 1):
                yield Trial(item_index, variant_index, repeat, _drawn(stem.copy(), repeat), item, variant)


def trial_seed(varied: Plan, item: str, variant: str, repeat: int) -> int:
    """The seed of one trial, as ``trials`` gives it."""
    return _drawn(_stem(varied.seed, varied.occasion, item, variant).copy(), repeat)


@lru_cache(maxsize=64)  # repeats of an item come one after another
def _stem(seed: int, occasion: int, item: str, variant: str) -> "hashlib.blake2b":
    return hashlib.blake2b(row_bytes([seed, occasion, item, variant]), digest_size=8)


def _drawn(stem: "hashlib.blake2b", repeat: int) -> int:
    stem.update(repeat.to_bytes(4, "big"))
    return int.from_bytes(stem.digest(), "big") % 2**31  # servers take 32 bits, some of them signed


def response_key(subject_digest: str, trial: Trial, stimulus: Json) -> bytes:
    """Key of a response: what the subject can notice, and which trial it is; nothing about speed.

    Returns:
        32 bytes.
    """
    what = [subject_digest, stimulus, trial.seed, trial.item.id, trial.variant.name, trial.repeat]
    return hashlib.sha256(row_bytes(what)).digest()


def check_items(material: Material, instruments: dict[str, Instrument]) -> None:
    """Refuse items that an instrument can never read, before anything is asked.

    Args:
        material: the items.
        instruments: by the name of the part.
    Raises:
        BadInput: the first such item, with its place and the reason.
    """
    for name, instrument in instruments.items():
        for index, item in enumerate(material.items):
            if instrument.needs_reference and item.reference is None:
                raise BadInput("table.no_target", place=material.place(index), id=item.id, instrument=name)
            reason = instrument.check(item)
            if reason:
                raise BadInput("item.unfit", place=material.place(index), id=item.id, instrument=name, reason=reason)
