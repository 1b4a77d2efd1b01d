"""Runs of the reference endpoint compared: pairs, losses, refusals to pair, and what is said of all of it."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from assay.api.compare import Asked, compare, one_unit, render
from assay.api.measurement import recipe
from assay.api.reference import Settings, reference
from assay.api.work import reopen
from assay.cli.main import main
from assay.testing.reference_server import Faults
from assay.vocabulary.comparison import Comparison
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import PartUse


def measured(place: Any, score: float, items: int = 60, seed: int = 0, **procedure: Any) -> str:
    """Measure a reference endpoint with this true score on the same items; another seed gives other answers."""
    server = reference(Settings(items=items, score=score))
    faults = procedure.pop("faults", None)
    if faults is not None:
        server = place.server(items, faults=faults)
    server.model.write_items(place.folder / "items.jsonl")
    with place.serving(server) as url:
        run: str = place.measure(url, seed=seed, **procedure).run
        return run


def values(place: Any, run: str) -> dict[tuple[str, str], list[float]]:
    """Readings of accuracy by item and variant."""
    found: dict[tuple[str, str], list[float]] = {}
    for row in place.rows(run=run):
        if row["measurand"] == "llm.accuracy" and row["status"] == "ok":
            found.setdefault((row["item"], row["variant"]), []).append(row["value"])
    return found


def test_two_subjects_on_the_same_items(place: Any) -> None:
    a, b = measured(place, 0.6), measured(place, 0.9, seed=1)
    made = compare([a[:8], b[:8]], place.lab, Asked(better=True))
    line = made.differences[0]
    first, second = values(place, a), values(place, b)
    d = np.array([second[key][0] - first[key][0] for key in first])
    assert line.value == pytest.approx(d.mean())
    assert line.u == pytest.approx(d.std(ddof=1) / np.sqrt(60))
    assert (line.only_b, line.only_a) == ((d > 0).sum(), (d < 0).sum())
    assert (line.n_pairs, line.n_clusters, line.left_out, line.paired) == (60, None, {}, True)
    assert line.interval == line.simultaneous and line.interval[0] <= line.value <= line.interval[1]
    assert line.p_mcnemar == pytest.approx(line.p_permutation) and line.p_holm == line.p_permutation
    assert line.if_lost == (line.value, line.value)
    assert (line.verdict, made.answer) == ("better", "yes")
    assert [(rank.low, rank.high) for rank in made.ranks] == [(2, 2), (1, 1)]
    assert made.groups == ((b,), (a,))
    turned = compare([b, a], place.lab, Asked(better=True))
    assert turned.differences[0].value == pytest.approx(-line.value)
    assert turned.differences[0].interval == pytest.approx((-line.interval[1], -line.interval[0]))
    assert (turned.differences[0].verdict, turned.answer) == ("worse", "no")
    assert compare([a, b], place.lab, Asked(better=True)) == made


def test_where_to_look_is_no_other_procedure(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Benches that differ in the address of a page of metrics are one method; another rate is another."""
    runs = [measured(place, 0.6), measured(place, 0.9, seed=1)]

    def remarked(*settings: dict[str, Any]) -> bool:
        def reopened(store: Any, record: Any) -> Any:
            work = reopen(store, record)
            used = PartUse(part="serving.load", settings=settings[runs.index(record.name)])
            procedure = msgspec.structs.replace(work.recipe.procedure, bench=used)
            return work._replace(recipe=msgspec.structs.replace(work.recipe, procedure=procedure))

        monkeypatch.setattr("assay.api.compare.reopen", reopened)
        return "procedures_differ" in {note.code for note in compare(runs, place.lab).notes}

    here, there = ({"rate": 5, "metrics": f"http://{name}:8000/metrics"} for name in "ab")
    assert not remarked(here, there) and not remarked(here, {"rate": 5}) and not remarked(here, here)
    assert remarked(here, {**there, "rate": 6})
    assert remarked({"metrics": ["f1"]}, {"metrics": ["bleu"]})  # what to compute is no address


def test_several_systems_with_variants_repeats_and_margin(place: Any) -> None:
    runs = [measured(place, score, seed=k, variants=2, repeats=2) for k, score in enumerate((0.3, 0.7, 0.72))]
    made = compare(runs, place.lab)
    assert len(made.differences) == 3 and 0.95 < made.level_each < 1 - 0.05 / 3 + 1e-9
    for line in made.differences:
        assert line.method == "t" and line.p_mcnemar is None
        low, high = line.simultaneous or (0, 0)
        alone = line.interval or (0, 0)
        assert low < alone[0] < line.value < alone[1] < high
    assert [line.verdict for line in made.differences] == ["better", "better", "cannot_tell"]
    assert [(rank.low, rank.high) for rank in made.ranks] == [(3, 3), (1, 2), (1, 2)]
    assert set(made.groups[0]) == {runs[1], runs[2]} and made.groups[1] == (runs[0],)
    margins = compare(runs, place.lab, Asked(margin=0.15))
    assert margins.answer == "no"
    assert [line.beyond_margin for line in margins.differences] == [True, True, None]
    wide = compare(runs[1:], place.lab, Asked(margin=0.4))
    assert (wide.answer, wide.differences[0].verdict) == ("yes", "equivalent")
    assert wide.differences[0].p_equivalence < 0.05
    assert compare(runs[1:], place.lab, Asked(margin=0.001)).answer == "cannot_tell"
    one, two = measured(place, 0.7, variants=1), runs[1]
    some = compare([one, two], place.lab).differences[0]
    assert some.left_out["variants"] == 1 and some.n_pairs == 60
    assert "repeats_differ" in [note.code for note in compare([one, two], place.lab).notes]


def test_identical_systems_are_not_certain_to_be_equal(place: Any) -> None:
    runs = [measured(place, 0.8), measured(place, 0.8)]  # the same answers from another address
    line = compare(runs, place.lab).differences[0]
    assert line.value == 0 and line.verdict == "cannot_tell"
    low, high = line.interval or (0, 0)
    assert low == pytest.approx(-high) and 0.05 < high < 0.1
    assert line.probability_b_better == 0.5 and line.p == 1 and line.p_permutation == 1
    assert [note.code for note in line.notes] == ["pairs_equal"]
    assert line.items_needed is None


def test_lost_readings_are_bounded_and_may_leave_it_open(place: Any) -> None:
    a = measured(place, 0.6, items=300, seed=3)
    b = measured(place, 0.8, items=300, seed=4, faults=Faults.standard(retry_after_s=0.01), retries=1)
    lost = sum(row["status"] != "ok" for row in place.rows(run=b) if row["measurand"] == "llm.accuracy")
    assert lost > 0
    line = compare([a, b], place.lab).differences[0]
    assert line.left_out == {"without_pair": lost, "lost": lost}
    assert line.n_pairs == 300 - lost
    assert line.if_lost[0] < line.value < line.if_lost[1]
    assert line.if_lost[1] - line.if_lost[0] == pytest.approx(lost / 300)


def test_only_what_asks_the_same_is_paired(place: Any) -> None:
    a = measured(place, 0.8, items=40)
    lines = [json.loads(text) for text in (place.folder / "items.jsonl").read_text().splitlines()]
    lines[0]["input"] += " Say so."
    lines = lines[:30] + [{**lines[35], "id": "new"}]
    server = reference(Settings(items=40, score=0.8))
    (place.folder / "items.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    with place.serving(server) as url:
        b = place.measure(url, seed=1).run
    line = compare([a, b], place.lab).differences[0]
    assert line.paired and line.n_pairs == 29
    assert (line.left_out["only_a"], line.left_out["only_b"], line.left_out["changed"]) == (11, 2, 1)


def test_without_shared_items_it_says_so(place: Any) -> None:
    a = measured(place, 0.5)
    other = reference(Settings(items=60, score=0.9, seed=5))
    other.model.write_items(place.folder / "items.jsonl")
    with place.serving(other) as url:
        b = place.measure(url).run
    line = compare([a, b], place.lab).differences[0]
    assert not line.paired and line.n_pairs == 0 and line.method == "mover"
    assert [note.code for note in line.notes] == ["unpaired"]
    assert line.p_permutation is None and line.p_mcnemar is None and line.p is not None
    assert line.interval[0] < line.value < line.interval[1] and line.verdict == "better"
    assert line.left_out == {"only_a": 60, "only_b": 60}


@pytest.mark.parametrize("items", [1, 2])
def test_one_item(place: Any, items: int) -> None:
    line = compare([measured(place, 0.5, items=items), measured(place, 0.5, items=items, seed=1)], place.lab)
    low, high = line.differences[0].interval or (0, 0)
    assert -1 <= low < high <= 1 and high - low > 0.9
    assert line.differences[0].verdict == "cannot_tell"


def refused(place: Any, code: str, runs: list[str], **asked: Any) -> None:
    with pytest.raises(BadInput) as caught:
        compare(runs, place.lab, Asked(**asked))
    assert caught.value.code == code
    for language in ("en", "zh"):
        assert "{" not in caught.value.message(language)


def test_what_cannot_be_compared(place: Any) -> None:
    a, b = measured(place, 0.7, items=20), measured(place, 0.7, items=20, seed=1)
    refused(place, "compare.few", [a])
    refused(place, "compare.twice", [a, a[:6]])
    refused(place, "run.unknown", [a, "zzz"])
    refused(place, "measurand.unknown", [a, b], measurand="llm.acuracy")
    refused(place, "compare.two_questions", [a, b], margin=0.1, better=True)
    refused(place, "setting.value", [a, b], margin=-0.1)
    refused(place, "setting.value", [a, b], margin=float("nan"))
    refused(place, "setting.value", [a, b], level=1.0)
    second = compare([a, b], place.lab, Asked(measurand="llm.refusal_rate"))
    assert second.measurand.name == "llm.refusal_rate" and second.differences[0].value == 0


def test_the_command(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = measured(place, 0.4), measured(place, 0.9, seed=1)
    capsys.readouterr()
    lab = ["--lab", str(place.lab)]
    assert main(["compare", a, b, *lab, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    made = msgspec.convert(told, Comparison)
    assert made == compare([a, b], place.lab)
    assert main(["compare", a, b, *lab, "--require-better"]) == 0
    assert main(["compare", b, a, *lab, "--require-better"]) == 1
    assert main(["compare", a, b, *lab, "--margin", "0.05"]) == 1
    same = measured(place, 0.9, seed=2)
    assert main(["compare", b, same, *lab, "--margin", "0.001"]) == 3
    assert main(["compare", b, same, *lab, "--require-better"]) == 3
    capsys.readouterr()
    page = place.folder / "page.html"
    assert main(["compare", a, b, *lab, "--lang", "zh", "--html", str(page)]) == 0
    assert "优于" in capsys.readouterr().out and "<svg" in page.read_text(encoding="utf-8")
    assert main(["compare", a, *lab]) == 2
    assert main(["compare", a, b, *lab, "--html", str(place.folder / "no" / "page.html")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_nothing_is_written_to_the_laboratory(place: Any) -> None:
    a, b = measured(place, 0.7, items=20), measured(place, 0.7, items=20, seed=1)

    def kept() -> dict[str, bytes]:
        files = [path for path in Path(place.lab).rglob("*") if path.is_file() and path.suffix != ".sqlite-shm"]
        return {str(path): data for path in files if (data := path.read_bytes())}

    before = kept()
    render(compare([a, b], place.lab), "en", place.folder / "page.html")
    assert kept() == before


def test_two_classifiers_and_an_area_that_is_no_mean(place: Any) -> None:
    pytest.importorskip("sklearn")
    import assay

    runs = []
    for c in (0.01, 1.0):
        subject = {"part": "tabular.classifier", "estimator": "sklearn.linear_model.LogisticRegression",
                   "parameters": {"C": c, "max_iter": 5000}}  # fmt: skip
        table = {"subject": subject, "material": {"part": "tabular.breast_cancer"},
                 "procedure": {"part": "tabular.classify", "variants": 1}}  # fmt: skip
        runs.append(assay.measure(table, place.lab).run)
    refused(place, "compare.no_mean", runs, measurand="tabular.auc")
    brier = compare(runs, place.lab, Asked(measurand="tabular.brier", better=True))
    line = brier.differences[0]
    assert line.value < 0 and (line.verdict, brier.answer) == ("better", "yes")  # lower is better
    assert line.probability_b_better > 0.99 and brier.ranks[1].low == brier.ranks[1].high == 1
    some = compare(runs, place.lab, Asked(measurand="tabular.sensitivity")).differences[0]
    assert some.n_pairs + some.left_out["without_pair"] == line.n_pairs and "lost" not in some.left_out


def test_costs_in_different_currencies_are_not_compared() -> None:
    def priced(currency: str) -> Any:
        price = {"per_hour": 1.0, "currency": currency}
        made = recipe({"part": "serving.load", "arrivals": "poisson", "rate": 1.0, "limits": {"ttft_ms": 9.0},
                       "price": price})  # fmt: skip
        return SimpleNamespace(recipe=made)

    one_unit([priced("USD"), priced("USD")], "serving.token_cost")
    with pytest.raises(BadInput) as refused:
        one_unit([priced("USD"), priced("EUR")], "serving.token_cost")
    assert refused.value.code == "compare.units" and "USD, EUR" in str(refused.value)
    one_unit([priced("USD"), priced("EUR")], "serving.ttft:p99")
