"""A comparison on a terminal and as a page: all of it there, nothing too wide, deaf to what a title says."""

import re
from html.parser import HTMLParser

import msgspec
import pytest

from assay.reports.forest import ComparisonView, forest_axis, html, terminal
from assay.reports.text import width as columns
from assay.vocabulary.comparison import ComparedSystem, Comparison, PairDifference, Rank
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.result import Note

ACCURACY = Measurand(
    name="llm.accuracy", label={"en": "Accuracy", "zh": "准确率"}, definition={"en": "…", "zh": "…"}, low=0.0, high=1.0
)  # fmt: skip


def system(run: str, value: float, title: str = "Triage") -> ComparedSystem:
    return ComparedSystem(
        run=run, title=title, subject={"model": run}, differs={"model": run}, value=value, u=0.03,
        interval=(value - 0.06, value + 0.06), n_items=200, n_lost=0,
    )  # fmt: skip


def line(a: str, b: str, value: float, verdict: str = "cannot_tell", **more: object) -> PairDifference:
    return msgspec.convert({
        "a": a, "b": b, "measurand": "llm.accuracy", "paired": True, "value": value, "u": 0.03, "method": "score",
        "interval": (value - 0.06, value + 0.06), "simultaneous": (value - 0.08, value + 0.08), "p": 0.04,
        "p_permutation": 0.00001, "p_mcnemar": 0.04, "p_mcnemar_mid": 0.03, "p_holm": 0.05, "p_bh": 0.04,
        "probability_b_better": 0.99999, "n_pairs": 200, "n_clusters": 40, "only_a": 3, "only_b": 20,
        "items_needed": 1200, "effect": Note(code="effect.per_100.more", values={"n": 100 * value}),
        "if_lost": (value, value), "verdict": verdict, **more,
    }, PairDifference)  # fmt: skip


@pytest.fixture
def comparison() -> Comparison:
    lost = line("aaa", "ccc", 0.0803, "better", left_out={"lost": 3, "only_a": 2}, if_lost=(0.01, 0.12),
                notes=[Note(code="few_groups", values={"n": 12})], differs=True)  # fmt: skip
    return Comparison(
        measurand=ACCURACY, estimand="population", level=0.95, level_each=0.98, margin=0.05, question="equivalent",
        answer="cannot_tell", systems=(system("aaa", 0.7), system("bbb", 0.75), system("ccc", 0.78)),
        differences=(line("aaa", "bbb", 0.05), lost, line("bbb", "ccc", 0.03)),
        ranks=(Rank(run="aaa", low=2, high=3), Rank(run="bbb", low=1, high=3), Rank(run="ccc", low=1, high=2)),
        groups=(("ccc", "bbb"), ("bbb", "aaa")), notes=(Note(code="instruments_differ"),),
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [40, 60, 80, 110])
def test_no_line_is_too_wide(comparison: Comparison, language: str, width: int) -> None:
    lines = terminal(comparison, language, width).splitlines()
    assert max(map(columns, lines)) <= width
    assert "\x1b" not in terminal(comparison, language, width)


def test_everything_is_said(comparison: Comparison) -> None:
    text = " ".join(terminal(comparison, "en", 100).split())
    for part in (
        "Do all runs differ by less than 0.05? cannot tell",
        "All 3 intervals hold together with a probability of 0.95; each alone is at a level of 0.98",
        "C − A: C is better than A C − A = +0.080 [+0.0003, +0.160]",
        "scores 8.0 more in 100 than A",
        "takes about 1,200 items like these, 1,000 more than there are",
        "200 items paired, in 40 clusters",
        "only C scores on 20, only A on 3",
        "probability that C is better >0.9999",
        "p < 0.0001 by sign flips",
        "the difference would be +0.0100 or +0.120",
        "lost readings: 3",
        "items that only A has: 2",
        "Only 12 clusters",
        "read with different instruments",
        "C, B",
    ):
        assert part in text, part


def test_an_end_stands_on_its_own_side_of_zero(comparison: Comparison) -> None:
    """0.0003 must not be printed as 0.000 beside the word better."""
    view = ComparisonView(comparison, "en").differences[1]
    assert view.interval == "[+0.0003, +0.160]"


def test_the_axis_holds_all_there_is(comparison: Comparison) -> None:
    axis = forest_axis(comparison)
    assert axis.low < -0.05 and axis.high > 0.16
    assert 0.0 in axis.ticks()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {tag, *(name for name, _ in attrs)}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {tag, *(name for name, _ in attrs)}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_titles_stay_texts(comparison: Comparison, language: str, hostile: str) -> None:
    bad = msgspec.structs.replace(comparison, systems=(system("aaa", 0.7, hostile), *comparison.systems[1:]))
    page = html(bad, language)
    reader = _Reader()
    reader.feed(page)
    assert reader.open == []
    assert not {"script", "img", "a", "link", "src", "href", "style="} & reader.names
    assert not any(name.startswith("on") for name in reader.names)
    assert "default-src 'none'" in page and "url(" not in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    assert "<script>alert(1)</script>" in reader.text
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", terminal(bad, language, 80))


def test_a_comparison_without_a_number_is_shown(comparison: Comparison) -> None:
    empty = msgspec.convert({
        "a": "aaa", "b": "bbb", "measurand": "m", "paired": True, "value": None, "n_pairs": 0, "n_clusters": None,
        "effect": {"code": "effect.none"}, "verdict": "cannot_tell", "notes": [{"code": "no_pairs"}],
    }, PairDifference)  # fmt: skip
    bare = msgspec.structs.replace(comparison, differences=(empty,), ranks=(), groups=(), margin=None, question="",
                                   answer="")  # fmt: skip
    for language in ("en", "zh"):
        assert "–" in terminal(bare, language) and "–" in html(bare, language)
