"""What requests cost: tokens, money, time."""

from pathlib import Path
from typing import Any, Final, NamedTuple

from assay.api.judging.preview import JudgePreview
from assay.api.measure import preview
from assay.api.measurement import Measurement
from assay.api.planning.pilot import Seen
from assay.api.planning.scene import Assumed
from assay.line.observe import Price
from assay.vocabulary.plan_record import Origin
from assay.vocabulary.protocols import Asks
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

_CONNECTIONS: Final = 16


class Bill(NamedTuple):
    """What one request costs.

    Attributes:
        systems: 2 where two systems are compared, else 1.
        input_tokens: per request; None where not known.
        output_tokens: per request; None where not known.
        tokens_origin: where they are from.
        price: the price table; None without one.
        latency_s: seconds per request; None where not known.
        connections: requests under way at once.
        judges: what judges are asked about all items of the file once; empty where nobody is.
        readings: how many readings that is.
        label_cost: cost of one verdict by people, as the user states it; None where not known.
    """

    systems: int
    input_tokens: float | None
    output_tokens: float | None
    tokens_origin: Origin
    price: Price | None
    latency_s: float | None
    connections: int
    judges: tuple[JudgePreview, ...] = ()
    readings: int = 1
    label_cost: float | None = None

    @property
    def judge_cost(self) -> float | None:
        """Cost of the judges for one reading; 0 without judges, None where one has no price or another currency."""
        currency = self.price.currency if self.price else self.judges[0].currency if self.judges else ""
        costs = [one.cost for one in self.judges]
        if None in costs or any(one.currency != currency for one in self.judges):
            return None
        return sum(cost for cost in costs if cost is not None) / max(1, self.readings)

    def of(self, readings: int) -> dict[str, Any]:
        """Requests, tokens, cost and time of so many readings of each system."""
        n = readings * self.systems
        tokens = cost = None
        if self.input_tokens is not None and self.output_tokens is not None:
            usage = {"input_tokens": round(n * self.input_tokens), "output_tokens": round(n * self.output_tokens)}
            tokens = sum(usage.values())
            cost = self.price.cost(usage) if self.price else None
            if cost is not None:
                cost = None if self.judge_cost is None else cost + n * self.judge_cost
        time = None if self.latency_s is None else n * self.latency_s / min(self.connections, max(1, n))
        return {"requests": n, "tokens": tokens, "cost": cost, "time_s": time}


def bill(
    measurement: Measurement, found: Seen | None, given: Assumed, two: bool,
    where: tuple[str | Path | dict[str, Json], str | Path],
) -> tuple[Bill, list[Note]]:  # fmt: skip
    """What one request costs, as far as it is known.

    Args:
        measurement: what is planned.
        found: the pilot, which counted.
        given: what the user states; it goes before all else.
        two: whether two systems are to be measured.
        where: the measurement file and the laboratory, to look at the prompts.
    """
    notes = []
    asked, answered, origin = _tokens(measurement, found, given, where)
    if origin == "default" and asked is not None:
        notes.append(Note(code="tokens_estimated" if answered is not None else "tokens_unknown"))
    if measurement.price is None and asked is not None:
        notes.append(Note(code="no_price"))
    latency = given.latency_s if given.latency_s is not None else found.latency_s if found else None
    connections = given.connections or measurement.recipe.limits.max_connections
    if latency is None:
        notes.append(Note(code="no_latency"))
    elif connections is None:
        notes.append(Note(code="connections_assumed", values={"n": _CONNECTIONS}))
    made = Bill(2 if two else 1, asked, answered, origin, measurement.price, latency, connections or _CONNECTIONS)
    if any(isinstance(instrument, Asks) for instrument in measurement.recipe.instruments.values()):
        looked = preview(*where)
        made = made._replace(judges=looked.judges, readings=looked.requests, label_cost=given.label_cost)
    return made, notes


def _tokens(
    measurement: Measurement, found: Seen | None, given: Assumed, where: tuple[Any, str | Path]
) -> tuple[float | None, float | None, Origin]:
    asked, answered = given.input_tokens, given.output_tokens
    if asked is not None and answered is not None:
        return asked, answered, "given"
    if found is not None and found.input_tokens is not None:
        output = found.output_tokens or 0.0
        return (found.input_tokens if asked is None else asked), (output if answered is None else answered), "pilot"
    identity = measurement.subject.identity()
    if measurement.price is None and "model" not in identity:
        return None, None, "default"
    if asked is None:
        looked = preview(*where)
        asked = looked.input_tokens / max(1, looked.requests)
    if answered is None:
        longest = identity.get("max_tokens") or identity.get("max_completion_tokens")
        answered = float(longest) if longest else None
    return asked, answered, "default"
