"""A sweep on a terminal, as a page and in Markdown, in both languages."""

import re
from typing import Any

import pytest
from msgspec import structs

from assay.api.sweep.numbers import least_queries, search_remarks
from assay.reports.sweep_picture import Logarithmic, each_and_all, per_user, throughput, times
from assay.reports.sweep_view import SweepView, html, markdown, terminal
from assay.vocabulary.sweep import SearchRun, Sweep, TriedRate
from assay.vocabulary.tradeoff import Stated

HOSTILE = "<script>alert(1)</script>\x1b[31m|`x`"


def rates(sweeps: Any, **more: Any) -> Sweep:
    points = [sweeps.point(rate, min(rate * 1.01, 11.0), state="overload" if rate > 11 else "steady")
              for rate in (2.0, 4.0, 8.0, 16.0, 32.0)]  # fmt: skip
    points.append(sweeps.point(40.0, None, state="refused", left_out=1, refused=("late", HOSTILE)))
    sweep: Sweep = sweeps.sweep(tuple(points), **more)
    return sweep


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [40, 110])
def test_on_a_terminal(sweeps: Any, language: str, width: int) -> None:
    shown = terminal(rates(sweeps, title=HOSTILE), language, width)
    assert "\x1b" not in shown and "11" in shown and "p = " in shown
    assert ("refused" if language == "en" else "拒绝") in shown
    assert not re.search(r"\b(note|state|axis|short|knee)\.\w", shown)  # every code has words


@pytest.mark.parametrize("language", ["en", "zh"])
def test_as_a_page(sweeps: Any, language: str) -> None:
    page = html(rates(sweeps, title=HOSTILE, subject={"model": HOSTILE}), language, "ab" * 32)
    assert "<script" not in page and "\x1b" not in page and "&lt;script&gt;" in page
    assert page.count("<svg") == 3 and 'class="band"' in page and page.count('class="expected"') == 2
    assert 'class="value throughput overload"' in page and "ab" * 32 in page
    assert not re.search(r">\s*(note|state|axis|short|picture|legend)\.\w", page)


def test_in_markdown(sweeps: Any) -> None:
    text = markdown(rates(sweeps, title=HOSTILE), "en")
    assert "<script" not in text and "| 32 (offered 32.32) |" in text.replace("&#41;", ")")
    table = [line for line in text.splitlines() if line.startswith("| 2 (offered")]
    assert table and "2.02 [" in table[0].replace("&#91;", "[")


def test_a_sweep_that_did_not_reach_the_knee_says_so(sweeps: Any) -> None:
    below = sweeps.sweep(tuple(sweeps.point(rate, rate * 1.01) for rate in (2.0, 4.0, 8.0)))
    assert "did not reach the knee" in terminal(below, "en")
    page = html(below, "en")
    assert 'class="band"' not in page and page.count('class="expected"') == 1


def test_mlperfs_rule_stands_beside_its_assumption(sweeps: Any) -> None:
    points = [sweeps.point(rate, rate, queries=least_queries(700, over)) for rate, over in ((2.0, 0), (4.0, 5))]
    shown = terminal(sweeps.sweep(tuple(points)), "en")
    assert re.search(r"2 \(offered 2\.02\)\s+700\s+0\s+459\s+yes", shown)
    assert re.search(r"700\s+5\s+\d+\s+no", shown) and "independent" in shown


@pytest.mark.parametrize(("low", "high", "words"), [
    (10.0, 10.4, ("at 10.0 requests a second, and not at 10.4", "RESOLVED")),
    (10.0, 20.0, ("and not at 20.0", "NOT RESOLVED")), (64.0, None, ("no rate up to 64", "NOT RESOLVED")),
    (None, 1.0, ("no rate from 1 on", "NOT RESOLVED")), (None, None, ("nothing was shown", "NOT RESOLVED")),
    (20.0, 10.0, ("did not do the same", "NOT RESOLVED")),
])  # fmt: skip
def test_the_answer_of_a_search(sweeps: Any, low: float | None, high: float | None, words: tuple[str, ...]) -> None:
    found = sweeps.sweep((), search=sweeps.search(low, high), knee=None)
    shown = " ".join(terminal(found, "en").split())
    assert all(each in shown for each in words) and ("NOT RESOLVED" in shown) == (words[1] == "NOT RESOLVED")
    assert "<svg" not in html(found, "zh") and markdown(found, "zh").startswith("# ")


def test_speed_for_one_against_throughput_of_all(sweeps: Any) -> None:
    closed = sweeps.sweep(tuple(sweeps.point(n, 10.0 * n, offered=None) for n in (1.0, 2.0, 4.0)), axis="concurrency")
    page = html(closed, "en")
    assert page.count("<svg") == 3 and ">4</text>" in page and "no knee is stated" in page
    assert per_user(Stated(value=20.0, interval=(10.0, 40.0))) == Stated(value=50.0, interval=(25.0, 100.0))
    assert per_user(Stated(value=20.0, interval=(0.0, 40.0))).interval is None
    assert each_and_all(closed, "serving.token_throughput", "serving.tpot:mean", ("x", "y")) is not None


def test_with_too_few_points_nothing_is_drawn(sweeps: Any) -> None:
    one = sweeps.sweep((sweeps.point(2.0, 2.0), sweeps.point(4.0, None, state="refused", left_out=1)))
    assert throughput(one, "serving.throughput", ("x", "y")) is None
    assert times(one, (("serving.ttft:p50", "p50"),), ("x", "y")) is None
    assert SweepView(one, "en").pictures == [] and SweepView(one, "en").plotted is None


def test_a_logarithmic_axis() -> None:
    axis = Logarithmic(0.5, 50.0, 1.0)
    assert axis.ticks() == [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0]
    assert (axis.place(0.0), axis.place(5.0), axis.place(99.0)) == (0.0, pytest.approx(0.5), 1.0)
    assert Logarithmic(1e-3, 1e4, 1.0).ticks() == [10.0**power for power in range(-3, 5)]


@pytest.mark.parametrize(("low", "high", "undecided", "said"), [
    (10.0, 20.0, (12.0, 14.0), "nothing was decided at 12, 14; the reason"), (10.0, 20.0, (), "after 2 rates the ends"),
    (64.0, None, (), "search above 64"), (None, 1.0, (), "search below 1"), (10.0, 9.0, (), "Neither holds. NOT RES"),
    (None, None, (1.0, 64.0), "nothing was decided at 1, 64"), (10.0, 20.0, (30.0,), "after 3 rates the ends"),
])  # fmt: skip
def test_a_search_says_what_keeps_its_ends_apart(
    sweeps: Any, low: float | None, high: float | None, undecided: tuple[float, ...], said: str
) -> None:
    found = sweeps.search(low, high)
    runs = tuple(SearchRun(run=f"r{n}", report="ab", state="refused", n=0, good=0) for n in range(2))
    open_ones = tuple(TriedRate(rate=rate, verdict="undecided", share=None, n=0, runs=runs, cause="refused")
                      for rate in undecided)  # fmt: skip
    found = structs.replace(found, tried=(*found.tried, *open_ones))
    made = sweeps.sweep((), knee=None, search=found, notes=search_remarks(found, {"mark": True}))
    assert said in SweepView(made, "en").answer
    for language in ("en", "zh"):
        for shown in (terminal(made, language), html(made, language), markdown(made, language)):
            assert not re.search(r"\b(cause|not_resolved|undecided)\.\w", shown)
            words = "".join(shown.split())  # lines are broken anywhere
            if undecided:
                assert ("clientrefused" if language == "en" else "客户端计时被拒") in words
                assert ("saysnothingoftheserver" if language == "en" else "不能得出任何结论") in words
