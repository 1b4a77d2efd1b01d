"""What judges were asked in a run and what they said: how much it took, and a digest over every answer."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from assay.line.compose import Account
from assay.line.consult import judge_name, names_of, put, unnamed
from assay.line.observe import Price, askings
from assay.line.plan import Planned
from assay.vocabulary.canonical import digest, row_bytes
from assay.vocabulary.errors import CannotMeasure
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Response
from assay.vocabulary.protocols import Asks, Bench, Store
from assay.vocabulary.report import Judged

_CHUNK: Final = 500
_SERVED: Final = 20


class Run(NamedTuple):
    """A run with all that its judges' answers are found by."""

    planned: Planned
    material: Material
    bench: Bench
    store: Store


class Verdict(NamedTuple):
    """A response whose names are masked, with the keys and the judges' answers about it, in the order of the questions.

    ``place`` is the place of the item.
    """

    place: int
    item: Item
    response: Response
    identities: tuple[str, ...]
    keys: tuple[bytes, ...]
    answers: tuple[Response, ...]


def verdicts(run: Run, instrument: Asks) -> Iterator[Verdict]:
    """Every response about which an instrument asked, in the order of the plan, with the answers.

    Raises:
        CannotMeasure: a response or an answer is not in the store.
    """
    names = names_of(run.planned.subject)
    all_askings = askings(run.planned, run.material, run.bench)
    while chunk := list(islice(all_askings, _CHUNK)):
        asked = []
        for asking, response in zip(chunk, run.store.responses([one.key for one in chunk]), strict=True):
            if response is None:
                raise CannotMeasure("run.incomplete", name=run.planned.run, planned=run.planned.n_trials)
            masked = unnamed(response, names)
            asked.append((asking, masked, put(instrument, asking, masked)))
        answers = iter(run.store.responses([key for _, _, questions in asked for _, _, key in questions]))
        for asking, masked, questions in asked:
            said = tuple(answer for _ in questions if (answer := next(answers)) is not None)
            if len(said) < len(questions):
                raise CannotMeasure("consult.incomplete", name=run.planned.run, id=asking.trial.item.id)
            if questions:
                who = tuple(instrument.identities[question.judge] for question, _, _ in questions)
                keys = tuple(key for _, _, key in questions)
                yield Verdict(asking.trial.item_index, asking.trial.item, masked, who, keys, said)


class _Tally:
    """What one judge was asked."""

    def __init__(self, name: str, identity: str) -> None:
        self.name, self.identity = name, identity
        self.answers = self.failed = self.attempts = 0
        self.usage: Counter[str] = Counter()
        self.served: Counter[bytes] = Counter()

    def add(self, answer: Response) -> None:
        self.answers += 1
        self.failed += answer.status == "subject_failed"
        self.attempts += answer.attempts
        self.usage.update(answer.usage)
        if answer.served:
            self.served[row_bytes(answer.served)] += 1

    def stated(self, price: Price | None) -> Judged:
        usage = {name: n for name, n in sorted(self.usage.items()) if 0 < n < 2**53}
        served = sorted(self.served.items(), key=lambda pair: (-pair[1], pair[0]))[:_SERVED]
        return Judged(
            judge=self.name, identity=self.identity, answers=self.answers, failed=self.failed, attempts=self.attempts,
            usage=usage, served=tuple((msgspec.json.decode(text), n) for text, n in served),
            cost=price.cost(usage) if price else None, currency=price.currency if price else "",
        )  # fmt: skip


def with_verdicts(
    seen: Account, run: Run, instruments: Sequence[Asks], price: Price | None, prices: Mapping[str, Price]
) -> Account:
    """An account with what judges were asked and a digest over their answers; as it is where nobody was asked.

    An answer that two channels share counts once.

    Args:
        seen: the account of the responses.
        run: the run.
        instruments: those of its instruments that ask, in the order of the channels.
        price: what tokens cost where a judge has no price of its own.
        prices: of judges, by the digest of their identity.
    Raises:
        CannotMeasure: an answer is not in the store.
    """
    if not instruments:
        return seen
    hashed, counted = sha256(), set[bytes]()
    tallies: dict[str, _Tally] = {}
    for instrument in instruments:
        for use, identity in zip(instrument.subjects(), instrument.identities, strict=True):
            tallies.setdefault(identity, _Tally(judge_name(use), identity))
        for verdict in verdicts(run, instrument):
            for key, identity, answer in zip(verdict.keys, verdict.identities, verdict.answers, strict=True):
                if key not in counted:
                    counted.add(key)
                    hashed.update(key + bytes.fromhex(digest(answer.content())))
                    tallies[identity].add(answer)
    judges = tuple(tally.stated(prices.get(identity, price)) for identity, tally in tallies.items())
    return seen._replace(
        observations=msgspec.structs.replace(seen.observations, verdicts=hashed.hexdigest()),
        conditions=msgspec.structs.replace(seen.conditions, judges=judges),
    )
