"""Runs a task of lm-evaluation-harness on our subject: its prompts, its filters, its metrics."""

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from assay.packs.exchange._inspect_task import chosen
from assay.packs.exchange._lm_eval_process import TOOL, Scorer, installed, plan
from assay.vocabulary.canonical import digest, digest_bytes, row_bytes
from assay.vocabulary.errors import BadInput, Permanent
from assay.vocabulary.imported import Told
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Channel, Limits, PartUse, Variant
from assay.vocabulary.protocols import Brought, Subject
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

_PART: Final = "exchange.lm_eval"
_WHERE: Final = "[procedure]"
_PUT: Final = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
_MARKS: Final = ("acc", "acc_norm", "acc_mutual_info", "exact_match", "f1", "em", "mc1", "mc2", "likelihood_diff_acc")
"""Metrics of lm-eval that lie from 0 to 1 for each document."""
_DEFAULT_LENGTH: Final = 256  # tokens; what lm-eval asks of an endpoint where a task says nothing
_MOST_FILES: Final = 10_000


class _Doc(NamedTuple):
    """A document: where lm-eval has it, what the subject is asked, and how many replies lm-eval wants."""

    task: str
    doc: int
    put: dict[str, Json]
    replies: int


@dataclass
class _Line:
    """What ``bring`` finds and ``open`` makes."""

    docs: dict[str, _Doc] = field(default_factory=dict)
    folder: Path = Path()
    told: Callable[[bytes], Told] | None = None
    scorer: Scorer | None = None


@dataclass(frozen=True)
class LmEval:
    """A task of lm-evaluation-harness as the rig: it makes the prompts, our subject answers, it scores.

    lm-eval runs in a process of its own and asks nobody: prompts come from it, replies go to it as they come. Tasks
    that need log-probabilities of the prompt (``multiple_choice``, ``loglikelihood``) cannot be run, as no subject
    gives them. Needs the extra ``lm-eval``.

    Attributes:
        task: name of a task or a group of tasks.
        include_path: folder with more tasks (YAML).
        chat: whether prompts are messages; without it, text, as for models without a chat template.
        system: what lm-eval is to put before everything else.
        num_fewshot: number of examples before each question; the task's own without it.
        sample: so many items, drawn at random from the task's; all without it.
        sample_timeout_s: seconds after which a document is given up as failed.
        tool_version: version of lm-eval; found out.
        source: digest of the task's settings and of the files in ``include_path``; found out.
    """

    task: str
    include_path: str = ""
    chat: bool = True
    system: str = ""
    num_fewshot: int | None = None
    sample: int | None = None
    sample_timeout_s: float = 3600.0
    tool_version: str = ""
    source: str = ""

    tool: ClassVar[str] = "lm_eval"

    @property
    def trial_timeout_s(self) -> float:
        """Seconds allowed to one trial."""
        return self.sample_timeout_s

    def bring(self, folder: Path, told: Callable[[bytes], Told]) -> Brought:
        """Let lm-eval load the task and make its prompts.

        Raises:
            BadInput: lm-eval is not installed or too old, there is no such task, its data are missing, or it is of a
                kind that cannot be run here.
        """
        self._check()
        version = installed()
        folder = folder.resolve()
        found = plan(self._load(folder), folder, self._unusable)
        self._check_kinds(found)
        docs, rows = self._documents(found)
        names = list(docs)
        if self.sample is not None:
            names = [names[place] for place in chosen(self.sample, names)]
        files = list(_files(folder / self.include_path)) if self.include_path else []
        source = digest([[[name, one["scores"], one["version"], _asks(one)] for name, one in found.items()], files])
        ready = dataclasses.replace(self, tool_version=version, source=source)
        ready._line.docs, ready._line.folder, ready._line.told = {name: docs[name] for name in names}, folder, told
        said = {name: told(msgspec.json.encode([rows[name]])).item for name in names}
        items = tuple(
            msgspec.structs.replace(said[name], id=name, stimulus=_shown(docs[name].put)) for name in names
        )
        material = Material(
            name=self.task, items=items, version=",".join(sorted({str(task["version"]) for task in found.values()})),
            source=f"{self.task} ({len(names)} of {len(docs)} documents)" if self.sample is not None else self.task,
        )  # fmt: skip
        notes = [Note(code="foreign", values={"tool": f"{TOOL} {version}", "task": self.task, "source": source})]
        if left := sorted(_left_out(found)):
            notes.append(Note(code="foreign.not_put", values={"names": ", ".join(left)}))
        scores = list(dict.fromkeys(score for task in found.values() for score in task["scores"]))
        return Brought(
            bench=ready, use=PartUse(part=_PART, settings=ready._settings()), material=material,
            channels=_channels(scores), repeats=1, notes=tuple(notes), complete=True,
        )  # fmt: skip

    def stimulus(self, item: Item, variant: Variant) -> Json:
        """What the item is, and the digest of the rig that puts it: another task, version or setting asks anew."""
        return {"input": item.stimulus, "rig": self._rig}

    async def open(self, limits: Limits) -> None:
        """Start lm-eval."""
        line = self._line
        assert line.told is not None, "bring() comes before open()"
        line.scorer = Scorer(self._load(line.folder), line.folder, line.told)
        await line.scorer.open()

    async def run(self, trial: Trial, stimulus: Json, subject: Subject) -> Response:
        """Ask the subject as often as the task wants replies to a document, and have them scored."""
        line = self._line
        assert line.scorer is not None, "open() comes before run()"
        doc = line.docs[trial.item.id]
        had: list[Response] = []
        for nth in range(doc.replies):
            one = await subject.respond(doc.put, trial.seed if nth == 0 else _seed(trial.seed, nth))
            if one.status == "subject_failed":
                raise Permanent(one.note or "the subject gave no reason")
            had.append(one)
        usage: Counter[str] = Counter()
        for one in had:
            usage.update(one.usage)
        refused = next((one for one in had if one.status == "refused"), None)
        made = refused or await line.scorer.score(doc.task, doc.doc, [_text(one.output) for one in had])
        cut = next((one.finish for one in had if one.finish == "length"), had[-1].finish)
        times = [one.latency_s for one in had if one.latency_s is not None]
        return msgspec.structs.replace(
            made, usage=dict(usage), served=had[-1].served, finish=cut, at_s=had[-1].at_s,
            latency_s=sum(times) if times else None,
        )  # fmt: skip

    async def close(self) -> None:
        """End lm-eval."""
        scorer, self._line.scorer = self._line.scorer, None
        if scorer is not None:
            await scorer.close()

    @cached_property
    def _line(self) -> _Line:
        return _Line()

    @cached_property
    def _rig(self) -> str:
        return digest([_PART, self._settings()])[:16]

    def _settings(self) -> dict[str, Json]:
        """The settings that make the task what it is; the clock of a trial and the choice of items do not."""
        left = {one.name: one.default for one in dataclasses.fields(self)}
        every = {name: getattr(self, name) for name in left if name not in ("sample_timeout_s", "sample")}
        return {name: value for name, value in every.items() if value != left[name]}

    def _load(self, folder: Path) -> dict[str, Json]:
        path = str(folder / self.include_path) if self.include_path else ""
        return {"task": self.task, "include_path": path, "chat": self.chat, "system": self.system,
                "num_fewshot": self.num_fewshot}  # fmt: skip

    def _documents(self, found: dict[str, Any]) -> tuple[dict[str, _Doc], dict[str, dict[str, Any]]]:
        """Every document by the name of its item, and its row."""
        docs, rows = {}, {}
        for task, about in found.items():
            for row in about["rows"]:
                name = str(row["doc_id"]) if len(found) == 1 else f"{task}/{row['doc_id']}"
                asked = row["arguments"]["gen_args_0"]
                docs[name] = _Doc(task, row["doc_id"], _put(asked["arg_0"], asked["arg_1"], self.chat), row["repeats"])
                rows[name] = row
        if not docs:
            raise self._unusable("it has no documents")
        return docs, rows

    def _check(self) -> None:
        for key, least in (("sample", 1), ("num_fewshot", 0)):
            value = getattr(self, key)
            if value is not None and value < least:
                raise BadInput("setting.value", where=_WHERE, key=key, got=repr(value),
                               expected=f"a whole number, {least} or more")  # fmt: skip
        if self.sample_timeout_s <= 0:
            raise BadInput("setting.value", where=_WHERE, key="sample_timeout_s", got=repr(self.sample_timeout_s),
                           expected="seconds, more than 0")  # fmt: skip

    def _check_kinds(self, found: dict[str, Any]) -> None:
        for name, task in found.items():
            if task["output_type"] != "generate_until":
                raise BadInput("foreign.logprobs", where=_WHERE, task=name, kind=task["output_type"])
            if task["unsafe"]:
                raise self._unusable(f"{name} runs what the model writes, outside of any sandbox")

    def _unusable(self, reason: str) -> BadInput:
        return BadInput("foreign.task", where=_WHERE, task=self.task, reason=reason)


def _put(prompt: str, asked: dict[str, Any], chat: bool) -> dict[str, Json]:
    """What the subject is asked, as lm-eval asks endpoints: temperature 0, 256 tokens where the task says nothing."""
    made: dict[str, Json] = {"messages": json.loads(prompt)} if chat else {"prompt": prompt}
    made["temperature"] = asked.get("temperature", 0)
    made["max_tokens"] = asked.get("max_tokens", asked.get("max_gen_toks", _DEFAULT_LENGTH))
    until = asked.get("until") or []
    stop = [until] if isinstance(until, str) else [text for text in until if text]
    if stop:
        made["stop"] = stop
    return {**made, **{name: asked[name] for name in _PUT if asked.get(name) is not None}}


def _asks(task: dict[str, Any]) -> list[Json]:
    """How a task wants answers generated, each way once."""
    found: dict[str, Json] = {}
    for row in task["rows"]:
        asked = row["arguments"]["gen_args_0"]["arg_1"]
        found[json.dumps(asked, sort_keys=True, default=str)] = asked
    return [found[key] for key in sorted(found)]


def _left_out(found: dict[str, Any]) -> set[str]:
    """Names of what a task asks for and cannot be put."""
    known = {"max_tokens", "max_gen_toks", "until", "do_sample", *_PUT}
    return {name for task in found.values() for asked in _asks(task) for name in asked if name not in known}


def _shown(put: dict[str, Json]) -> Json:
    """A prompt as an item shows it: text where it is one message of the user."""
    messages = put.get("messages")
    if messages is None:
        return put["prompt"]
    only = messages[0] if len(messages) == 1 else {}
    return only["content"] if only.get("role") == "user" else messages


def _text(output: Json) -> str:
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)


def _seed(seed: int, nth: int) -> int:
    return int.from_bytes(hashlib.blake2b(row_bytes([seed, nth]), digest_size=8).digest(), "big") % 2**31


def _files(folder: Path) -> Iterator[list[str]]:
    """The files of a folder of tasks, each with its digest."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml", ".py") and path.is_file())
    for path in found[:_MOST_FILES]:
        yield [path.relative_to(folder).as_posix(), digest_bytes(path.read_bytes())]


def _channels(scores: list[str]) -> tuple[Channel, ...]:
    """A channel for each score: from 0 to 1 where lm-eval's metric is known to be, else on a scale of its own."""
    kinds = [
        ("exchange.score" if name.partition(",")[0] in _MARKS or name.partition(",")[0].endswith("_acc")
         else "exchange.value", name)
        for name in scores
    ]  # fmt: skip
    return tuple(
        Channel(
            measurand=kind if len(kinds) == 1 else f"{kind}:{name}",
            instrument=PartUse(part="exchange.as_scored", settings={"score": name}),
        )
        for kind, name in kinds
    )
