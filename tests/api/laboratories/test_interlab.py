"""Laboratories compared from end to end: measured, signed, compared, signed, verified."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.api import keys
from assay.api.laboratories.interlab import Asked, check, interlab, render
from assay.cli.main import main
from assay.reports.forms import INTERLAB
from assay.reports.interlab_view import html, terminal
from assay.reports.statement import unseal
from assay.vocabulary.canonical import signed_bytes
from assay.vocabulary.errors import BadInput, VerificationFailed
from assay.vocabulary.interlab import Interlab, Participant

LABS = ("north", "south", "east")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Three laboratories, two runs each of the same subject on the same items; north trusts them all."""
    from assay import measure
    from assay.api.reference import Settings, reference
    from assay.testing.reference_server import running

    folder = tmp_path_factory.mktemp("study")
    reports: dict[str, list[Path]] = {lab: [] for lab in LABS}
    server = reference(Settings(items=40, score=0.8))
    server.model.write_items(folder / "items.jsonl")
    lines = (folder / "items.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "fewer.jsonl").write_text("".join(lines[:30]), encoding="utf-8")
    others: dict[str, Path] = {}
    with running(server.app()) as url:
        for number, lab in enumerate(LABS):
            subject = {"part": "llm.endpoint", "base_url": f"{url}/v1", "model": "reference"}
            procedure = {"part": "llm.choice", "variants": 2, "repeats": 4, "seed": number}
            table = {"title": "round", "laboratory": lab, "subject": subject, "procedure": procedure,
                     "material": {"part": "general.table", "path": str(folder / "items.jsonl")}}  # fmt: skip
            reports[lab] = [measure(table, folder / lab, again).path for again in (False, True)]
            fewer = {**table, "material": {"part": "general.table", "path": str(folder / "fewer.jsonl")}}
            others[lab] = measure(fewer, folder / lab).path
            keys.export(folder / lab, lab, folder / f"{lab}.key")
        for lab in LABS[1:]:
            keys.trust(folder / "north", folder / f"{lab}.key")
    return {"folder": folder, "reports": reports, "others": others, "lab": folder / "north"}


def firsts(study: dict[str, Any]) -> list[Path]:
    return [study["reports"][lab][0] for lab in LABS]


def every(study: dict[str, Any]) -> list[Path]:
    return [path for lab in LABS for path in study["reports"][lab]]


def score(one: Participant, name: str) -> float:
    return next(found.value for found in one.scores if found.name == name)


def test_three_laboratories(study: dict[str, Any]) -> None:
    made = interlab(firsts(study), study["lab"]).comparison
    assert [one.name for one in made.participants] == list(LABS)
    assert made.measurand.name == "llm.accuracy" and made.chosen == "weighted_mean"
    assert [one.method for one in made.consensus] == [
        "weighted_mean", "mandel_paule", "dersimonian_laird", "algorithm_a"]  # fmt: skip
    mean = made.consensus[0]
    weights = [one.u_own**-2 for one in made.participants]
    expected = sum(w * one.value for w, one in zip(weights, made.participants, strict=True)) / sum(weights)
    assert mean.value == pytest.approx(expected) and mean.u == pytest.approx(sum(weights) ** -0.5)
    for one in made.participants:
        assert one.difference == pytest.approx(one.value - mean.value)
        assert one.u_difference == pytest.approx((one.u_own**2 - mean.u**2) ** 0.5)
        assert score(one, "en") == pytest.approx(one.difference / one.expanded) and abs(score(one, "en")) < 1.5
        assert score(one, "zeta") == pytest.approx(one.difference / one.u_difference)
    assert made.precision is None and any(note.code == "no_replicates" for note in made.notes)


def test_what_all_share_is_left_out_of_the_differences_and_stays_in_the_consensus(study: dict[str, Any]) -> None:
    made = interlab(firsts(study), study["lab"]).comparison
    assert [one.source for one in made.shared] == ["items"]
    for one in made.participants:
        assert one.u_own < one.u == pytest.approx(one.reports[0].u)
    assert made.consensus[0].u_total > made.consensus[0].u
    assert made.consensus[0].u_total**2 == pytest.approx(made.consensus[0].u ** 2 + made.shared[0].u ** 2, rel=0.1)


def test_replicates_show_repeatability(study: dict[str, Any]) -> None:
    made = interlab(every(study), study["lab"]).comparison
    assert len(made.participants) == 3 and all(len(one.reports) == 2 for one in made.participants)
    assert made.precision is not None and made.precision.n_results == 6 and made.precision.dof_within == 3
    gaps = [one.reports[0].value - one.reports[1].value for one in made.participants]
    assert made.precision.repeatability == pytest.approx((sum(gap**2 for gap in gaps) / 6) ** 0.5)
    once = interlab(firsts(study), study["lab"]).comparison
    for one, alone in zip(made.participants, once.participants, strict=True):
        assert one.value == pytest.approx(sum(report.value for report in one.reports) / 2)
        assert one.u_own == pytest.approx(alone.u_own / 2**0.5, rel=0.1)
    assert [test.test for test in made.outliers if test.test == "cochran"] == ["cochran"]


def test_an_assigned_value_is_compared_with_the_whole_uncertainty(study: dict[str, Any]) -> None:
    asked = Asked(assigned=0.8, u=0.01, sigma_pt=0.05)
    made = interlab(firsts(study), study["lab"], asked).comparison
    assert made.chosen == "assigned" and made.shared == ()
    for one in made.participants:
        assert one.u_own == pytest.approx(one.u) and one.weight == 0
        assert score(one, "zeta") == pytest.approx((one.value - 0.8) / (one.u**2 + 1e-4) ** 0.5)
        assert score(one, "z") == pytest.approx((one.value - 0.8) / 0.05)
        assert score(one, "z_prime") == pytest.approx((one.value - 0.8) / (0.05**2 + 1e-4) ** 0.5)


def test_it_is_signed_and_can_be_recomputed_from_the_reports(study: dict[str, Any]) -> None:
    found = interlab(every(study), study["lab"], Asked(sigma_pt=0.04, name="pilot"))
    trusted = keys.trusted(study["lab"] / "keys")
    made, known, _ = unseal(INTERLAB, found.path.read_bytes(), "x", trusted)
    assert known and digest_of(made) == digest_of(found.comparison) and made.laboratory.name == "pilot"
    statement = msgspec.json.decode(__import__("base64").b64decode(msgspec.json.decode(found.envelope)["payload"]))
    assert statement["predicateType"] == "urn:assay:interlab:1" and len(statement["subject"]) == 7
    assert check(found.path, every(study), study["lab"]).id == made.id
    with pytest.raises(VerificationFailed) as changed:
        check(found.path, firsts(study), study["lab"])
    assert changed.value.code == "interlab.changed"
    with pytest.raises(VerificationFailed) as unknown:
        check(found.path, every(study), study["folder"] / "nobody")
    assert unknown.value.code == "interlab.untrusted"


def digest_of(made: Interlab) -> bytes:
    return signed_bytes(made)


def test_every_changed_byte_of_a_comparison_is_noticed(study: dict[str, Any]) -> None:
    data = interlab(firsts(study), study["lab"]).envelope
    for at in range(0, len(data), 211):
        other = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(VerificationFailed):
            unseal(INTERLAB, other, "x", {})


def test_the_youden_plot_has_two_materials_where_every_laboratory_has_both(study: dict[str, Any]) -> None:
    both = [*firsts(study), *study["others"].values()]
    made = interlab(both, study["lab"]).comparison
    assert made.youden is not None and len(made.youden.points) == 3
    assert all(len(one.reports) == 1 for one in made.participants)
    assert [point.x for point in made.youden.points] == [one.value for one in made.participants]
    assert "Youden plot" in html(made, "en") and "尧敦图" in html(made, "zh")


def test_the_page_and_the_terminal(study: dict[str, Any], tmp_path: Path) -> None:
    made = interlab(every(study), study["lab"], Asked(sigma_pt=0.04)).comparison
    bad = "<script>alert(1)</script>\x1b[31m"
    hostile = msgspec.structs.replace(
        made, participants=(msgspec.structs.replace(made.participants[0], name=bad), *made.participants[1:])
    )
    for language in ("en", "zh"):
        path = render(hostile, language, tmp_path / f"{language}.html", "ab" * 32)
        text = path.read_text(encoding="utf-8")
        assert "<script" not in text and "&lt;script&gt;" in text and "\x1b" not in text and "http://" not in text
        assert text.count("<svg") >= 1 and "note." not in text and "score." not in text
        shown = terminal(hostile, language, 60)
        assert "\x1b" not in shown and "method." not in shown
    from assay.reports.text import width

    assert max(width(line) for line in terminal(made, "en", 70).splitlines()) <= 80
    assert "\x1b[1;32m" in terminal(made, "en", 100, colour=True)


def test_the_command(
    study: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")  # names are cut where the terminal is narrow
    line = ["interlab", *map(str, firsts(study)), "--lab", str(study["lab"])]
    assert main([*line, "--html", str(tmp_path / "page.html")]) == 0
    assert "weighted mean" in capsys.readouterr().out and (tmp_path / "page.html").exists()
    assert main([*line, "--json", "--consensus", "algorithm_a"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["comparison"]["chosen"] == "algorithm_a" and Path(said["report"]).exists()
    assert main([*line, "--check", said["report"]]) == 0
    assert main([*line, "--lang", "zh", "--measurand", "llm.accuracy"]) == 0
    assert "公议值" in capsys.readouterr().out


def told(capsys: pytest.CaptureFixture[str], *line: object) -> tuple[int, str]:
    code = main([*map(str, line), "--json"])
    return code, json.loads(capsys.readouterr().out)["error"]["code"]


def test_bad_input(study: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lab = ("--lab", study["lab"])
    good, others = firsts(study), study["others"]
    assert told(capsys, "interlab", good[0], *lab) == (2, "interlab.few")
    assert told(capsys, "interlab", *study["reports"]["north"], *lab) == (2, "interlab.few")
    assert told(capsys, "interlab", good[0], good[0], good[1], *lab) == (2, "interlab.twice")
    assert told(capsys, "interlab", good[0], others["south"], *lab) == (2, "interlab.differs")
    assert told(capsys, "interlab", *good, "--measurand", "llm.acuracy", *lab) == (2, "interlab.measurand")
    assert told(capsys, "interlab", *good, "--assigned", "0.8", *lab) == (2, "interlab.assigned")
    assert told(capsys, "interlab", *good, "--assigned", "0.8", "--u", "0", *lab) == (2, "number.above_zero")
    assert told(capsys, "interlab", *good, "--sigma-pt", "-1", *lab) == (2, "number.above_zero")
    assert told(capsys, "interlab", *good, "--sigma-pt", "nan", *lab) == (2, "number.not_finite")
    assert told(capsys, "interlab", *good, "--consensus", "median", *lab) == (2, "interlab.choice")
    assert told(capsys, "interlab", *good[:2], "--consensus", "algorithm_a", *lab) == (2, "number.few")
    assert told(capsys, "interlab", *good, tmp_path / "none.json", *lab) == (2, "file.missing")


def test_a_changed_report_is_refused(study: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lab, good = ("--lab", study["lab"]), firsts(study)
    data = bytearray(good[1].read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "changed.json").write_bytes(data)
    code, _ = told(capsys, "interlab", good[0], tmp_path / "changed.json", *lab)
    assert code == 5


def test_untrusted_keys_are_named_and_refused_unless_allowed(study: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(VerificationFailed) as found:
        interlab(firsts(study), tmp_path / "new")
    assert found.value.code == "interlab.untrusted" and all(lab in str(found.value) for lab in LABS)
    made = interlab(firsts(study), tmp_path / "new", Asked(allow_untrusted=True)).comparison
    assert not any(one.trusted for one in made.participants)
    note = next(note for note in made.notes if note.code == "untrusted")
    assert "south" in note.values["names"] and "(key not trusted)" in html(made, "en")


def test_what_differs_is_named(study: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as found:
        interlab([firsts(study)[0], study["others"]["south"]], study["lab"])
    assert found.value.values["what"] == "material" and "…" in str(found.value)
