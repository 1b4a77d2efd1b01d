"""Routing between stored runs: what is known by construction is found, and nobody judges on what was chosen on."""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web

import assay
from assay.api.tradeoff.route import Asked, render, route
from assay.cli.main import main
from assay.vocabulary.errors import BadInput

N = 120


def lot(name: str, item: int) -> float:
    """A number from 0 to 1 that is always the same."""
    return zlib.crc32(f"{name} {item}".encode()) / 2**32


def edge_says(item: int) -> str:
    """Right for easy items; of the wrong answers most are long."""
    if item % 3 and lot("edge", item) < 0.95:
        return "yes"
    return "I am not quite sure" if lot("long", item) < 0.85 else "no"


def cloud_says(item: int) -> str:
    """Nearly always right."""
    return "yes" if lot("cloud", item) < 0.95 else "no"


def measured(place: Any, says: Any, price: float, items: int = N, lose: int = 0, **table: Any) -> str:
    """A run of a server that answers so; the first ``lose`` items are refused."""
    lines = [{"id": f"i{k}", "input": f"item {k} ?", "target": "yes", "tags": ["hard"] if k % 3 == 0 else ["easy"]}
             for k in range(items)]  # fmt: skip
    (place.folder / "items.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

    async def script(request: web.Request, number: int) -> web.Response:
        asked = (await request.read()).decode()
        item = int(asked.partition("item ")[2].partition(" ?")[0])
        text = {"refusal": "no", "content": None} if item < lose else {"content": says(item)}
        return web.json_response({"choices": [{"message": {"role": "assistant", **text}, "finish_reason": "stop"}],
                                  "usage": {"prompt_tokens": 100, "completion_tokens": 100}})  # fmt: skip

    with place.serving(script) as url:
        made = place.table(url, {"model": f"m{price}"}, **table)
        made["procedure"] |= {"part": "llm.short_answer"}
        made["price"] = {"input_per_million": price, "output_per_million": price, "currency": "USD"}
        return assay.measure(made, place.lab).run


@pytest.fixture
def runs(place: Any) -> tuple[Any, str, str]:
    return place, measured(place, edge_says, 1.0), measured(place, cloud_says, 10.0)


def test_a_threshold_and_a_tag_against_chance(runs: tuple[Any, str, str]) -> None:
    place, edge, cloud = runs
    made = route(edge, [cloud], place.lab, Asked(signal="length", tags=("hard",), seed=3))
    by = {one.kind: one for one in made.routes}
    assert (made.cost, made.unit, made.n_items, made.n_chosen_on) == ("price", "USD", N // 2, N // 2)
    assert by["edge"].cost.value == pytest.approx(200e-6) and by["cloud"].cost.value == pytest.approx(2e-3)
    assert by["edge"].gain is None and by["cloud"].share == 1
    cut = by["threshold"]
    side, at = cut.told.split()
    assert side == "above" and 3 < float(at) < 19
    assert cut.cost.value == pytest.approx(2e-4 + cut.share * 2e-3)  # what is sent on was asked twice
    assert by["tag"].cost.value == pytest.approx(2e-4 * (1 - by["tag"].share) + by["tag"].share * 2e-3)
    for one in (cut, by["tag"]):
        assert one.verdict == "better" and one.gain is not None and one.gain.interval is not None
        place_on_line = (one.cost.value - 2e-4) / 1.8e-3
        chance = by["edge"].quality.value + place_on_line * (by["cloud"].quality.value - by["edge"].quality.value)
        assert one.gain.value == pytest.approx(one.quality.value - chance)
        assert one.gain.interval[0] < one.gain.value < one.gain.interval[1]
        assert one.to_cloud is not None and one.to_cloud.value == pytest.approx(
            one.quality.value - by["cloud"].quality.value)  # fmt: skip
    assert route(edge, [cloud], place.lab, Asked(signal="length", tags=("hard",), seed=3)) == made
    assert route(edge, [cloud], place.lab, Asked(signal="length", seed=4)).routes != made.routes


def test_what_is_judged_was_not_chosen_on(runs: tuple[Any, str, str]) -> None:
    """The same items with the cloud's answers changed in one half alone change either the choice or the judgement."""
    from assay.uncertainty.comparing.routing import halves

    picked = halves(N, 3)
    assert picked.sum() == N // 2 and (halves(N, 3) == picked).all() and (halves(N, 4) != picked).any()
    place, edge, cloud = runs
    fixed = route(edge, [cloud], place.lab, Asked(signal="length", above=10.0))
    assert fixed.n_items == N and fixed.n_chosen_on == 0
    right = np.mean([(cloud_says(k) if len(edge_says(k)) > 10 else edge_says(k)) == "yes" for k in range(N)])
    assert fixed.routes[-1].quality.value == pytest.approx(right)
    below = route(edge, [cloud], place.lab, Asked(signal="length", below=10.0)).routes[-1]
    assert below.verdict == "worse" and below.gain is not None and below.gain.value < 0


def test_lost_readings_move_the_gain_as_far_as_they_may(place: Any) -> None:
    edge = measured(place, edge_says, 1.0)
    cloud = measured(place, cloud_says, 10.0, lose=100)
    made = route(edge, [cloud], place.lab, Asked(quality="llm.accuracy", tags=("hard",))).routes[-1]
    assert made.gain is not None and made.gain_if_lost is not None
    assert made.gain_if_lost[0] < made.gain.value < made.gain_if_lost[1] and made.verdict == "cannot_tell"


def test_several_clouds_and_items_that_ask_something_else(place: Any) -> None:
    edge, one = measured(place, edge_says, 1.0), measured(place, cloud_says, 10.0)
    two = measured(place, lambda item: "yes", 20.0, items=N - 20)
    made = route(edge, [one, two], place.lab, Asked(tags=("hard",)))
    assert [route.kind for route in made.routes] == ["edge", "cloud", "tag", "cloud", "tag"]
    assert made.left_out == {"no_pair": 20} and made.clouds == (one, two)


def test_the_pages(runs: tuple[Any, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, edge, cloud = runs
    made = route(edge, [cloud], place.lab, Asked(signal="length", tags=("hard",)))
    for language in ("en", "zh"):
        page = render(made, language, tmp_path / f"{language}.html").read_text(encoding="utf-8")
        assert "<script" not in page and 'class="line"' in page and "route." not in page and "note." not in page
        line = ["route", edge, cloud, "--signal", "length", "--tag", "hard", "--lab", str(place.lab)]
        assert main([*line, "--lang", language]) == 0
        shown = capsys.readouterr().out
        assert "route." not in shown and "told." not in shown and "kind." not in shown
    assert main(["route", edge, cloud, "--cost", "tokens", "--lab", str(place.lab), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["routes"][0]["cost"]["value"] == 200


def told(capsys: pytest.CaptureFixture[str], *line: object) -> tuple[int, str]:
    code = main([*map(str, line), "--json"])
    return code, json.loads(capsys.readouterr().out)["error"]["code"]


def test_bad_input(runs: tuple[Any, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    place, edge, cloud = runs
    lab = ("--lab", place.lab)
    assert told(capsys, "route", edge, edge, *lab) == (2, "compare.twice")
    assert told(capsys, "route", edge, cloud, "--tag", "hart", *lab) == (2, "route.tag")
    assert told(capsys, "route", edge, cloud, "--signal", "lenght", *lab) == (2, "route.signal")
    assert told(capsys, "route", edge, cloud, "--above", "3", *lab) == (2, "route.no_signal")
    assert told(capsys, "route", edge, cloud, "--cost", "llm.accuracy", *lab) == (2, "route.cost")
    assert told(capsys, "route", edge, cloud, "--quality", "llm.acuracy", *lab) == (2, "measurand.unknown")
    assert told(capsys, "route", edge, cloud, "--quality", "llm.refusal_rate", *lab) == (2, "pareto.no_direction")
    assert told(capsys, "route", edge, cloud, "--level", "1.5", *lab) == (2, "setting.value")
    assert told(capsys, "route", edge, cloud, "--signal", "length", "--below", "nan", *lab) == (2, "number.not_finite")
    few = measured(place, cloud_says, 10.0, items=5)
    assert told(capsys, "route", edge, few, *lab) == (2, "route.few")


def test_prices_that_cannot_be_compared(place: Any) -> None:
    edge = measured(place, edge_says, 1.0)
    with place.serving(place.server(20)) as url:
        free = place.measure(url).run
    with pytest.raises(BadInput) as found:
        route(edge, [free], place.lab, Asked(cost="price"))
    assert found.value.code == "route.price"
