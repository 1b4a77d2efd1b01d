"""Runs a task of Inspect AI: its solver, agents, tools, sandboxes and scorers, on our subject."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from assay.packs.exchange._inspect_task import all_named, chosen, installed, load, scores, source_digest
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.imported import Told
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Channel, Limits, PartUse, Variant
from assay.vocabulary.protocols import Brought, Subject
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

if TYPE_CHECKING:
    from assay.packs.exchange._inspect_run import InspectRun

_PART: Final = "exchange.inspect"
_WHERE: Final = "[procedure]"
_LIMITS: Final = ("message_limit", "token_limit", "turn_limit", "time_limit", "working_limit")


@dataclass
class _Line:
    """What ``bring`` finds and ``open`` makes."""

    task: Any = None
    samples: dict[str, Any] = field(default_factory=dict)
    told: Callable[[bytes], Told] | None = None
    run: "InspectRun | None" = None


@dataclass(frozen=True)
class Inspect:
    """A task of Inspect AI as the rig: one sample is one trial, from its first message to its scores.

    The dataset of the task is the material. Its solver and scorers run in Inspect, in this process; every question to
    the model goes through our subject. Needs the extra ``inspect``.

    Attributes:
        task: ``file.py@name``, or the name of a registered task such as ``inspect_evals/arc_easy``.
        arguments: arguments of the task.
        roles: models of other roles than the one measured, as Inspect names them (``grader = "openai/gpt-5"``).
        cluster: field of the samples' metadata that names the cluster that they belong to.
        sample: so many items, drawn at random from the task's; all without it.
        message_limit: most messages of a sample; the task's own without it, as with the other limits.
        token_limit: most tokens of a sample.
        turn_limit: most turns of the model in a sample.
        time_limit: most seconds of a sample.
        working_limit: most seconds of a sample in which it works and does not wait.
        sample_timeout_s: seconds after which a sample is given up as failed, whatever its own limits.
        tool_version: version of Inspect; found out.
        source: digest of the task's file, or the version of its package; found out.
        task_version: version that the task states; found out.
    """

    task: str
    arguments: dict[str, Json] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    cluster: str = ""
    sample: int | None = None
    message_limit: int | None = None
    token_limit: int | None = None
    turn_limit: int | None = None
    time_limit: int | None = None
    working_limit: int | None = None
    sample_timeout_s: float = 3600.0
    tool_version: str = ""
    source: str = ""
    task_version: str = ""

    tool: ClassVar[str] = "inspect_ai"

    @property
    def trial_timeout_s(self) -> float:
        """Seconds allowed to one trial."""
        return self.sample_timeout_s

    def bring(self, folder: Path, told: Callable[[bytes], Told]) -> Brought:
        """Load the task.

        Raises:
            BadInput: Inspect is not installed or too old, there is no such task, its data are missing, or it has no
                items, an id twice, or no score.
        """
        self._check()
        version = installed()
        try:
            return self._brought(version, folder, told)
        except ImportError as error:  # that of a task's own code has been told before
            raise BadInput("foreign.changed", tool="Inspect AI", found=version, reason=error) from error

    def _brought(self, version: str, folder: Path, told: Callable[[bytes], Told]) -> Brought:
        import assay.packs.exchange._inspect_run  # noqa: F401  # whether all is there, before anything is asked

        task = load(self.task, self.arguments, folder)
        found = {} if task.dataset is None else _samples(task, self.task)
        if not found:
            raise self._unusable("it has no samples of its own")
        names = list(found)
        if self.sample is not None:
            names = [names[place] for place in chosen(self.sample, names)]
        ready = dataclasses.replace(
            self, tool_version=version, source=source_digest(self.task, folder), task_version=str(task.version)
        )
        ready._line.task, ready._line.told = task, told
        ready._line.samples = {name: found[name] for name in names}
        self._check_cluster([found[name] for name in names])
        rows = [told(_row(name, found[name], self.cluster)).item for name in names]
        material = Material(
            name=task.dataset.name or task.name, items=tuple(rows), version=ready.task_version,
            source=f"{self.task} ({len(names)} of {len(found)} samples)" if self.sample is not None else self.task,
        )  # fmt: skip
        asked: dict[str, Json] = {"tool": f"Inspect AI {version}", "task": self.task, "source": ready.source or "–"}
        notes = [Note(code="foreign", values=asked)]
        if not self.roles:
            notes.append(Note(code="foreign.own_grader"))
        return Brought(
            bench=ready, use=PartUse(part=_PART, settings=ready._settings()), material=material,
            channels=_channels(scores(task)), repeats=task.epochs or 1, notes=tuple(notes), complete=all_named(task),
        )  # fmt: skip

    def stimulus(self, item: Item, variant: Variant) -> Json:
        """What the item is, and the digest of the rig that puts it: another task, version or limit asks anew."""
        shown: dict[str, Json] = {"input": item.stimulus}
        if item.choices:
            shown["choices"] = list(item.choices)
        return {**shown, "rig": self._rig}

    async def open(self, limits: Limits) -> None:
        """Begin the evaluation."""
        from assay.packs.exchange._inspect_run import InspectRun

        line = self._line
        assert line.told is not None, "bring() comes before open()"
        options: dict[str, Any] = {name: getattr(self, name) for name in _LIMITS if getattr(self, name) is not None}
        if self.roles:
            options["model_roles"] = dict(self.roles)
        line.run = InspectRun(line.task, line.samples, line.told, options)
        await line.run.open(limits)

    async def run(self, trial: Trial, stimulus: Json, subject: Subject) -> Response:
        """One sample of the task."""
        assert self._line.run is not None, "open() comes before run()"
        return await self._line.run.run(trial, subject)

    async def close(self) -> None:
        """End the evaluation."""
        run, self._line.run = self._line.run, None
        if run is not None:
            await run.close()

    @cached_property
    def _line(self) -> _Line:
        return _Line()

    @cached_property
    def _rig(self) -> str:
        return digest([_PART, self._settings()])[:16]

    def _settings(self) -> dict[str, Json]:
        """The settings that make the task what it is; the clock of a trial and the choice of items do not."""
        every = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        left = {one.name: one.default for one in dataclasses.fields(self)}
        return {
            name: value for name, value in every.items()
            if value not in ({}, left[name]) and name not in ("sample_timeout_s", "sample")
        }  # fmt: skip

    def _check(self) -> None:
        for key in ("sample", *_LIMITS):
            value = getattr(self, key)
            if value is not None and value < 1:
                raise BadInput("setting.value", where=_WHERE, key=key, got=repr(value),
                               expected="a whole number, 1 or more")  # fmt: skip
        if self.sample_timeout_s <= 0:
            raise BadInput("setting.value", where=_WHERE, key="sample_timeout_s", got=repr(self.sample_timeout_s),
                           expected="seconds, more than 0")  # fmt: skip

    def _check_cluster(self, samples: list[Any]) -> None:
        """Samples taken for independent because a name is misspelt would make the interval too narrow."""
        fields = [sample.metadata or {} for sample in samples]
        lacking = sum(self.cluster not in one for one in fields) if self.cluster else 0
        if lacking:
            known = sorted({str(key) for one in fields for key in one})
            raise BadInput("setting.value", where=_WHERE, key="cluster", got=repr(self.cluster),
                           expected=f"a field of the metadata of every sample ({lacking} lack it); "
                                    + near(self.cluster, known))  # fmt: skip

    def _unusable(self, reason: str) -> BadInput:
        return BadInput("foreign.task", where=_WHERE, task=self.task, reason=reason)


def _samples(task: Any, name: str) -> dict[str, Any]:
    """The samples of a task by name: their ids, or their numbers from 1 where they have none."""
    found: dict[str, Any] = {}
    for place, sample in enumerate(task.dataset, 1):
        own = str(sample.id) if sample.id is not None else str(place)
        if own in found:
            raise BadInput("foreign.task", where=_WHERE, task=name, reason=f"two of its samples have the id {own!r}")
        found[own] = sample
    return found


def _row(name: str, sample: Any, cluster: str) -> bytes:
    """A sample that was not asked yet, as a row of Inspect's log; of its metadata, the cluster alone."""
    row = sample.model_dump(mode="json", include={"input", "choices", "target"})
    group = (sample.metadata or {}).get(cluster) if cluster else None
    return msgspec.json.encode({**row, "id": name, "metadata": {} if group is None else {"cluster": group}})


def _channels(found: list[tuple[str, bool]]) -> tuple[Channel, ...]:
    """A channel for each score; one from 0 to 1 where the task takes its accuracy, else on a scale of its own."""
    kinds = [("exchange.score" if marks else "exchange.value", name) for name, marks in found]
    return tuple(
        Channel(
            measurand=kind if len(kinds) == 1 else f"{kind}:{name}",
            instrument=PartUse(part="exchange.as_scored", settings={"score": name}),
        )
        for kind, name in kinds
    )
