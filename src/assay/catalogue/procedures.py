"""From a procedure's TOML file and the ``[procedure]`` table of a measurement to a procedure ready to plan."""

import re
from pathlib import Path

import msgspec

from assay.catalogue.build import fill, part_use, read_toml
from assay.catalogue.find import locate
from assay.catalogue.pairing import check_pairings
from assay.vocabulary.canonical import settled
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.measurand import Estimand
from assay.vocabulary.procedure import (
    Adaptive,
    Channel,
    Limits,
    PartUse,
    Plan,
    Procedure,
    Stopping,
    Variant,
    VariantsAre,
)
from assay.vocabulary.record import Json, Record

_WHERE = "[procedure]"
PLACEHOLDERS = ("input", "choices", "letters")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class Defaults(Record, kw_only=True):
    """What a procedure's file may set and a measurement may override."""

    repeats: int = 1
    variants: int = 1
    variants_are: VariantsAre = "fixed"
    estimand: Estimand = "population"


class ProcedureData(Record, kw_only=True):
    """The TOML file of a procedure.

    Attributes:
        version: raised when the same plan may give other readings.
        bench: part that brings item and subject together.
        settings: settings of the bench that a measurement makes in its ``[procedure]`` table.
        passed: settings of that table that go to the parts of channels in which they stand as ``"{name}"``; a channel
            whose setting is not made is not measured.
        title: short name by language.
        description: what it does, by language.
        channel: its measurands, each with ``instrument`` and, if not ``general.mean``, ``estimator``.
        variant: its variants: ``name``, ``language`` where it has words, and what the bench needs.
        numbered: for variants without words: the name that is numbered (``retraining``), any number of them.
        defaults: values for a measurement that does not set them.
    """

    version: int
    bench: str
    settings: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    title: dict[str, str]
    description: dict[str, str]
    channel: tuple[dict[str, Json], ...]
    variant: tuple[dict[str, Json], ...] = ()
    numbered: str = ""
    defaults: Defaults = Defaults()


class Settings(Record, kw_only=True):
    """The ``[procedure]`` table of a measurement file.

    Attributes:
        part: the procedure.
        repeats: how often each item is put in each variant.
        variants: prompt variants: how many, or their names; without it one, or all of your own.
        variants_are: ``fixed`` (the score is the average over the variants used) or ``sample`` (they stand for others).
        estimand: ``population`` (the items stand for others) or ``fixed`` (these very items).
        level: coverage probability of the intervals, above 0.5 and below 1.
        language: language of the prompts.
        seed: every seed of the run is derived from this one.
        instrument: another instrument for the first measurand: its name, or a table with ``part`` and its settings.
        channel: measurands of your own in place of the procedure's: each with ``measurand``, ``instrument`` and, if not
            ``general.mean``, ``estimator``; the last two are a name, or a table with ``part`` and its settings.
        variant: variants of your own, each with ``name`` and ``prompt``, in which ``{input}``, ``{choices}`` and
            ``{letters}`` stand for the item.
        target_u: stop once the standard uncertainty of every result, valid at every look, is at most this.
        decide_early: stop once every requirement is decided, either way.
        adaptive: choose the items of a bank by the answers so far, for the ability; needs ``target_u``.
        exposure: with ``adaptive``: items are drawn among so many of the most telling cells; 5 without it.
        balance: with ``adaptive``: ask each dimension in proportion to its items in the material.
        audit: with ``adaptive``: fraction of the items drawn at random from the whole material; 0.2 without it.
        difficulty: with ``adaptive``: the table of difficulties, by name or as a signed file; ``bank.reference``
            without it.
        batch: with one of these: items, or clusters of items, between two looks; 10 without it, 16 with ``adaptive``.
        max_items: with one of these: never observe more items than this.
        max_connections: most requests under way at once; without it, up to 256 as long as the server keeps up.
        timeout_s: seconds allowed to one request.
        retries: how often a transient failure is tried again.
        max_retry_after_s: longest wait, in seconds, that a server may ask for.
        max_requests: stop before more requests than this.
        max_tokens_total: stop once input and output tokens together reach this.
        max_cost: stop once the cost by the ``[price]`` table reaches this.
    """

    part: str
    repeats: int | None = None
    variants: int | tuple[str, ...] | None = None
    variants_are: VariantsAre | None = None
    estimand: Estimand | None = None
    level: float = 0.95
    language: str = "en"
    seed: int = 0
    instrument: str | dict[str, Json] | None = None
    channel: tuple[dict[str, Json], ...] = ()
    variant: tuple[dict[str, Json], ...] = ()
    target_u: float | None = None
    decide_early: bool = False
    adaptive: bool = False
    exposure: int | None = None
    balance: bool | None = None
    audit: float | None = None
    difficulty: str | None = None
    batch: int | None = None
    max_items: int | None = None
    max_connections: int | None = None
    timeout_s: float = 120.0
    retries: int = 8
    max_retry_after_s: float = 600.0
    max_requests: int | None = None
    max_tokens_total: int | None = None
    max_cost: float | None = None


def procedure(table: dict[str, Json]) -> tuple[Procedure, Limits]:
    """A procedure and its limits from the ``[procedure]`` table.

    Raises:
        BadInput: unknown part, key, variant; a number out of range.
    """
    data = _data(table)
    own = {key: settled(value) for key, value in table.items() if key in data.settings}
    passed = {key: settled(table[key]) for key in data.passed if key in table}
    rest = {key: value for key, value in table.items() if key not in own and key not in passed}
    known = [*data.settings, *data.passed, *Settings.__struct_fields__]
    for key in rest:
        if key not in known:
            raise BadInput("setting.unknown", where=_WHERE, key=key, near=near(key, known))
    settings: Settings = fill(Settings, rest, _WHERE)
    settings = msgspec.structs.replace(
        settings, variant=tuple(settled(list(settings.variant))), instrument=settled(settings.instrument),
        channel=tuple(settled(list(settings.channel))),
    )  # fmt: skip
    _check_numbers(settings)
    plan = Plan(
        variants=_variants(data, settings),
        repeats=settings.repeats or data.defaults.repeats,
        variants_are=settings.variants_are or data.defaults.variants_are,
        estimand=settings.estimand or data.defaults.estimand,
        level=settings.level,
        seed=settings.seed,
        stopping=None if settings.adaptive else _stopping(settings),
        adaptive=_adaptive(settings),
    )
    made = Procedure(
        name=settings.part,
        version=data.version,
        bench=PartUse(part=data.bench, settings=own),
        channels=_of_ability(_channels(data, settings, passed), plan),
        plan=plan,
        title=data.title,
        description=data.description,
        language=settings.language if any("language" in v for v in data.variant) else "",
    )
    check_pairings(made.channels, "[[procedure.channel]]" if settings.channel else _WHERE)
    limits = Limits(**{name: getattr(settings, name) for name in Limits.__struct_fields__})
    return made, limits


def _data(table: dict[str, Json]) -> ProcedureData:
    """The file of the procedure that a ``[procedure]`` table names."""
    name: str = fill(Settings, {"part": table["part"]} if "part" in table else {}, _WHERE).part
    return msgspec.convert(read_toml(Path(locate("procedure", name, _WHERE).path)), ProcedureData)


def _adaptive(settings: Settings) -> Adaptive | None:
    """The rule by which items are chosen; its cells are filled in from the table once the items are known."""
    given = {key: value for key in ("exposure", "balance", "audit", "difficulty")
             if (value := getattr(settings, key)) is not None}  # fmt: skip
    if not settings.adaptive:
        if given:
            raise BadInput("setting.missing", where=_WHERE, key="adaptive",
                           expected=f"true: {next(iter(given))!r} is for runs that choose their items")  # fmt: skip
        return None
    if settings.target_u is None:
        raise BadInput("setting.missing", where=_WHERE, key="target_u",
                       expected="the standard uncertainty of ability at which the run ends, such as 0.3")  # fmt: skip
    if settings.decide_early:
        raise BadInput("setting.value", where=_WHERE, key="decide_early", got="true",
                       expected="nothing beside adaptive = true, whose end is target_u")  # fmt: skip
    if settings.batch is not None:
        given["batch"] = settings.batch
    return Adaptive(target_u=settings.target_u, max_items=settings.max_items, **given)


def _of_ability(channels: tuple[Channel, ...], plan: Plan) -> tuple[Channel, ...]:
    """What an adaptive run measures instead, all read by the instrument of the first channel."""
    if plan.adaptive is None:
        return channels
    names = ["ability", "expected_score", *(["audit_score"] if plan.adaptive.audit else [])]
    return tuple(Channel(measurand=f"bank.{name}", instrument=channels[0].instrument,
                         estimator=PartUse(part=f"bank.{name}")) for name in names)  # fmt: skip


def _stopping(settings: Settings) -> Stopping | None:
    """The rule for an early end; what is to be decided is filled in from the requirements of the file."""
    if settings.target_u is None and not settings.decide_early:
        for key in ("batch", "max_items"):
            if getattr(settings, key) is not None:
                raise BadInput("setting.missing", where=_WHERE, key="decide_early",
                               expected=f"true, or a target_u: {key!r} is for runs that may end early")  # fmt: skip
        return None
    rule = Stopping(
        target_u=settings.target_u, decide_early=settings.decide_early, level=settings.level,
        max_items=settings.max_items,
    )  # fmt: skip
    return rule if settings.batch is None else msgspec.structs.replace(rule, batch=settings.batch)


def _check_numbers(settings: Settings) -> None:
    checks: list[tuple[str, bool, str]] = [
        ("repeats", settings.repeats is None or 1 <= settings.repeats <= 10_000, "a whole number from 1 to 10000"),
        ("level", 0.5 < settings.level < 1, "a probability above 0.5 and below 1, such as 0.95"),
        ("target_u", settings.target_u is None or settings.target_u > 0, "a standard uncertainty, above 0"),
        ("batch", settings.batch is None or settings.batch > 0, "a whole number, 1 or more"),
        ("max_items", settings.max_items is None or settings.max_items > 0, "a whole number, 1 or more"),
        ("exposure", settings.exposure is None or settings.exposure > 0, "a whole number, 1 or more"),
        ("audit", settings.audit is None or 0 <= settings.audit < 1, "a fraction, 0 or more and below 1"),
        ("max_connections", settings.max_connections is None or 1 <= settings.max_connections <= 65_535,
         "a whole number from 1 to 65535"),
        ("timeout_s", settings.timeout_s > 0, "seconds, more than 0"),
        ("retries", settings.retries >= 0, "a whole number, 0 or more"),
        ("max_retry_after_s", settings.max_retry_after_s >= 0, "seconds, 0 or more"),
        ("max_requests", settings.max_requests is None or settings.max_requests > 0, "a whole number, 1 or more"),
        ("max_tokens_total", settings.max_tokens_total is None or settings.max_tokens_total > 0,
         "a whole number, 1 or more"),
        ("max_cost", settings.max_cost is None or settings.max_cost > 0, "a number above 0"),
        ("seed", 0 <= settings.seed < 2**53, "a whole number from 0 to 2**53 - 1"),
    ]  # fmt: skip
    for key, good, expected in checks:
        if not good:
            got = repr(getattr(settings, key))
            raise BadInput("setting.value", where=_WHERE, key=key, got=got, expected=expected)


def _channels(data: ProcedureData, settings: Settings, passed: dict[str, Json]) -> tuple[Channel, ...]:
    _check_channels(settings.channel)
    listed = [msgspec.convert({**c, **_uses(c)}, Channel) for c in settings.channel or data.channel]
    channels = [made for channel in listed if (made := _with_passed(channel, data.passed, passed)) is not None]
    if settings.instrument is not None:
        first = channels[0]
        channels[0] = Channel(
            measurand=first.measurand,
            instrument=part_use(settings.instrument, "[procedure] instrument"),
            estimator=first.estimator,
        )
    return tuple(channels)


def _with_passed(channel: Channel, names: tuple[str, ...], passed: dict[str, Json]) -> Channel | None:
    """The channel with the settings that are passed on to its parts; None if one of them was not made."""
    marks = {f"{{{name}}}": name for name in names}
    made = {}
    for kind in ("instrument", "estimator"):
        use: PartUse = getattr(channel, kind)
        wanted = {key: marks[value] for key, value in use.settings.items() if isinstance(value, str) and value in marks}
        if any(name not in passed for name in wanted.values()):
            return None
        filled = {key: passed[name] for key, name in wanted.items()}
        made[kind] = PartUse(part=use.part, settings={**use.settings, **filled})
    return msgspec.structs.replace(channel, **made)


def _check_channels(own: tuple[dict[str, Json], ...]) -> None:
    """Refuse a channel of the user's own that lacks something, has too much, or has the measurand of another."""
    where, seen = "[[procedure.channel]]", set()
    for channel in own:
        for key in channel:
            if key not in Channel.__struct_fields__:
                raise BadInput("setting.unknown", where=where, key=key, near=near(key, Channel.__struct_fields__))
        name = channel.get("measurand")
        if not isinstance(name, str) or name in seen:
            expected = "the name of a measurand, each once"
            raise BadInput("setting.value", where=where, key="measurand", got=repr(name), expected=expected)
        seen.add(name)
        if "instrument" not in channel:
            raise BadInput("setting.missing", where=where, key="instrument", expected="the name of an instrument")
        for key in ("instrument", "estimator"):
            if not isinstance(channel.get(key, ""), str | dict):
                expected = "the name of a part, or a table with 'part' and its settings"
                raise BadInput("setting.type", where=where, key=key, got=repr(channel[key]), expected=expected)


def _uses(channel: dict[str, Json]) -> dict[str, Json]:
    kinds = [kind for kind in ("instrument", "estimator") if kind in channel]
    return {kind: msgspec.to_builtins(part_use(channel[kind], kind)) for kind in kinds}


def _variants(data: ProcedureData, settings: Settings) -> tuple[Variant, ...]:
    wanted = settings.variants
    if wanted is None:
        wanted = len(settings.variant) or data.defaults.variants
    if isinstance(wanted, int) and wanted < 1:
        expected = "a number, 1 or more, or a list of names"
        raise BadInput("setting.value", where=_WHERE, key="variants", got=repr(wanted), expected=expected)
    if data.numbered:
        names = [f"{data.numbered}-{i + 1}" for i in range(wanted)] if isinstance(wanted, int) else list(wanted)
        return tuple(Variant(name=name) for name in names)
    known = _known_variants(data, settings)
    if isinstance(wanted, int):
        if wanted > len(known):
            names_known = ", ".join(known)
            raise BadInput(
                "variant.too_many", got=wanted, procedure=settings.part, known=len(known), names=names_known
            )
        return tuple(list(known.values())[:wanted])
    if len(set(wanted)) != len(wanted) or not wanted:
        raise BadInput("setting.value", where=_WHERE, key="variants", got=repr(list(wanted)),
                       expected="at least one name, each once")  # fmt: skip
    for name in wanted:
        if name not in known:
            raise BadInput("variant.unknown", procedure=settings.part, name=name, near=near(name, list(known)))
    return tuple(known[name] for name in wanted)


def _check_prompt(own: dict[str, Json], known: dict[str, Variant]) -> None:
    """Refuse a prompt of the user's own that would not hold what it must."""
    where = f"[[procedure.variant]] {own['name']!r}"
    if own["name"] in known:
        raise BadInput("setting.value", where=where, key="name", got=repr(own["name"]), expected="a name not used yet")
    used = set(_PLACEHOLDER.findall(own["prompt"]))
    for name in sorted(used - {*PLACEHOLDERS}):  # braces may be meant as they are; a slip of the pen is not
        if (meant := near(name, PLACEHOLDERS)).startswith("did"):
            raise BadInput("prompt.unknown", where=where, name=name, near=meant)
    if "input" not in used:
        raise BadInput("prompt.lacks", where=where, name="input")


def _known_variants(data: ProcedureData, settings: Settings) -> dict[str, Variant]:
    """Variants of the wanted language by name; the user's own come first, since they were asked for."""
    languages = sorted({str(v["language"]) for v in data.variant if "language" in v})
    if languages and settings.language not in languages:
        expected = " or ".join(f'"{name}"' for name in languages)
        raise BadInput("setting.value", where=_WHERE, key="language", got=repr(settings.language), expected=expected)
    known: dict[str, Variant] = {}
    for own in settings.variant:
        if not isinstance(own.get("name"), str) or not isinstance(own.get("prompt"), str):
            raise BadInput("setting.value", where="[[procedure.variant]]", key="variant", got=repr(own),
                           expected="a table with the texts 'name' and 'prompt'")  # fmt: skip
        _check_prompt(own, known)
        known[own["name"]] = Variant(name=own["name"], data={k: v for k, v in own.items() if k != "name"})
    for listed in data.variant:
        if listed.get("language", settings.language) == settings.language and listed["name"] not in known:
            rest = {k: v for k, v in listed.items() if k not in ("name", "language")}
            known[str(listed["name"])] = Variant(name=str(listed["name"]), data=rest)
    return known
