"""The metrics that inference engines publish: which of them matter, and what the pages of a run say together.

* vLLM: ``num_requests_waiting``, ``num_requests_running``, ``kv_cache_usage_perc`` (older: ``gpu_cache_usage_perc``),
  ``num_preemptions_total``, and the sums and counts of ``request_{queue,prefill,decode}_time_seconds``.
* SGLang: ``num_queue_reqs``, ``num_running_reqs``, ``token_usage``, ``num_retracted_reqs`` (a gauge, here the greatest
  number at a time; newer also ``num_retracted_requests_total``), ``queue_time_seconds``.
* llama.cpp: ``requests_deferred``, ``requests_processing``, ``n_busy_slots_per_decode`` with ``n_decode_total`` (it is
  a mean since the server was started; that of the run is made from both), ``prompt_seconds_total`` (of the steps with
  prompts in them, not of requests), ``tokens_predicted_seconds_total`` (of requests, added when one is over),
  ``prompt_tokens_total`` (without those from its cache), ``tokens_predicted_total``. Six digits of each are printed.

Values of several engines behind one page are added, but for the share of a cache (the greatest), and for ranks that
hold the same requests together (``tp_rank``, ``pp_rank``, ``moe_ep_rank``: the greatest). Where SGLang schedules by
priority, its total (``priority=""``) counts, and not the parts beside it.

Source: docs.vllm.ai "Production Metrics" (v0.32), docs.sglang.io "Production Metrics", SGLang
observability/metrics_collector.py, llama.cpp tools/server/README.md and server-task.cpp (0c1e570).
"""

import math
from collections.abc import Iterable
from contextlib import suppress
from typing import Final, Literal, get_args

from assay.vocabulary.record import Record

Role = Literal["sum", "greatest", "counter", "since start"]
Engine = Literal["vllm", "sglang", "llamacpp"]

NAMES: Final[dict[str, tuple[str, Role]]] = {
    "vllm:num_requests_waiting": ("waiting", "sum"),
    "vllm:num_requests_running": ("running", "sum"),
    "vllm:kv_cache_usage_perc": ("cache", "greatest"),
    "vllm:gpu_cache_usage_perc": ("cache", "greatest"),
    "vllm:num_preemptions_total": ("preemptions", "counter"),
    "vllm:request_queue_time_seconds_sum": ("queue_s", "counter"),
    "vllm:request_queue_time_seconds_count": ("queue_n", "counter"),
    "vllm:request_prefill_time_seconds_sum": ("prefill_s", "counter"),
    "vllm:request_prefill_time_seconds_count": ("prefill_n", "counter"),
    "vllm:request_decode_time_seconds_sum": ("decode_s", "counter"),
    "vllm:request_decode_time_seconds_count": ("decode_n", "counter"),
    "vllm:prompt_tokens_total": ("prompt_tokens", "counter"),
    "vllm:generation_tokens_total": ("output_tokens", "counter"),
    "sglang:num_queue_reqs": ("waiting", "sum"),
    "sglang:num_running_reqs": ("running", "sum"),
    "sglang:token_usage": ("cache", "greatest"),
    "sglang:num_retracted_reqs": ("retracted", "sum"),
    "sglang:num_retracted_requests_total": ("preemptions", "counter"),
    "sglang:queue_time_seconds_sum": ("queue_s", "counter"),
    "sglang:queue_time_seconds_count": ("queue_n", "counter"),
    "sglang:prompt_tokens_total": ("prompt_tokens", "counter"),
    "sglang:generation_tokens_total": ("output_tokens", "counter"),
    "llamacpp:requests_deferred": ("waiting", "sum"),
    "llamacpp:requests_processing": ("running", "sum"),
    "llamacpp:n_busy_slots_per_decode": ("busy_slots", "since start"),
    "llamacpp:n_decode_total": ("decodes", "counter"),
    "llamacpp:prompt_seconds_total": ("prefill_s", "counter"),
    "llamacpp:tokens_predicted_seconds_total": ("decode_s", "counter"),
    "llamacpp:prompt_tokens_total": ("prompt_tokens", "counter"),
    "llamacpp:tokens_predicted_total": ("output_tokens", "counter"),
}
"""Metric to what it is called here, and how values of several label sets become one."""

ENGINES: Final[tuple[Engine, ...]] = get_args(Engine)
"""What the names of metrics begin with."""

_WANTED: Final = frozenset(name.encode() for name in NAMES)
_RANKS: Final = frozenset(("tp_rank", "pp_rank", "moe_ep_rank"))
_MOST_LINE: Final = 2048
_MOST_LINES: Final = 512
_DIGITS: Final = 6  # that llama.cpp prints of a number
_KNOWN_TO: Final = 0.05  # of a difference: what the digits that are not printed may amount to


class Gauge(Record, kw_only=True):
    """A value over the run: mean and greatest of the scrapes, and how many told it."""

    mean: float
    greatest: float
    n: int


def wanted(page: bytes) -> list[bytes]:
    """The lines of metrics that matter; at most 512, none longer than 2048 bytes, and only ASCII."""
    kept = list[bytes]()
    for line in page.split(b"\n"):
        name = line[:64].split(b"{", 1)[0].split(b" ", 1)[0]
        if name in _WANTED and len(line) <= _MOST_LINE and line.isascii() and len(kept) < _MOST_LINES:
            kept.append(line)
    return kept


def read(lines: list[bytes]) -> dict[str, float]:
    """One page: names as here to values; a line that cannot be read, or is no finite number, is left out."""
    if not lines:
        return {}
    from prometheus_client.parser import text_string_to_metric_families

    ranks: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for line in lines:
        with suppress(ValueError, OverflowError):
            for family in text_string_to_metric_families(line.decode() + "\n"):
                for sample in family.samples:
                    value = float(sample.value)
                    if sample.name in NAMES and math.isfinite(value) and value >= 0:
                        labels = tuple(sorted(item for item in sample.labels.items() if item[0] not in _RANKS))
                        key = (sample.name, labels)
                        ranks[key] = max(value, ranks.get(key, 0.0))
    totals = {(name, _but_priority(labels)) for name, labels in ranks if ("priority", "") in labels}
    found: dict[str, float] = {}
    for (name, labels), value in ranks.items():
        ours, role = NAMES[name]
        if ("priority", "") not in labels and (name, _but_priority(labels)) in totals:
            continue
        found[ours] = max(value, found.get(ours, 0.0)) if role == "greatest" else value + found.get(ours, 0.0)
    return found


def _but_priority(labels: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(item for item in labels if item[0] != "priority")


def _named(*roles: Role) -> list[str]:
    """What metrics of these roles are called here, each once."""
    return list(dict.fromkeys(ours for ours, role in NAMES.values() if role in roles))


def gauged(pages: list[dict[str, float]]) -> dict[str, Gauge]:
    """Mean and greatest of what can be told at any time; busy slots are no such thing."""
    found: dict[str, Gauge] = {}
    for name in _named("sum", "greatest"):
        values = [page[name] for page in pages if name in page]
        mean = math.fsum(values) / len(values) if values else math.inf
        if math.isfinite(mean):
            found[name] = Gauge(mean=mean, greatest=max(values), n=len(values))
    return found


def counted(
    pages: list[dict[str, float]], engine: Engine | None
) -> tuple[dict[str, float], tuple[str, ...], tuple[str, ...]]:
    """Differences from the first page to the last, and the names of those not known.

    Returns:
        Name to difference; names of counters that went back; names of those whose printed digits do not tell it.
    """
    counters: dict[str, float] = {}
    reset, coarse = list[str](), list[str]()
    for name in _named("counter"):
        values = [page[name] for page in pages if name in page]
        if any(later < before for before, later in zip(values, values[1:], strict=False)):
            reset.append(name)
        elif len(values) >= 2 and (engine != "llamacpp" or _resolved(values[0], values[-1])):
            counters[name] = values[-1] - values[0]
        elif len(values) >= 2:
            coarse.append(name)
    return counters, tuple(reset), tuple(coarse)


def _resolved(before: float, later: float) -> bool:
    """Whether what was cut off two numbers is little beside their difference; short whole numbers are printed whole."""
    if later < 10**_DIGITS and before.is_integer() and later.is_integer():
        return True
    lost = sum(10.0 ** (math.floor(math.log10(end)) + 1 - _DIGITS) / 2 for end in (before, later) if end > 0)
    return lost <= _KNOWN_TO * (later - before)


def busy_slots(pages: list[dict[str, float]]) -> Gauge | None:
    """Busy slots a step of decoding during a run, from a mean and a number of steps since the server was started.

    Args:
        pages: those of the run.
    Returns:
        Of all steps between the first page and the last, the greatest of those between two pages; None where the pages
        do not tell it.
    """
    told = [(page["decodes"], page["busy_slots"]) for page in pages if {"decodes", "busy_slots"} <= page.keys()]
    pairs = list(zip(told, told[1:], strict=False))
    whole = _between(told[0], told[-1]) if len(told) > 1 else None
    if whole is None or any(later[0] < before[0] for before, later in pairs):
        return None
    known = [part for pair in pairs if (part := _between(*pair)) is not None]
    return Gauge(mean=whole, greatest=max([whole, *known]), n=len(known))


def _between(before: tuple[float, float], later: tuple[float, float]) -> float | None:
    """The mean over the steps between two pages; None where the digits that are printed do not tell it."""
    sums = (before[0] * before[1], later[0] * later[1])
    steps, busy = later[0] - before[0], sums[1] - sums[0]
    lost = 10.0 ** (1 - _DIGITS) * sum(sums)  # half a unit of the last digit, of two factors, at its worst
    return busy / steps if steps > 0 and lost <= _KNOWN_TO * busy else None
