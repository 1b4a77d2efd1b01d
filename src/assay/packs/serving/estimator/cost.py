"""What a million tokens, or a request, cost on a server that is paid by the hour."""

import re
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from assay.packs.general.estimator.mean import empty
from assay.packs.serving._client import Client
from assay.packs.serving._result import budget, check_plan, for_load, forewarned, said, series, told
from assay.uncertainty.coverage import quantile
from assay.uncertainty.one_sided import risks
from assay.uncertainty.queueing.latency import Latency, mean
from assay.uncertainty.servers.comparing import Ends, ratio
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.record import Record
from assay.vocabulary.result import Note, Result

_CURRENCY: Final = re.compile("[A-Z]{3}")


class Price(Record, kw_only=True):
    """What a server costs.

    Attributes:
        per_hour: price of an hour of everything that serves, above 0.
        u: its standard uncertainty, in the same currency.
        currency: three capital letters, as in ISO 4217: ``USD``; nothing is converted.
    """

    per_hour: float
    currency: str
    u: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.per_hour > 0 or self.u < 0:
            raise ValueError("per_hour above 0, and u of 0 or more")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError('a currency of three capital letters (ISO 4217), such as "USD"')


@dataclass(frozen=True)
class Cost:
    """Price per hour by what is delivered in an hour, from readings of tokens or requests a second.

    Attributes:
        price: what the server costs.
        per: ``million_tokens`` where the readings are tokens a second, ``request`` where they are requests.
        client: the account of the restarts; filled in.
    """

    price: Price
    per: Literal["million_tokens", "request"] = "million_tokens"
    client: Client | None = None

    def check(self, task: Task, material: Material) -> None:
        """Refuse designs that a load cannot have.

        Raises:
            BadInput: several variants, a run that may end early, or items of different weight.
        """
        check_plan("serving.cost", task, material)

    def forewarned(self, planned: int) -> Note | None:
        """Too few requests for an interval."""
        return forewarned(planned)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result, in the currency of the price, with rows for throughput and price.

        Source: ``uncertainty/servers/comparing.py``: a ratio of two intervals.
        """
        blank = empty(task, observations, material)
        given = series(observations, None)
        if not given:
            return blank
        of = for_load(mean, self.client)
        rate = of(given, task.plan.level)
        currency = Note(code="serving.currency", values={"currency": self.price.currency})
        notes = (*said(rate), *told(self.client), currency)
        if not rate.value:
            return msgspec.structs.replace(blank, notes=(*blank.notes, Note(code="serving.nothing_delivered"), *notes))
        scale = 1e6 if self.per == "million_tokens" else 1.0
        value = self.price.per_hour / 3600 / rate.value * scale
        at = msgspec.structs.replace(blank, value=value, n_effective=rate.n_eff, notes=notes)
        if rate.u is None:
            return at
        rows: list[tuple[str, float, float | None]] = [("throughput", value * rate.u / rate.value, None)]
        if self.price.u:
            rows.append(("price", value * self.price.u / self.price.per_hour, None))
        ends = {risk: self._ends(of(given, 1 - 2 * risk), risk, scale)
                for risk in risks(task.plan.level) if risk < 0.5}  # fmt: skip
        return msgspec.structs.replace(
            at, u=sum(row[1] ** 2 for row in rows) ** 0.5, budget=budget(rows), method="requests",
            interval=self._ends(rate, (1 - task.plan.level) / 2, scale),
            one_sided=tuple((risk, *pair) for risk, pair in ends.items() if pair is not None),
        )  # fmt: skip

    def _ends(self, rate: Latency, risk: float, scale: float) -> tuple[float, float] | None:
        """Both ends at a risk a side; None where the throughput has none, or the price would reach 0."""
        hourly, u = self.price.per_hour, self.price.u * quantile(1 - risk)
        if rate.value is None or not rate.low or rate.high is None or u >= hourly:
            return None
        found = ratio(Ends(hourly, hourly - u, hourly + u), Ends(rate.value, rate.low, rate.high))
        return found.low / 3600 * scale, found.high / 3600 * scale

    def unit(self) -> str:
        """The currency of the price."""
        return self.price.currency

    def influence(
        self, observations: Observations, result: Result
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
        """The readings themselves."""
        return observations.ok, observations.value

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations | None:
        """None: what could not be read may have been any."""
        return None
