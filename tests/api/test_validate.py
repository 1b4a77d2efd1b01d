"""The software validated by itself, signed, and verified again."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.api import keys
from assay.api.validate import Asked, Validated, names, render, validate
from assay.api.verify import Verification, verify
from assay.reports.forms import VALIDATION
from assay.reports.keys import SigningKey
from assay.reports.sign import sealed
from assay.reports.statement import seal, unseal
from assay.vocabulary.errors import BadInput, Defect, VerificationFailed
from assay.vocabulary.validation import Validation

SAMPLE = Path(__file__).parents[1] / "reference" / "formats" / "validation-1.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Validated]:
    lab = tmp_path_factory.mktemp("lab")
    return lab, validate(lab, Asked(simulations=100, only=("published", "wilson", "ratio"), workers=1, name="North"))


@pytest.fixture(autouse=True)
def same_source(made: tuple[Path, Validated], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever edits a file while this runs changes nothing here."""
    monkeypatch.setattr("assay.api._statements.code_digest", lambda: made[1].certificate.code)
    monkeypatch.setattr("assay.api.validate.code_digest", lambda: made[1].certificate.code)


def outcomes(found: Verification) -> dict[str, str]:
    return {check.name: check.outcome for check in found.checks}


def signed(lab: Path, name: str, changed: Validation) -> Path:
    """A certificate signed again by the laboratory's own key."""
    path = lab / name
    path.write_bytes(seal(VALIDATION, changed, SigningKey.load_or_create(lab / "keys")))
    return path


def test_a_certificate(made: tuple[Path, Validated]) -> None:
    lab, found = made
    certificate = found.certificate
    assert certificate.passed and not certificate.complete
    assert {case.name for case in certificate.cases} >= {"gum_h1", "lsat6", "bernoulli_cs"}
    assert {line.method for line in certificate.coverage} == {"wilson", "ratio"}
    assert found.path.parent == (lab / "reports").resolve() and found.path.name == f"validation-{found.sha256[:8]}.json"
    assert unseal(VALIDATION, found.path.read_bytes(), "it").made == certificate
    checked = verify(found.path, lab)
    assert checked.passed and checked.trusted and checked.report == certificate.id
    assert outcomes(checked) == {
        "signature": "passed", "trust": "passed", "code": "passed", "published": "passed", "exact": "passed",
        "outcomes": "passed", "simulated": "not_checked",
    }  # fmt: skip


def test_a_stranger_does_not_trust_it(made: tuple[Path, Validated], tmp_path: Path) -> None:
    checked = verify(made[1].path, tmp_path)
    assert not checked.passed and not checked.trusted


def test_finished_studies_are_taken_over(made: tuple[Path, Validated]) -> None:
    lab, first = made
    told: list[Any] = []
    again = validate(lab, Asked(simulations=100, only=("ratio",), workers=1), told.append)
    assert told == []
    assert again.certificate.coverage == first.certificate.coverage[-len(again.certificate.coverage) :]
    for file in (lab / "validation").glob("*.json"):
        file.write_text("[", encoding="utf-8")  # cut off: simulated again
    broken = validate(lab, Asked(simulations=100, only=("ratio",), workers=1), told.append)
    assert told[-1].done == told[-1].planned > 0 == told[-1].reused
    assert broken.certificate.coverage == again.certificate.coverage


def test_processes_change_no_figure(made: tuple[Path, Validated], tmp_path: Path) -> None:
    again = validate(tmp_path, Asked(simulations=100, only=("ratio",), workers=2))
    assert again.certificate.coverage == tuple(x for x in made[1].certificate.coverage if x.method == "ratio")
    other = validate(tmp_path, Asked(simulations=100, only=("ratio",), workers=1, seed=2))
    assert other.certificate.coverage != again.certificate.coverage


def test_workers_end_with_whoever_started_them(tmp_path: Path) -> None:
    """Killed from outside, as by a full machine: nobody goes on calculating."""
    program = (
        "from assay.api.validate import Asked, validate\n"
        "if __name__ == '__main__':\n"
        f"    validate({str(tmp_path / 'lab')!r}, Asked(simulations=5000, only=('gap',), workers=2))\n"
    )
    (tmp_path / "run.py").write_text(program, encoding="utf-8")
    running = subprocess.Popen([sys.executable, str(tmp_path / "run.py")], start_new_session=True)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    if not children.exists():
        running.kill()
        pytest.skip("no /proc to see the workers in")
    until_s = time.monotonic() + 60
    while len(started := children.read_text().split()) < 3 and time.monotonic() < until_s:  # a tracker and two workers
        time.sleep(0.2)
    assert len(started) == 3
    time.sleep(4)  # long enough for the workers to be at work
    running.kill()
    running.wait()
    until_s = time.monotonic() + 60
    while any(Path(f"/proc/{one}").exists() for one in started) and time.monotonic() < until_s:
        time.sleep(0.2)
    assert [one for one in started if Path(f"/proc/{one}").exists()] == []


def test_every_byte_counts(made: tuple[Path, Validated], tmp_path: Path) -> None:
    data = made[1].envelope
    for at in range(0, len(data), len(data) // 60):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        (tmp_path / "changed.json").write_bytes(changed)
        with pytest.raises(VerificationFailed):
            verify(tmp_path / "changed.json", made[0])
    (tmp_path / "longer.json").write_bytes(data + b" ")
    with pytest.raises(VerificationFailed):
        verify(tmp_path / "longer.json", made[0])


def test_a_signature_does_not_make_numbers_true(made: tuple[Path, Validated]) -> None:
    lab, found = made
    good = found.certificate
    case = good.cases[0]
    row = msgspec.structs.replace(case.rows[1], computed=case.rows[1].computed + 1e-10)
    forged = msgspec.structs.replace(case, rows=(case.rows[0], row, *case.rows[2:]))
    path = signed(lab, "number.json", msgspec.structs.replace(good, cases=(forged, *good.cases[1:])))
    assert outcomes(verify(path, lab))["published"] == "failed"

    line = msgspec.structs.replace(good.coverage[0], covered=0.95, exact=0.95)
    path = signed(lab, "line.json", msgspec.structs.replace(good, coverage=(line, *good.coverage[1:])))
    assert outcomes(verify(path, lab))["exact"] == "failed"

    last = msgspec.structs.replace(good.coverage[-1], covered=0.5)
    path = signed(lab, "judged.json", msgspec.structs.replace(good, coverage=(*good.coverage[:-1], last)))
    found_again = verify(path, lab)
    assert outcomes(found_again)["outcomes"] == "failed" and not found_again.passed

    path = signed(lab, "other.json", msgspec.structs.replace(good, code="0" * 64))
    assert outcomes(verify(path, lab))["code"] == "not_checked"
    with pytest.raises(Defect):
        seal(VALIDATION, msgspec.structs.replace(good, laboratory=good.laboratory),
                        SigningKey.load_or_create(lab / "elsewhere"))  # fmt: skip


def test_unknown_kinds_and_other_files_are_refused(made: tuple[Path, Validated]) -> None:
    lab, found = made
    tree = VALIDATION.statement(found.certificate) | {"predicateType": "urn:other:thing\x1b[31m"}
    path = lab / "unknown.json"
    path.write_bytes(sealed(tree, SigningKey.load_or_create(lab / "keys")))
    with pytest.raises(VerificationFailed) as refused:
        verify(path, lab)
    assert refused.value.code == "report.unknown_kind"
    assert "\x1b" not in str(refused.value) and "urn:assay:validation:1" in str(refused.value)
    empty = VALIDATION.statement(found.certificate) | {"predicate": {}}
    path.write_bytes(sealed(empty, SigningKey.load_or_create(lab / "keys")))
    with pytest.raises(VerificationFailed) as refused:
        verify(path, lab)
    assert refused.value.code == "validation.not_one"
    for junk in (b"", b"{}", b"[1]"):
        path.write_bytes(junk)
        with pytest.raises(BadInput) as mistaken:
            verify(path, lab)
        assert mistaken.value.code == "verify.no_report"
    for spoilt in (b'{"payload": 3}', b'{"payload": "e30="}'):
        path.write_bytes(spoilt)
        with pytest.raises(VerificationFailed) as refused:
            verify(path, lab)
        assert refused.value.code == "report.not_a_report"


def test_a_failure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.testing.validation.published import entries

    changed = json.loads(json.dumps(entries()["krippendorff"]))
    changed["nominal"] += 1e-6
    monkeypatch.setitem(entries(), "krippendorff", changed)
    found = validate(tmp_path, Asked(only=("published",)))
    assert not found.certificate.passed
    assert [case.name for case in found.certificate.cases if not case.passed] == ["krippendorff"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Asked(only=("wilsn",)), "validate.unknown"),
        (Asked(simulations=99), "validate.few"),
        (Asked(workers=0), "validate.few"),
        (Asked(workers=-1), "validate.few"),
        (Asked(seed=-1), "validate.few"),
    ],
)
def test_refusals(tmp_path: Path, asked: Asked, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        validate(tmp_path, asked)
    assert refused.value.code == code
    assert not (tmp_path / "keys").exists()


def test_what_may_be_asked_for() -> None:
    assert names()[:4] == ["published", "wilson", "clopper_pearson", "jeffreys"] and "mean" in names()


def test_pages(made: tuple[Path, Validated], tmp_path: Path) -> None:
    certificate = made[1].certificate
    page = render(certificate, "zh", tmp_path / "page.html", made[1].sha256).read_text(encoding="utf-8")
    assert "软件确认" in page and made[1].sha256 in page and "<script" not in page
    tables = render(certificate, "en", tmp_path / "tables.md").read_text(encoding="utf-8")
    assert "| Wilson | 30 readings |" in tables and "| gum_h1 | JCGM 100:2008 Annex H.1" in tables


def test_a_stored_certificate_of_format_1_is_still_read(tmp_path: Path) -> None:
    shutil.copy(SAMPLE, tmp_path / "kept.json")
    opened = unseal(VALIDATION, (tmp_path / "kept.json").read_bytes(), "kept")
    assert opened.made.format == 1 and opened.made.passed
    found = verify(tmp_path / "kept.json", tmp_path)
    assert not found.trusted and outcomes(found)["signature"] == "passed" and outcomes(found)["exact"] == "passed"


def test_a_comparison_of_laboratories_is_verified_by_the_same_command(tmp_path: Path) -> None:
    from assay import measure
    from assay.api.laboratories.interlab import interlab
    from assay.api.reference import Settings, reference
    from assay.testing.reference_server import running

    server = reference(Settings(items=20, score=0.8))
    server.model.write_items(tmp_path / "items.jsonl")
    reports = []
    with running(server.app()) as url:
        for number, lab in enumerate(("north", "south")):
            table = {
                "title": "round", "laboratory": lab,
                "subject": {"part": "llm.endpoint", "base_url": f"{url}/v1", "model": "reference"},
                "procedure": {"part": "llm.choice", "variants": 2, "repeats": 2, "seed": number},
                "material": {"part": "general.table", "path": str(tmp_path / "items.jsonl")},
            }  # fmt: skip
            reports.append(measure(table, tmp_path / lab).path)
    keys.export(tmp_path / "south", "south", tmp_path / "south.key")
    north = tmp_path / "north"
    keys.trust(north, tmp_path / "south.key")
    path = interlab(reports, north).path
    assert outcomes(verify(path, north)) == {"signature": "passed", "trust": "passed", "used_reports": "not_checked"}
    shutil.copy(reports[1], north / "reports")
    assert outcomes(verify(path, north))["used_reports"] == "passed"
    stranger = verify(path, tmp_path / "nowhere")
    assert not stranger.passed and outcomes(stranger)["used_reports"] == "not_checked"
