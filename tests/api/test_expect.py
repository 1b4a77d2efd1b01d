"""What it would take to decide: the number of further items is checked by measuring so many."""

from typing import Any

import numpy as np
import pytest

import assay
from assay.api.expect import expect, with_subject
from assay.api.planning.further import Further
from assay.vocabulary.errors import BadInput


def test_the_named_number_of_items_decides_about_as_often_as_it_says(place: Any) -> None:
    with place.serving(place.server(60)) as url:
        measured = place.measure(url)
    value = measured.results[0].value
    limit = value - 0.03
    found = expect(measured, "llm.accuracy", at_least=limit, lab=place.lab)
    assert found.outcome == "inconclusive" and found.further is not None and found.further.kind == "items"
    needed = found.further.needed
    # independent: draw that many 0/1 answers of the score that was found, and apply the exact binomial rule
    from scipy.stats import binom

    rng = np.random.default_rng(20261121)
    rights = rng.binomial(needed, value, 4000)
    decided = (binom.sf(rights - 1, needed, limit) <= 0.05).mean()
    assert 0.77 <= decided <= 0.86
    fewer = int(needed * 0.7)
    rights = rng.binomial(fewer, value, 4000)
    assert (binom.sf(rights - 1, fewer, limit) <= 0.05).mean() < 0.77


def test_a_fixed_benchmark_takes_repeats(place: Any) -> None:
    with place.serving(place.server(30)) as url:
        measured = place.measure(url, repeats=2, estimand="fixed")
    result = measured.results[0]
    assert result.value is not None and result.interval is not None
    limit = (result.value + result.interval[0]) / 2
    found = expect(measured, "llm.accuracy", at_least=limit, lab=place.lab)
    assert found.outcome == "inconclusive" and found.further is not None
    assert found.further.kind == "repeats" and found.further.needed == found.further.more + 2
    assert "further repeats of each item" in found.said()


def test_on_the_limit_no_number_decides(place: Any) -> None:
    with place.serving(place.server(60)) as url:
        measured = place.measure(url)
    found = expect(measured, "llm.accuracy", at_least=measured.results[0].value, lab=place.lab)
    assert found.further == Further("none", reason="on_limit")
    assert "on the limit" in found.said() and "恰在界限上" in found.said("zh")


def test_a_decided_requirement_needs_nothing_more(place: Any) -> None:
    with place.serving(place.server(60)) as url:
        measured = place.measure(url)
    found = expect(measured, "llm.accuracy", at_least=0.2, lab=place.lab)
    assert (found.outcome, found.further) == ("conforms", None)
    assert found.path.exists() and str(found.path) in found.said()
    assert expect(found.path, "llm.accuracy", at_least=0.2, lab=place.lab).report == found.report


def test_what_is_wrong_is_named(place: Any) -> None:
    with place.serving(place.server(10)) as url:
        measured = place.measure(url)
    for arguments in ({}, {"at_least": 0.1, "at_most": 0.9}):
        with pytest.raises(BadInput, match="at_least"):
            expect(measured, "llm.accuracy", lab=place.lab, **arguments)
    with pytest.raises(BadInput):
        expect(measured, "llm.accuracy", at_least=float("nan"), lab=place.lab)


def test_a_subject_takes_the_place_of_the_files(place: Any) -> None:
    folder = place.folder / "deep"
    folder.mkdir()
    (folder / "m.toml").write_text('[subject]\npart = "a.b"\n[material]\npart = "general.table"\npath = "i.jsonl"\n')
    made = with_subject(folder / "m.toml", {"part": "llm.endpoint"})
    assert made["subject"] == {"part": "llm.endpoint"} and made["material"]["path"] == str(folder / "i.jsonl")


def test_it_is_public() -> None:
    assert assay.expect is expect
