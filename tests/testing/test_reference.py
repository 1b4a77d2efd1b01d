"""The gauge block: its certified values are right, and nothing about asking can change its answers."""

import asyncio
import json
import math
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from scipy import integrate, stats

from assay.packs.general.material.table import Table
from assay.testing.reference import (
    Design,
    ReferenceModel,
    Simulated,
    simulate,
    skeleton,
    skeleton_digest,
    uniforms,
)
from assay.testing.reference_server import REFUSAL, Faults, ReferenceServer, running
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item

TEMPLATES = {
    "direct": "{input}\n\n{choices}\n\nReply with the letter only.",
    "exam": "Exam.\n{input}\n{choices}\nLetter:",
    "last": "Options:\n{choices}\nQuestion: {input}",
}


def prompt(name: str, item: Item) -> str:
    choices = "\n".join(f"{letter}. {text}" for letter, text in zip("ABCD", item.choices, strict=True))
    return TEMPLATES[name].format(input=item.stimulus, choices=choices)


def model(**settings: object) -> ReferenceModel:
    """A model that knows the templates, from the prompts of a probe item of its own."""
    probe = ReferenceModel(seed=5, n_items=1).item(0)
    known = {name: skeleton(prompt(name, probe), probe) for name in TEMPLATES}
    return ReferenceModel(**{"seed": 5, "variants": known, **settings})  # type: ignore[arg-type]


# --- the certified values


@pytest.mark.parametrize("score", [0.02, 0.5, 0.75, 0.999])
@pytest.mark.parametrize("groups", [0, 10])
def test_the_population_value_is_the_wanted_score(score: float, groups: int) -> None:
    assert model(score=score, n_groups=groups).population_value() == pytest.approx(score, abs=4e-16)


def test_the_population_value_agrees_with_quadrature() -> None:
    made = model(n_groups=10)
    sd = math.hypot(made.item_sd, made.group_sd)

    def chance(d: float, effect: float) -> float:
        return float(stats.norm.cdf(made.location + effect - d) * stats.norm.pdf(d, scale=sd))

    values = [integrate.quad(chance, -12, 12, args=(e,), epsabs=1e-13)[0] for e in made.effects]
    assert made.population_value() == pytest.approx(np.mean(values), abs=1e-11)
    assert made.population_value([1]) == pytest.approx(values[1], abs=1e-11)


def test_the_population_value_agrees_with_models_of_other_items() -> None:
    """Fixed values of many models with the same wording effects scatter around the population value."""
    made = model()
    rng = np.random.default_rng(1)
    d = rng.normal(0, made.item_sd, 400_000)
    value = stats.norm.cdf(made.location + made.effects[None, :] - d[:, None]).mean()
    assert value == pytest.approx(made.population_value(), abs=4 * 0.25 / math.sqrt(d.size))


def test_the_fixed_value_agrees_with_brute_force_asking() -> None:
    made = model(n_items=60)
    rights = [
        made.outcome(i, skeleton_digest(s), seed).right
        for i in range(60)
        for s in made.variants.values()
        for seed in range(200)
    ]
    assert np.mean(rights) == pytest.approx(made.fixed_value(), abs=4 * 0.5 / math.sqrt(len(rights)))


def test_certificates_over_subsets() -> None:
    made = model()
    whole = made.certificate()
    assert list(whole["variants"]) == list(TEMPLATES)
    for kind in ("fixed", "population"):
        each = [entry[kind] for entry in whole["variants"].values()]
        assert whole[kind] == pytest.approx(np.mean(each), abs=1e-15)
        assert made.certificate(["exam", "last"])[kind] == pytest.approx(np.mean(each[1:]), abs=1e-15)
    with pytest.raises(BadInput, match="direct, exam, last"):
        made.certificate(["exma"])


def test_without_known_variants_every_wording_is_alike() -> None:
    made = ReferenceModel(n_items=50, score=0.6)
    assert made.effects.tolist() == [0.0] == [made.effect(skeleton_digest("whatever"))]
    assert made.certificate()["population"] == pytest.approx(0.6, abs=4e-16)


def test_single_probabilities_are_those_of_the_matrix() -> None:
    made = model(n_items=20, n_groups=4)
    for v, wording in enumerate(made.variants.values()):
        for i in range(20):
            assert made.probability(i, skeleton_digest(wording)) == pytest.approx(made.probabilities()[i, v], abs=1e-14)
    assert made.probabilities([2]).shape == (20, 1)


@pytest.mark.parametrize(
    "wrong",
    [{"score": 0.0}, {"score": 1.0}, {"n_items": 0}, {"n_groups": 201}, {"item_sd": -1.0}, {"variant_sd": math.nan},
     {"refusal_rate": 1.0}],
)  # fmt: skip
def test_what_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput, match="reference endpoint"):
        ReferenceModel(**wrong)  # type: ignore[arg-type]


# --- the items


def test_items_are_balanced_distinct_and_pure() -> None:
    made = model(n_items=400, n_groups=10)
    items = made.items()
    assert items == model(n_items=400, n_groups=10).items()
    assert [sum(item.reference == letter for item in items) for letter in "ABCD"] == [100] * 4
    assert len({item.id for item in items}) == 400
    assert len({item.group for item in items}) == 10
    assert all(len(set(item.choices)) == 4 for item in items)
    assert not {i.id for i in items} & {i.id for i in ReferenceModel(seed=6, n_items=400).items()}


def test_written_items_are_read_by_the_table(tmp_path: Path) -> None:
    made = model(n_items=12, n_groups=3)
    made.write_items(tmp_path / "items.jsonl")
    assert list(Table(path="items.jsonl").load(tmp_path).items) == made.items()


def test_a_skeleton_is_the_same_for_every_item_and_tells_wordings_apart() -> None:
    items = model(n_items=30).items()
    for name in TEMPLATES:
        assert len({skeleton(prompt(name, item), item) for item in items}) == 1
    assert len({skeleton(prompt(name, items[0]), items[0]) for name in TEMPLATES}) == len(TEMPLATES)


def test_uniforms_are_uniform_and_inside() -> None:
    values = np.array([uniforms(1, "test", i)[0] for i in range(20_000)])
    assert values.min() > 0 and values.max() < 1
    assert stats.kstest(values, "uniform").pvalue > 1e-3
    assert len(set(uniforms(8, "x"))) == 8


# --- simulation without a server


@pytest.mark.parametrize("variants_are", ["fixed", "sample"])
def test_simulated_values_scatter_around_their_truths(variants_are: str) -> None:
    design = Design(n_items=100, n_groups=20, n_variants=3, n_repeats=2, score=0.7, variants_are=variants_are)  # type: ignore[arg-type]
    rng = np.random.default_rng(3)
    runs = [simulate(design, rng) for _ in range(2_000)]
    first: Simulated = runs[0]
    assert first.values.shape == (100, 3, 2)
    assert first.groups is not None and np.bincount(first.groups).tolist() == [5] * 20
    means = np.array([run.values.mean() for run in runs])
    for truths in ([run.fixed_true for run in runs], [run.population_true for run in runs]):
        off = means - np.array(truths)
        assert abs(off.mean()) < 4 * off.std() / math.sqrt(len(runs))
    if variants_are == "sample":
        assert first.population_true == 0.7
        assert np.mean([run.fixed_true for run in runs]) == pytest.approx(0.7, abs=0.005)


def test_simulation_follows_its_generator() -> None:
    design = Design(n_items=10)
    one, two = (simulate(design, np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(one.values, two.values) and one.groups is None and one.fixed_true == two.fixed_true


# --- the server


async def ask(
    session: aiohttp.ClientSession, url: str, text: str, seed: int | None, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    body = {"model": "reference", "messages": [{"role": "user", "content": text}], "seed": seed}
    async with session.post(f"{url}/v1/chat/completions", json=body, headers=headers) as reply:
        return reply.status, await reply.text()


def content(text: str) -> str:
    return str(json.loads(text)["choices"][0]["message"]["content"])


async def ask_all(url: str, requests: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
    async with aiohttp.ClientSession() as session:
        answers = await asyncio.gather(*(ask(session, url, text, seed) for text, seed in requests))
    return {request: content(text) for request, (_, text) in zip(requests, answers, strict=True)}


def test_the_server_answers_as_the_model_says_in_whatever_order() -> None:
    made = model(n_items=40)
    requests = [(prompt(name, item), seed) for item in made.items() for name in TEMPLATES for seed in (1, 2)]
    with running(ReferenceServer(made)) as url:
        forward = asyncio.run(ask_all(url, requests))
    with running(ReferenceServer(made)) as url:
        backward = asyncio.run(ask_all(url, requests[::-1]))
    assert forward == backward
    for index, item in enumerate(made.items()):
        for name in TEMPLATES:
            expected = made.outcome(index, skeleton_digest(made.variants[name]), 2).letter
            assert forward[prompt(name, item), 2] == expected


def test_faults_go_away_on_retry_and_never_change_an_answer() -> None:
    made = model(n_items=40)
    faults = Faults(rate_429=0.3, retry_after_s=2, rate_500=0.1, rate_reset=0.1, rate_truncated=0.1, rate_never=0.05)
    requests = [(prompt("direct", item), 7) for item in made.items()]
    with running(ReferenceServer(made)) as url:
        undisturbed = asyncio.run(ask_all(url, requests))
    seen: dict[str, int] = {}

    async def insist(session: aiohttp.ClientSession, url: str, text: str) -> str | None:
        for _ in range(30):
            try:
                status, said = await ask(session, url, text, 7)
                if status == 200:
                    return content(said)
                seen[str(status)] = seen.get(str(status), 0) + 1
            except aiohttp.ClientError:
                seen["reset"] = seen.get("reset", 0) + 1
            except json.JSONDecodeError:
                seen["truncated"] = seen.get("truncated", 0) + 1
        return None

    async def all_of_them(url: str) -> list[str | None]:
        async with aiohttp.ClientSession() as session:
            return [await insist(session, url, text) for text, _ in requests]

    with running(ReferenceServer(made, faults=faults)) as url:
        disturbed = asyncio.run(all_of_them(url))
    never = [faults.never(item.id, 7) for item in made.items()]
    assert [answer is None for answer in disturbed] == never
    assert any(never) and set(seen) == {"429", "500", "reset", "truncated"}
    assert all(a in (None, b) for a, b in zip(disturbed, undisturbed.values(), strict=True))


def test_standard_faults_have_the_stated_rates() -> None:
    faults = Faults.standard(retry_after_s=0.1)
    n = 20_000
    drawn = [faults.at(str(i), "w", 1, 1) for i in range(n)]
    for name, rate in (("429", 0.10), ("500", 0.02 + 0.005), ("reset", 0.01), ("truncated", 0.005)):
        assert drawn.count(name) / n == pytest.approx(rate, abs=5 * math.sqrt(rate / n))
    with pytest.raises(BadInput, match="rate_429"):
        Faults(rate_429=1.5)


def test_the_other_pages() -> None:
    made = model(n_items=8)

    async def look(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/v1/models") as reply:
                assert (await reply.json())["data"][0]["id"] == "reference"
            async with session.get(f"{url}/reference/items") as reply:
                assert await reply.read() == made.items_jsonl()
            assert content((await ask(session, url, "What is 2 + 2?", 0))[1]) == "A"
            await ask(session, url, f"A wording never heard of. {made.item(0).stimulus}", 0)
            async with session.get(f"{url}/reference/certificate") as reply:
                certificate = await reply.json()
            assert certificate.pop("asked_outside") == {"item": 1, "wording": 1}
            assert certificate == made.certificate()
            async with session.get(f"{url}/reference/certificate?variant=exam") as reply:
                assert (await reply.json())["population"] == made.population_value([1])
            async with session.get(f"{url}/reference/certificate?variant=other") as reply:
                assert reply.status == 400
            body = {"model": "reference", "prompt": prompt("exam", made.item(3)), "seed": 4}
            async with session.post(f"{url}/v1/completions", json=body) as reply:
                said = (await reply.json())["choices"][0]["text"]
            assert said == made.outcome(3, skeleton_digest(made.variants["exam"]), 4).letter

    with running(ReferenceServer(made)) as url:
        assert url.startswith("http://127.0.0.1:")
        asyncio.run(look(url))


def test_key_model_and_bad_requests() -> None:
    made = model(n_items=4)

    async def look(url: str) -> None:
        good = {"Authorization": "Bearer open sesame"}
        async with aiohttp.ClientSession() as session:
            assert (await ask(session, url, "?", 0))[0] == 401
            assert (await ask(session, url, "?", 0, good))[0] == 200
            async with session.post(f"{url}/v1/chat/completions", json={"model": "other"}, headers=good) as reply:
                assert reply.status == 404
            async with session.post(f"{url}/v1/chat/completions", data=b"{", headers=good) as reply:
                assert reply.status == 400

    with running(ReferenceServer(made, api_key="open sesame")) as url:
        asyncio.run(look(url))


def test_refusals_and_latency() -> None:
    made = model(n_items=4, refusal_rate=0.999)

    async def look(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            began = asyncio.get_running_loop().time()
            _, said = await ask(session, url, prompt("direct", made.item(0)), None)
            assert asyncio.get_running_loop().time() - began >= 0.03
            assert json.loads(said)["choices"][0]["message"] == {
                "role": "assistant", "content": None, "refusal": REFUSAL,
            }  # fmt: skip

    with running(ReferenceServer(made, latency_ms=30)) as url:
        asyncio.run(look(url))


def test_a_taken_port_is_reported_to_the_caller() -> None:
    with running(ReferenceServer(model(n_items=1))) as url:
        second = running(ReferenceServer(model(n_items=1)), port=int(url.rpartition(":")[2]))
        with pytest.raises(OSError), second:
            raise AssertionError("two servers on one port")
