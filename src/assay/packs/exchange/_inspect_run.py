"""One evaluation of Inspect that lasts as long as a run: samples are fed to it as we ask, and come back as they end.

Everything here runs in the loop of the engine, inside Inspect's own task; only ``inspect_ai`` is imported, and this
module is imported only where it is installed.
"""

import asyncio
import contextvars
import hashlib
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import msgspec
from inspect_ai import SampleSource, enqueue_sample, eval_async, task_with
from inspect_ai.log._samples import sample_active  # the only way to know which sample asks
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    get_model,
    modelapi,
)
from inspect_ai.tool import ToolCall
from inspect_ai.util._display import init_display_type  # it has no public name outside of eval()

from assay.packs.exchange._inspect_messages import calls_in, stimulus, stop_reason
from assay.vocabulary.canonical import row_bytes
from assay.vocabulary.errors import CannotMeasure, Fatal, Permanent, Signal, Transient
from assay.vocabulary.imported import Told
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Limits
from assay.vocabulary.protocols import Subject
from assay.vocabulary.record import Json

_MANY: Final = 100_000  # samples and connections at once: the engine bounds them, not Inspect
_READ: Final = {
    "id", "epoch", "input", "choices", "target", "scores", "output", "metadata", "working_time", "completed_at",
    "error", "limit", "invalidation", "attachments",
}  # fmt: skip
_FIRST_WAIT_S: Final = 0.25
_LONGEST_WAIT_S: Final = 30.0


class _Asking:
    """One trial under way: who is asked, and what was had from it so far."""

    def __init__(self, trial: Trial, subject: Subject) -> None:
        self.trial = trial
        self.subject = subject
        self.ended: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.usage: Counter[str] = Counter()
        self.served: dict[str, str] = {}
        self.same: Counter[bytes] = Counter()
        self.answers = 0
        self.trouble: Signal | None = None

    def seed(self, put: Json) -> int:
        """The seed of one request: of the trial, of what is asked, and of how often the same was asked before."""
        what = hashlib.blake2b(row_bytes(put), digest_size=16).digest()
        self.same[what] += 1
        stem = row_bytes([self.trial.seed, what.hex(), self.same[what]])
        return int.from_bytes(hashlib.blake2b(stem, digest_size=8).digest(), "big") % 2**31

    async def ask(self, put: Json, limits: Limits) -> Response:
        """Ask the subject. Its first request is not repeated here: the engine, which sees all trials, does that."""
        seed = self.seed(put)
        attempt = 0
        while True:
            attempt += 1
            if self.ended.done():
                raise Permanent("nobody waits for this trial any more")
            try:
                response = await self.subject.respond(put, seed)
            except Transient as signal:
                asked_s = signal.retry_after_s or 0.0
                if not self.answers or attempt > limits.retries or asked_s > limits.max_retry_after_s:
                    raise
                wait_s = min(_FIRST_WAIT_S * 2.0 ** (attempt - 1), _LONGEST_WAIT_S)
                await asyncio.sleep(max(asked_s, wait_s * random.uniform(0.5, 1.5)))  # in time only
                continue
            if response.status == "subject_failed":
                raise Permanent(response.note or "the subject gave no reason")
            self.answers += 1
            self.usage.update(response.usage)
            self.served = response.served or self.served
            return response


@modelapi(name="assay")
class _Ours(ModelAPI):  # type: ignore[misc]
    """The subject as a model of Inspect; nothing leaves this process but by the subject."""

    run: "InspectRun"

    async def generate(self, input: Any, tools: Any, tool_choice: Any, config: GenerateConfig) -> ModelOutput:
        """Ask once, for the sample that asks."""
        active = sample_active()
        asking = None if active is None else self.run.waiting.get((str(active.sample.id), active.epoch))
        if asking is None:
            raise Permanent("the model was asked outside of any sample")
        try:
            response = await asking.ask(stimulus(input, tools, tool_choice, config), self.run.limits)
        except Signal as signal:
            asking.trouble = signal
            raise
        return _output(self.model_name, response)

    def should_retry(self, ex: Exception) -> bool:
        """Never: that is done before, or by the engine."""
        return False

    def max_connections(self) -> int:
        """The engine bounds them."""
        return _MANY

    async def count_text_tokens(self, text: str) -> int:
        """About four characters to a token: a tokenizer would have to be fetched from the network."""
        return -(-len(text) // 4)


def _output(model: str, response: Response) -> ModelOutput:
    text, calls = calls_in(response.output)
    made = [
        ToolCall(id=str(c["id"]), function=str(c["function"]), arguments=c["arguments"], parse_error=c["error"])
        for c in calls
    ]
    message = ChatMessageAssistant(content=text, tool_calls=made or None, model=model, source="generate")
    asked, said = response.usage.get("input_tokens", 0), response.usage.get("output_tokens", 0)
    choice = ChatCompletionChoice(message=message, stop_reason=stop_reason(response, bool(made)))
    return ModelOutput(
        model=response.served.get("model", model), choices=[choice], time=response.latency_s,
        usage=ModelUsage(input_tokens=asked, output_tokens=said, total_tokens=asked + said),
    )  # fmt: skip


class _Feed(SampleSource):  # type: ignore[misc]
    """What Inspect asks for more samples, and tells when one has ended."""

    def __init__(self, run: "InspectRun") -> None:
        self.run = run
        self.ready = asyncio.Event()
        self.more = asyncio.Event()
        self.over = False
        self.inside: contextvars.Context | None = None

    async def next_samples(self) -> list[Any] | None:
        """Wait until there are more; the first call opens the way for them."""
        self.inside = contextvars.copy_context()
        self.ready.set()
        await self.more.wait()
        self.more.clear()
        return None if self.over else []

    async def sample_complete(self, sample: Any) -> list[Any] | None:
        """Hand a sample that has ended to whoever waits for it."""
        asking = self.run.waiting.pop((str(sample.id), sample.epoch), None)
        if asking is not None and not asking.ended.done():
            asking.ended.set_result(sample)
        return None

    async def sample_abandoned(self, sample: Any, epoch: int) -> list[Any] | None:
        """Tell whoever waits for it that nothing will come."""
        asking = self.run.waiting.pop((str(sample.id), epoch), None)
        if asking is not None and not asking.ended.done():
            asking.ended.set_exception(Permanent("Inspect has cancelled the sample"))
        return None


class InspectRun:
    """An evaluation under way.

    Args:
        task: Inspect's task.
        samples: its samples by the id of our items.
        told: reads a sample of Inspect's log.
        options: for ``eval_async``, besides what is ours to say.
    """

    def __init__(
        self, task: Any, samples: dict[str, Any], told: Callable[[bytes], Told], options: dict[str, Any]
    ) -> None:
        self.task, self.samples, self.told, self.options = task, samples, told, options
        self.waiting: dict[tuple[str, int], _Asking] = {}
        self.limits = Limits()
        self._attempts: Counter[tuple[str, int]] = Counter()
        self._feed: _Feed | None = None
        self._evaluation: asyncio.Task[Any] | None = None
        self._logs: tempfile.TemporaryDirectory[str] | None = None

    async def open(self, limits: Limits) -> None:
        """Begin the evaluation; it waits for samples.

        Raises:
            CannotMeasure: Inspect does not begin it (its sandbox cannot be had, another evaluation is under way).
        """
        self.limits = limits
        self._feed = _Feed(self)
        init_display_type("none")
        self._logs = tempfile.TemporaryDirectory(prefix="assay-inspect-", ignore_cleanup_errors=True)
        model = get_model("assay/subject", memoize=False)
        model.api.run = self
        task = task_with(self.task, dataset=self._feed, model=model, fail_on_error=False, epochs=1,
                         early_stopping=None)  # fmt: skip
        self._evaluation = asyncio.ensure_future(eval_async(
            task, model=model, log_dir=self._logs.name, log_samples=False, log_realtime=False, log_images=False,
            log_level="error", score_display=False, fail_on_error=False, max_samples=_MANY, max_connections=_MANY,
            adaptive_connections=False, **self.options,
        ))  # fmt: skip
        ready = asyncio.ensure_future(self._feed.ready.wait())
        await asyncio.wait({self._evaluation, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._evaluation.done():
            raise self._ended()
        self._evaluation.add_done_callback(self._give_up)

    async def run(self, trial: Trial, subject: Subject) -> Response:
        """One sample, from its first message to its scores."""
        assert self._feed is not None and self._evaluation is not None and self._feed.inside is not None
        if self._evaluation.done():
            raise Fatal(self._ended())
        place = (trial.item.id, trial.repeat)
        self._attempts[place] += 1
        attempt = self._attempts[place]
        name = trial.item.id if attempt == 1 else f"{trial.item.id} (attempt {attempt})"
        asking = _Asking(trial, subject)
        self.waiting[name, trial.repeat] = asking
        sample = self.samples[trial.item.id].model_copy(update={"id": name}, deep=True)
        self._feed.inside.run(enqueue_sample, [sample], epoch=trial.repeat)
        self._feed.more.set()
        try:
            return self._response(asking, await asking.ended)
        finally:
            asking.ended.cancel()

    def _response(self, asking: _Asking, sample: Any) -> Response:
        """What a sample that has ended says; raises what kept the subject from answering."""
        if sample.error is not None and asking.trouble is not None:
            raise asking.trouble
        answered = sample.output is not None and bool(sample.output.choices)
        if answered and not asking.answers and sample.error is None:
            raise Permanent("the task gave an output without asking the subject (a cache, or another model)")
        try:  # a score may be NaN, which JSON cannot hold and msgspec writes as null
            told = self.told(msgspec.json.encode(sample.model_dump(mode="json", include=_READ))).response
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise Permanent(f"Inspect's account of the sample cannot be read: {error}") from error
        return msgspec.structs.replace(
            told, usage={name: n for name, n in asking.usage.items() if n}, served=asking.served
        )

    def _give_up(self, evaluation: "asyncio.Task[Any]") -> None:
        """Inspect has ended before its time: whoever waits is told why."""
        if self._feed is not None and self._feed.over:
            return
        for asking in self.waiting.values():
            if not asking.ended.done():
                asking.ended.set_exception(Fatal(self._ended()))
        self.waiting.clear()

    def _ended(self) -> CannotMeasure:
        assert self._evaluation is not None
        reason = "it was cancelled"
        if not self._evaluation.cancelled():
            error = self._evaluation.exception()
            logs = [] if error is not None else self._evaluation.result()
            failed = next((log.error for log in logs if log.error is not None), None)
            reason = str(error) if error is not None else failed.message if failed is not None else "it has ended"
        return CannotMeasure("foreign.ended", tool="Inspect AI", reason=" ".join(reason.split())[:500])

    async def close(self) -> None:
        """End the evaluation: what is under way is cancelled, its sandboxes are taken down."""
        if self._feed is not None and self._evaluation is not None:
            self._feed.over = True
            self._feed.more.set()
            if self.waiting:
                self._evaluation.cancel()
            await asyncio.wait({self._evaluation})
            if not self._evaluation.cancelled():
                self._evaluation.exception()
        if self._logs is not None:
            self._logs.cleanup()
