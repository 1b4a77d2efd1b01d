"""What judges would be asked, before anything is."""

from itertools import islice
from typing import Final, NamedTuple

from assay.api.measurement import Measurement
from assay.line.consult import judge_name, names_of, put, unnamed
from assay.line.observe import Asking, Price, askings
from assay.line.plan import Planned
from assay.store.sqlite import SqliteStore
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.protocols import Asks
from assay.vocabulary.record import Json, Record

_CHUNK: Final = 500
_PER_TOKEN: Final = 4  # characters, but for Chinese


class JudgePreview(Record, kw_only=True):
    """What one judge would be asked.

    Attributes:
        judge: its name.
        requests: questions about the responses of the plan.
        in_store: those that are answered already.
        input_tokens: estimated as for the subject; a response that is not there yet counts as its longest where the
            subject has ``max_tokens``, else as the reference answer.
        cost: by the judge's own price table, else by the measurement's, of the input and, where the judge has
            ``max_tokens``, of the longest output; None without prices.
        currency: of the cost; empty without one.
    """

    judge: str
    requests: int
    in_store: int
    input_tokens: int
    cost: float | None
    currency: str = ""


class _Count:
    """What one judge would be asked, being counted."""

    def __init__(self, use: PartUse) -> None:
        self.use = use
        self.keys: set[bytes] = set()
        self.had: set[bytes] = set()
        self.tokens = 0

    def add(self, key: bytes, stimulus: Json) -> None:
        """Count a question; the same one counts once."""
        if key not in self.keys:
            self.keys.add(key)
            self.tokens += tokens_in(stimulus if isinstance(stimulus, str) else str(stimulus))

    def stated(self, price: Price | None) -> JudgePreview:
        usage = {"input_tokens": self.tokens, "output_tokens": len(self.keys) * longest_of(self.use.settings)}
        return JudgePreview(
            judge=judge_name(self.use), requests=len(self.keys), in_store=len(self.had), input_tokens=self.tokens,
            cost=price.cost(usage) if price else None, currency=price.currency if price else "",
        )  # fmt: skip


class _Seen(NamedTuple):
    """A trial with its response, or with what stands in for one that is not there; ``here`` says which."""

    asking: Asking
    response: Response
    here: bool


def judge_previews(
    measurement: Measurement, planned: Planned, store: SqliteStore | None
) -> tuple[JudgePreview, ...]:
    """What each judge of a measurement would be asked; nothing where nobody is.

    Args:
        measurement: with its judges named in full.
        planned: the run, or the most that it may take.
        store: where answers may be already; None without a store.
    """
    made = measurement.recipe
    asking = [one for c in made.procedure.channels if isinstance(one := made.instruments[c.measurand], Asks)]
    found: dict[str, _Count] = {}
    names = names_of(planned.subject)
    for instrument in asking:
        for use, identity in zip(instrument.subjects(), instrument.identities, strict=True):
            found.setdefault(identity, _Count(use))
        all_askings = askings(planned, measurement.material, made.bench)
        while chunk := list(islice(all_askings, _CHUNK)):
            for seen in _responses(chunk, planned, store):
                for question, _, key in put(instrument, seen.asking, unnamed(seen.response, names)):
                    count = found[instrument.identities[question.judge]]
                    count.add(key, question.stimulus)
                    if seen.here and store is not None and store.has_responses([key]):
                        count.had.add(key)
    prices, price = measurement.judge_prices, measurement.price
    return tuple(count.stated(prices.get(identity, price)) for identity, count in found.items())


def _responses(chunk: list[Asking], planned: Planned, store: SqliteStore | None) -> list[_Seen]:
    known = store.responses([one.key for one in chunk]) if store is not None else [None] * len(chunk)
    longest = "x" * (_PER_TOKEN * longest_of(planned.subject))
    seen = []
    for asking, response in zip(chunk, known, strict=True):
        stand_in = Response(status="ok", output=longest or str(asking.trial.item.reference or "-"))
        seen.append(_Seen(asking, response or stand_in, response is not None))
    return seen


def longest_of(settings: dict[str, Json]) -> int:
    """The longest output that a subject may give, in tokens; 0 where it is not set."""
    longest = settings.get("max_tokens") or settings.get("max_completion_tokens")
    return longest if isinstance(longest, int) else 0


def tokens_in(text: str) -> int:
    """About how many tokens a text has: one to a Chinese character, one to four others."""
    wide = sum(1 for char in text if char > "⺀")
    return wide + (len(text) - wide + _PER_TOKEN - 1) // _PER_TOKEN
