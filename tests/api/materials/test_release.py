"""Releases: what is frozen and certified, what a measurement makes of it, and what is refused by name."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import assay
from assay.api.materials.examined import audit, shards
from assay.api.materials.release import Asked, Released, frozen, release
from assay.api.materials.sealing import seal
from assay.api.verify import verify
from assay.cli.main import main
from assay.uncertainty.laboratories.reference_material import homogeneity
from assay.vocabulary.errors import BadInput, VerificationFailed
from assay.vocabulary.material import Item, Material

BANK: dict[str, Any] = {"part": "bank.release", "generators": ["bank.seating"], "n": 20, "seed": 7}


@pytest.fixture
def made(place: Any) -> Any:
    (place.folder / "chooser.py").write_text(
        "import random\ndef subject(text, seed):\n    return random.Random(text + str(seed)).choice('ABCD')\n"
    )
    return place


def measured(place: Any, material: dict[str, Any], **procedure: Any) -> assay.Measured:
    return assay.measure(
        {"subject": {"part": "general.callable", "function": "chooser:subject"}, "material": material,
         "procedure": {"part": "bank.choice", **procedure}}, place.lab,
    )  # fmt: skip


def released(place: Any, name: str = "rel", **asked: Any) -> Released:
    return release({"material": BANK}, place.lab, Asked(output=name, **asked))


def checks(path: Any, lab: Any) -> dict[str, str]:
    return {check.name: check.outcome for check in verify(path, lab).checks}


def codes(found: assay.Measured) -> list[str]:
    return [note.code for note in found.report.notes]


def test_a_release_is_frozen_signed_and_measured_with(made: Any) -> None:
    found = released(made)
    material, _ = frozen({"material": BANK})
    certificate = found.made
    assert certificate.material.digest == material.digest and certificate.made_by.settings["seed"] == 7
    assert (certificate.level, certificate.basis, certificate.chain) == ("primary", "construction", ())
    assert (certificate.labels, certificate.homogeneity, certificate.stability) == (None, None, None)
    path = found.folder / "certificate.json"
    assert checks(path, made.lab) == {"signature": "passed", "trust": "passed", "release_items": "passed",
                                      "hierarchy": "passed", "labels": "not_checked"}  # fmt: skip
    run = measured(made, {"part": "general.released", "path": "rel"})
    assert run.report.material.certificate == found.sha256 and run.report.material.digest == material.digest
    assert codes(run)[:2] == ["material_primary", "labels_not_examined"]
    assert "reference_labels" in run.results[0].unseen
    same = measured(made, BANK)  # made again by the same settings: the same items, so the same certificate
    assert same.report.material.certificate == found.sha256
    assert verify(run.path, made.lab).passed and assay.report(run.run, made.lab).envelope == run.envelope


def test_items_measured_before_their_certificate_name_it_afterwards(made: Any) -> None:
    before = measured(made, BANK)
    assert before.report.material.certificate is None
    found = released(made)
    after = measured(made, BANK, repeats=2)
    assert after.report.material.certificate == found.sha256
    assert assay.report(after.run, made.lab).report.material.certificate == found.sha256


def test_a_release_changed_after_its_certificate_is_named(made: Any) -> None:
    found = released(made)
    items = found.folder / "items.jsonl"
    lines = items.read_text().splitlines()
    row = json.loads(lines[2])
    row["reference"] = "A" if row["reference"] != "A" else "B"
    items.write_text("\n".join([*lines[:2], json.dumps(row), *lines[3:]]))
    with pytest.raises(BadInput, match="1 item\\(s\\) differ.*'seating/en/3'"):
        measured(made, {"part": "general.released", "path": "rel"})
    assert checks(found.folder / "certificate.json", made.lab)["release_items"] == "failed"
    material, _ = frozen({"material": BANK})
    changed = [msgspec.structs.replace(item, reference=row["reference"]) if item.id == row["id"] else item
               for item in material.items]  # fmt: skip
    from assay.vocabulary.canonical import digest, signed_bytes

    manifest = json.loads((found.folder / "manifest.json").read_bytes())
    manifest |= {"digest": digest(tuple(changed)), "items": [[item.id, digest(item)] for item in changed]}
    (found.folder / "manifest.json").write_bytes(signed_bytes(manifest))  # made to fit: the certificate still does not
    with pytest.raises(BadInput, match="changed after its certificate"):
        measured(made, {"part": "general.released", "path": "rel"})


@pytest.mark.parametrize("spoil", ["order", "missing", "more", "broken", "nothing", "manifest", "no_certificate"])
def test_every_other_change_is_named(spoil: str, made: Any) -> None:
    folder = released(made).folder
    lines = (folder / "items.jsonl").read_text().splitlines()
    wrong = {
        "order": [lines[1], lines[0], *lines[2:]], "missing": lines[:-1], "broken": [*lines[:3], "{", *lines[4:]],
        "more": [*lines, lines[0].replace('"seating/en/1"', '"new"')], "nothing": [],
    }  # fmt: skip
    if spoil in wrong:
        (folder / "items.jsonl").write_text("\n".join(wrong[spoil]))
    elif spoil == "manifest":
        (folder / "manifest.json").write_text('{"items": 3}')
    else:
        (folder / "certificate.json").unlink()
    with pytest.raises(BadInput, match="rel|items.jsonl"):
        measured(made, {"part": "general.released", "path": "rel"})


def test_the_generator_changed_after_the_certificate(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same settings give other items than those that were certified."""
    released(made)
    from assay.packs.bank.generator.seating import Seating

    own = Seating.make
    monkeypatch.setattr(Seating, "make", lambda self, rng, language: msgspec.structs.replace(
        own(self, rng, language), weight=2.0))  # fmt: skip
    with pytest.raises(BadInput, match="changed after its certificate.*release anew"):
        measured(made, BANK)


def test_an_audit_enters_the_certificate_and_the_budget(made: Any) -> None:
    material, _ = frozen({"material": BANK})
    rows = [f"{item.id},{int(k == 4)}" for k, item in enumerate(material.items[:25])]
    Path("audit.csv").write_text("\n".join(["item,wrong", *rows]))
    found = released(made, audit="audit.csv")
    labels = found.made.labels
    assert labels is not None and (labels.checked, labels.wrong) == (25, 1)
    assert labels.unchecked == pytest.approx(15 / 39) and found.made.material.n_items == 39
    assert checks(found.folder / "certificate.json", made.lab)["labels"] == "passed"
    run = measured(made, {"part": "general.released", "path": "rel"})
    row, value = run.results[0].budget[-1], run.results[0].value or 0.0
    assert row.source == f"material:{found.made.material.digest}:labels"
    assert row.u == pytest.approx(labels.u * max(value, 1 - value))
    assert verify(run.path, made.lab).passed
    assert "material_not_released" in codes(measured(made, BANK))  # the item with the wrong key is back
    assert "labels_not_in_budget" in codes(measured(made, {"part": "general.released", "path": "rel"}, target_u=0.2))


def test_references_may_be_audited_by_value(made: Any) -> None:
    material, _ = frozen({"material": BANK})
    first, second = material.items[:2]
    other = "B" if second.reference == "A" else "A"
    Path("a.jsonl").write_text(json.dumps({"item": first.id, "reference": first.reference}) + "\n"
                               + json.dumps({"item": second.id, "reference": other}))  # fmt: skip
    found, wrong = audit(Path("a.jsonl"), material)
    assert (found.checked, found.wrong, wrong) == (2, 1, {second.id})


@pytest.mark.parametrize(("table", "said"), [
    ("item,wrong\nnone,1", "no item 'none'"), ("item,wrong\nseating/en/1,maybe", "'maybe' does not say"),
    ("item,wrong\nseating/en/1,0\nseating/en/1,0", "audited before"), ("item,wrong", "no item was audited"),
    ("item,other\nseating/en/1,0", "does not say"), ("item,wrong\nseating/en/1,", "does not say"),
])  # fmt: skip
def test_audits_that_say_nothing_are_refused(table: str, said: str, made: Any) -> None:
    Path("a.csv").write_text(table)
    with pytest.raises(BadInput, match=said):
        released(made, audit="a.csv")
    assert not Path("rel").exists()


def test_the_hierarchy_goes_down_one_level_at_a_time(made: Any) -> None:
    material, _ = frozen({"material": BANK})
    Path("a.csv").write_text("\n".join(["item,wrong", *(f"{item.id},0" for item in material.items[:30])]))
    top = released(made, "top", audit="a.csv")
    table = {"part": "general.table", "path": "own.jsonl"}
    Path("own.jsonl").write_text("\n".join(json.dumps({"input": f"q{k}", "target": "A"}) for k in range(40)))
    with pytest.raises(BadInput, match="--basis construction, census or panel"):
        release({"material": table}, made.lab)
    second = release({"material": table}, made.lab, Asked(output="second", against="top/certificate.json"))
    assert (second.made.level, second.made.basis) == ("secondary", "assigned")
    assert [link.certificate for link in second.made.chain] == [top.sha256]
    assert [note.code for note in second.made.notes] == ["labels_only_above", "no_licence"]
    assert top.made.labels is not None and second.made.inherited == top.made.labels.u and second.made.labels is None
    found = measured(made, {"part": "general.released", "path": "second"}, part="bank.text")
    [row] = [row for row in found.report.results[0].budget if row.label == "labels"]
    value = found.report.results[0].value
    assert value is not None and row.u == pytest.approx(top.made.labels.u * max(value, 1 - value))
    assert "reference_labels" in found.report.results[0].unseen
    assert {"labels_from_above", "labels_not_examined"} <= {
        note.code for note in (*found.report.notes, *found.report.results[0].notes)}  # fmt: skip
    assert assay.verify(found.path, made.lab).passed
    Path("b.csv").write_text("\n".join(["item,wrong", *(f"{k},0" for k in range(1, 31))]))
    own = Asked(output="audited", against="top/certificate.json", audit="b.csv")
    audited = release({"material": table}, made.lab, own).made.labels
    assert top.made.labels is not None and audited is not None
    assert audited.inherited == top.made.labels.u and audited.u > top.made.labels.u  # it grows at each step
    Path("other.jsonl").write_text("\n".join(json.dumps({"input": f"r{k}", "target": "A"}) for k in range(40)))
    other = {"part": "general.table", "path": "other.jsonl"}
    third = release({"material": other}, made.lab, Asked(output="third", against="second/certificate.json"))
    assert third.made.inherited == second.made.inherited
    assert [link.level for link in third.made.chain] == ["secondary", "primary"] and third.made.level == "working"
    assert checks("third/certificate.json", made.lab)["hierarchy"] == "passed"
    for asked, said in ((Asked(output="x", against="third/certificate.json"), "lowest level"),
                        (Asked(output="x", against="top/certificate.json", basis="panel"), "give one of them"),
                        (Asked(output="top", basis="panel"), "exists already")):  # fmt: skip
        with pytest.raises(BadInput, match=said):
            release({"material": table}, made.lab, asked)
    tampered = Path("top/certificate.json").read_bytes().replace(b"payloadType", b"payloadTypf")
    Path("bad.json").write_bytes(tampered)
    with pytest.raises(VerificationFailed, match="no certificate of a material"):
        release({"material": table}, made.lab, Asked(output="x", against="bad.json"))
    with pytest.raises(BadInput, match="not trusted here"):
        release({"material": table}, made.folder / "other", Asked(output="x", against="top/certificate.json"))


def labels_row(found: assay.Measured) -> list[float]:
    return [row.u for row in found.report.results[0].budget if row.label == "labels"]


def test_a_release_released_or_sealed_again_keeps_its_audit(made: Any) -> None:
    material, _ = frozen({"material": BANK})
    Path("a.csv").write_text("\n".join(["item,wrong", *(f"{item.id},0" for item in material.items[:30])]))
    first = released(made, "first", audit="a.csv").made
    table = {"material": {"part": "general.released", "path": "first"}}
    measured(made, {**BANK, "n": 5})
    fewer = release(table, made.lab, Asked(output="fewer", limit=0)).made
    assert fewer.labels is not None and first.labels is not None and fewer.excluded == 10
    assert fewer.labels.u > first.labels.u and checks("fewer/certificate.json", made.lab)["labels"] == "passed"
    row = labels_row(measured(made, {"part": "general.released", "path": "first"}))
    again = release(table, made.lab, Asked(output="again"))
    assert again.made.labels == first.labels and (again.made.level, again.made.basis) == ("primary", "construction")
    assert [note.code for note in again.made.notes] == ["labels_kept"]
    assert checks("again/certificate.json", made.lab)["labels"] == "passed"
    assert labels_row(measured(made, {"part": "general.released", "path": "again"})) == row
    with pytest.raises(BadInput, match="released before"):
        release(table, made.lab, Asked(output="x", basis="panel"))
    found = measured(made, BANK)  # the same items, without a release beside them
    assert labels_row(found) == row and "material_certificates" in codes(found)
    sealed = seal(table, made.lab, "sec").made
    assert sealed.labels == first.labels
    blind = measured(made, {"part": "general.sealed", "path": "sec.sealed"})
    assert labels_row(blind) == pytest.approx(row, rel=0.5) and "sealed_certified" in codes(blind)


def test_shards_are_compared_by_the_readings(made: Any) -> None:
    run = measured(made, BANK).run
    found = released(made, runs=(run,), shards="4").made.homogeneity
    assert found is not None and (found.shards, found.n_items, found.runs) == (4, 40, (run,))
    material, _ = frozen({"material": BANK})
    values = {row["item"]: row["value"] for row in assay.observations(run, made.lab)}
    parts = [[values[material.items[k].id] for k in part] for part in shards(material, "4")]
    expected = homogeneity(parts)
    assert (found.p, found.u_bb) == pytest.approx((expected.analysis.p, expected.u_bb))
    from scipy import stats

    assert (found.f, found.p) == pytest.approx(tuple(stats.f_oneway(*parts)))
    by_language = released(made, "r2", runs=(run,), shards="tag:language").made.homogeneity
    assert by_language is not None and by_language.shards == 2
    for wrong in ("1", "many", "tag:", "tag:none", "41", "-3", "٣"):
        with pytest.raises(BadInput, match="shard"):
            released(made, "r3", runs=(run,), shards=wrong)


def test_stability_on_anchors(made: Any) -> None:
    first = measured(made, BANK).run
    later = measured(made, {**BANK, "n": 30}, seed=5).run  # n draws from the same seed: the first 20 are anchors
    found = release({"material": {**BANK, "n": 30}}, made.lab, Asked(output="rel", anchors=(first, later)))
    line = found.made.stability
    assert line is not None and line.n_anchors == 40 and line.interval is not None
    assert line.interval[0] <= 0 <= line.interval[1]
    again = measured(made, {**BANK, "n": 31}).run
    with pytest.raises(BadInput, match="nothing was asked anew"):
        release({"material": {**BANK, "n": 31}}, made.lab, Asked(output="r", anchors=(first, again)))
    with pytest.raises(BadInput, match="no anchors"):
        release({"material": {**BANK, "seed": 8}}, made.lab, Asked(output="r", anchors=(first, later)))


def test_exposed_items_are_left_out(made: Any) -> None:
    measured(made, {**BANK, "n": 5})
    found = released(made, limit=0)
    assert (found.made.excluded, found.made.material.n_items) == (10, 30)
    assert released(made, "r2", limit=1).made.excluded == 0
    with pytest.raises(BadInput, match="no item is left"):
        release({"material": {**BANK, "n": 5}}, made.lab, Asked(output="r3", limit=0))


def test_the_command_in_both_languages(made: Any, capsys: pytest.CaptureFixture[str]) -> None:
    Path("m.toml").write_text('[material]\npart = "bank.release"\ngenerators = ["bank.seating"]\nn = 3\n')
    for spoken, said in (("en", "not examined"), ("zh", "未考察")):
        assert main(["material", "release", "m.toml", "--output", f"r-{spoken}", "--lab", "lab", "--lang", spoken]) == 0
        assert capsys.readouterr().out.count(said) == 3
    assert main(["material", "release", "m.toml", "--output", "r-en", "--lab", "lab"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["material", "release", "m.toml", "--output", "r", "--json", "--lab", "lab"]) == 0
    assert json.loads(capsys.readouterr().out)["certificate"]["level"] == "primary"
    Path("n.toml").write_text("title = 'x'")
    assert main(["material", "release", "n.toml"]) == 2


@pytest.mark.parametrize(("given", "wrong"), [("b", 0), ("Paris", 0), ("paris", 0), ("A", 1), ("Rome", 1)])
def test_an_auditor_may_name_an_option_by_letter_or_by_text(tmp_path: Path, given: str, wrong: int) -> None:
    item = Item(id="q", stimulus="The capital of France?", reference="B", choices=("Rome", "Paris", "Bern"))
    table = tmp_path / "audit.csv"
    table.write_text(f"item,reference\nq,{given}\n")
    found, named = audit(table, Material(name="m", items=(item,)))
    assert found.wrong == wrong == len(named)
    table.write_text("item,reference\nq,Berlin\n")
    with pytest.raises(BadInput, match="none of the options"):
        audit(table, Material(name="m", items=(item,)))


@pytest.mark.parametrize(
    ("reference", "given", "wrong"), [(25, "25.0", 0), (0.5, ".5", 0), (25, "26", 1), (["Paris", "PARIS"], "paris", 0)]
)
def test_an_auditor_may_write_a_number_or_a_word_another_way(
    tmp_path: Path, reference: object, given: str, wrong: int
) -> None:
    table = tmp_path / "audit.csv"
    table.write_text(f"item,reference\nq,{given}\n")
    items = (Item(id="q", stimulus="?", reference=reference), Item(id="r", stimulus="!", reference=1))
    assert audit(table, Material(name="m", items=items))[0].wrong == wrong
