"""The judges of a run: named in full, held against their certificates, and asked."""

import asyncio
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from assay.api._certificates import fitting, named
from assay.api.measurement import Measurement, Recipe, check_designs, parts_of, price_of
from assay.catalogue.build import build, read_toml
from assay.catalogue.find import locate
from assay.engines.local import Local
from assay.exchange.known_cases import known_cases
from assay.exchange.ratings import table
from assay.line.consult import Consultation, Consulting, Desk, consult
from assay.line.observe import Price, State
from assay.line.plan import Planned, check_items
from assay.line.read import reading_digest
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.canonical import digest, settled
from assay.vocabulary.certificate import JudgeCertificate, Scope
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import Channel, PartUse
from assay.vocabulary.protocols import Asks, Jury, Subject
from assay.vocabulary.record import Json
from assay.vocabulary.rubric import Rubric
from assay.vocabulary.rubric import load as load_rubric


async def consulted(
    planned: Planned,
    material: Material,
    recipe: Recipe,
    desk: tuple[SqliteStore, Price | None, Mapping[str, Price]],
    progress: Callable[[State], None],
) -> None:
    """Bring every answer that some channel still needs into the store; channels that were read already need none.

    Raises:
        BadInput: a judge is not the one that the procedure names any more.
        CannotMeasure: no judge can be used, a cap was reached, or it was interrupted; what arrived is kept.
    """
    store, price, prices = desk
    asking = [
        Consultation(instrument, judges_of(instrument))
        for channel in recipe.procedure.channels
        if isinstance(instrument := recipe.instruments[channel.measurand], Asks)
        and store.channel(planned.run, reading_digest(channel, instrument)) is None
    ]
    if not asking:
        return
    latest = State(planned=0)

    def told(state: State) -> None:
        nonlocal latest
        latest = state
        progress(state)

    engine: Local[Consulting, Response] = Local(recipe.limits)
    try:
        made = Desk(recipe.bench, store, engine, recipe.limits, price, prices)
        await consult(planned, material, made, asking, told)
    except asyncio.CancelledError:
        raise CannotMeasure("consult.interrupted", done=latest.done, planned=latest.planned) from None


def judges_of(instrument: Asks) -> tuple[Subject, ...]:
    """The judges of an instrument, built.

    Raises:
        BadInput: ``judge.changed``: one is not the one that the procedure names (another version of its source).
    """
    judges: tuple[Subject, ...] = tuple(build("subject", use, "judge") for use in instrument.subjects())
    for use, judge, known in zip(instrument.subjects(), judges, instrument.identities, strict=True):
        if identity_digest(judge) != known:
            raise BadInput("judge.changed", judge=use.part, known=known[:12], found=identity_digest(judge)[:12])
    return judges


def identity_digest(judge: Subject) -> str:
    """Digest of a judge's identity, as its certificate and the keys of its answers name it."""
    return digest(settled(judge.identity()))


class Setting(NamedTuple):
    """Where judges are named: the laboratory with its certificates, the folder that relative paths begin in, and the
    items whose responses are judged."""

    laboratory: Laboratory
    folder: Path
    material: Material


def with_judges(
    measurement: Measurement, laboratory: Laboratory, source: str | Path | dict[str, Json]
) -> Measurement:
    """A measurement whose judges are named in full, so that its procedure is pure data again.

    Args:
        measurement: as its file says.
        laboratory: has the certificates.
        source: the file, or its content; relative paths begin in the file's folder.
    Raises:
        BadInput: a judge, its rubric or its certificate is missing or does not fit; a judge is the subject's relative.
        VerificationFailed: the certificate was tampered with.
    """
    made = measurement.recipe
    if not any(isinstance(instrument, Asks) for instrument in made.instruments.values()):
        return measurement
    folder = Path() if isinstance(source, dict) else Path(source).parent
    place, identity = Setting(laboratory, folder, measurement.material), measurement.subject.identity()
    channels = tuple(with_judge(channel, identity, place) for channel in made.procedure.channels)
    prices: dict[str, Price] = {}
    for channel in made.procedure.channels:
        prices |= judge_prices(channel, folder)
    recipe = parts_of(msgspec.structs.replace(made.procedure, channels=channels), made.limits)
    check_items(measurement.material, {c.instrument.part: recipe.instruments[c.measurand] for c in channels})
    check_designs(recipe, measurement.material)
    return msgspec.structs.replace(measurement, recipe=recipe, judge_prices=prices)


def with_judge(channel: Channel, subject: dict[str, Json], place: Setting) -> Channel:
    """A channel with its judges, rubric and certificate as settings; one whose instrument asks nobody as it is."""
    if not isinstance(build("instrument", channel.instrument, "instrument"), Asks):
        return channel
    use, instrument = judge_use(channel.instrument, place.folder)
    for judge in judges_of(instrument):
        if not instrument.relative:
            check_relative(judge.identity(), subject)
    scope = instrument.scope()
    if instrument.certificate:
        kept = named(instrument.certificate, scope, place.laboratory, place.folder)
    elif instrument.uncalibrated:
        own = instrument.uncorrected() if isinstance(instrument, Jury) else None
        estimator = settled_use(own) if own else channel.estimator
        return msgspec.structs.replace(channel, instrument=use, estimator=estimator)
    else:
        kept = fitting(scope, place.laboratory)
    _check_inside(kept.made, place.material)
    settings = {**use.settings, "certificate": kept.sha256, "uncalibrated": False}
    labels = settings.pop("labels", "")
    estimator = instrument.correction(kept.made, kept.sha256)
    if labels:
        more = {"labels": _labels(place.folder / str(labels), use, scope)}
        estimator = PartUse(part=estimator.part, settings={**estimator.settings, **more})
    return msgspec.structs.replace(
        channel,
        instrument=PartUse(part=use.part, settings=settled(settings)),
        estimator=settled_use(estimator),
    )


def _labels(path: Path, use: PartUse, scope: Scope) -> list[list[Json]]:
    """People's verdicts on a sample of the judged responses, by item.

    Raises:
        BadInput: as ``known_cases``; or the rubric gives grades, for which there is no such estimate.
    """
    rubric = msgspec.convert(use.settings["rubric"], Rubric)
    if rubric.kind != "selection":
        raise BadInput("judge.labels", rubric=rubric.name, kind=rubric.kind)
    plain = msgspec.structs.replace(rubric, with_reference=False)  # the reference answer is the item's own
    found = known_cases(table(path), path.name, plain, scope.passes, {})
    return [[item.id, float(item.reference)] for item in found.material.items]


def _check_inside(made: JudgeCertificate, material: Material) -> None:
    """Refuse items of a language or kind that the judge was not calibrated on; items that state none are taken."""
    for by, known in (("language", made.languages), ("kind", made.kinds)):
        for name in sorted({name for item in material.items for name in tagged(item, by)}):
            if name not in known:
                shown = ", ".join(known) or "none that was stated"
                raise BadInput("certificate.outside", by=by, name=name, known=shown)


def tagged(item: Item, by: str) -> list[str]:
    """What the tags of an item say of it: with ``kind``, the ``law`` of ``kind:law``."""
    return [tag.partition(":")[2] for tag in item.tags if tag.startswith(f"{by}:")]


def settled_use(use: PartUse) -> PartUse:
    """A part with its settings as they are once they were signed and read again."""
    return PartUse(part=use.part, settings=settled(use.settings))


def judge_use(use: PartUse, folder: Path) -> tuple[PartUse, Asks]:
    """An instrument that asks, its file read, its rubric in full and its judges' identities among its settings.

    Raises:
        BadInput: a file, a rubric or a judge that is missing or wrong.
    """
    settings, folder = _with_file(use, folder)
    if "judge" in settings:
        settings["judge"] = _unpriced(settings["judge"])
    if isinstance(rubric := settings.get("rubric"), str) and rubric:
        path = folder / rubric
        found = path if path.suffix == ".toml" else Path(locate("rubric", rubric, "rubric").path)
        settings["rubric"] = msgspec.to_builtins(load_rubric(found))
    asking: Asks = build("instrument", PartUse(part=use.part, settings=settings), f"instrument {use.part}")
    judges: list[Subject] = [build("subject", one, "judge") for one in asking.subjects()]
    settings["identities"] = [identity_digest(judge) for judge in judges]
    made = settled_use(PartUse(part=use.part, settings=settings))
    asking = build("instrument", made, f"instrument {use.part}")
    asking.scope()
    return made, asking


def _with_file(use: PartUse, folder: Path) -> tuple[dict[str, Json], Path]:
    """Settings of an instrument with those of its file, and the folder that relative paths begin in."""
    settings = dict(use.settings)
    file = settings.pop("file", "")
    if not file:
        return settings, folder
    path = folder / str(file)
    table = read_toml(path)
    if table.pop("part", use.part) != use.part:
        raise BadInput("judge.other_part", path=str(path), part=use.part)
    return {**table, **settings}, path.parent


def _unpriced(judge: Json) -> Json:
    """One judge or several without their prices, which no judge can notice."""
    if isinstance(judge, dict):
        return {key: value for key, value in judge.items() if key != "price"}
    return [_unpriced(one) for one in judge] if isinstance(judge, list | tuple) else judge


def judge_prices(channel: Channel, folder: Path) -> dict[str, Price]:
    """Prices of a channel's judges, by the digest of their identity; nothing for an instrument that asks nobody.

    Raises:
        BadInput: a ``[judge.price]`` that is no price table, or two prices of one judge.
    """
    if not isinstance(build("instrument", channel.instrument, "instrument"), Asks):
        return {}
    settings, _ = _with_file(channel.instrument, folder)
    _, asking = judge_use(channel.instrument, folder)
    judges = settings.get("judge", ())
    prices: dict[str, Price] = {}
    for one, identity in zip([judges] if isinstance(judges, dict) else judges, asking.identities, strict=True):
        if "price" in one:
            if not isinstance(one["price"], dict):
                got, expected = repr(one["price"])[:80], "a table [judge.price]"
                raise BadInput("setting.type", where="judge", key="price", got=got, expected=expected)
            price = price_of(one["price"], "[judge.price]")
            if prices.setdefault(identity, price) != price:
                raise BadInput("setting.value", where="[judge.price]", key="price", got=repr(one["price"])[:80],
                               expected="the same price wherever the same judge stands")  # fmt: skip
    return prices


def check_relative(judge: dict[str, Json], subject: dict[str, Json]) -> None:
    """Refuse a judge that is the subject itself, or of its family by name.

    The family is what the name of the model begins with, in letters, without the path before it: ``org/Llama-3.1-8B``
    is of the family ``llama``. A family that was renamed is not noticed. Subjects without a model's name are related
    only to themselves.

    Raises:
        BadInput: ``judge.relative``.
    """
    if digest(settled(judge)) == digest(settled(subject)):
        raise BadInput("judge.relative", judge=_model(judge), subject=_model(subject))
    ours, theirs = family(judge), family(subject)
    if ours and ours == theirs:
        raise BadInput("judge.relative", judge=_model(judge), subject=_model(subject))


def family(identity: dict[str, Json]) -> str:
    """The letters that the model's name begins with, in lower case; empty where it has none."""
    model = identity.get("model")
    found = re.match(r"[^\W\d_]+", model.rpartition("/")[2]) if isinstance(model, str) else None
    return found[0].lower() if found else ""


def _model(identity: dict[str, Json]) -> str:
    return str(identity.get("model") or identity.get("name") or identity.get("function") or "?")
