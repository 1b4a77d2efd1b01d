"""Sealed material: from the seal over the measurement to the opening, and everything that does not fit."""

import base64
import json
import sqlite3
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

import assay
from assay.api import keys
from assay.api.materials.card import card
from assay.api.materials.exposed import Wanted, ledger
from assay.api.materials.release import Asked, frozen, release
from assay.api.materials.sealing import Sealing, open_sealed, seal
from assay.api.verify import verify
from assay.cli.main import main
from assay.reports.forms import OPENING, SEAL
from assay.reports.keys import SigningKey
from assay.reports.statement import seal as sign
from assay.reports.statement import unseal
from assay.vocabulary.canonical import digest_bytes, signed_bytes
from assay.vocabulary.errors import BadInput, VerificationFailed
from assay.vocabulary.seal import leaf

BANK: dict[str, Any] = {"part": "bank.release", "generators": ["bank.seating", "bank.slips"], "n": 5, "seed": 7}
SEALED = {"part": "general.sealed", "path": "sec.sealed"}


@pytest.fixture
def made(place: Any) -> Any:
    (place.folder / "listener.py").write_text(
        "SEEN = []\ndef subject(text):\n    SEEN.append(text)\n    return 'A'\n"
    )
    return place


def sealed(place: Any, lab: Any = None, **material: Any) -> Sealing:
    return seal({"material": {**BANK, **material}}, lab or place.lab, "sec", "Lab of the seal")


def run(place: Any, material: dict[str, Any], lab: Any = None, **procedure: Any) -> assay.Measured:
    return assay.measure(
        {"subject": {"part": "general.callable", "function": "listener:subject"}, "material": material,
         "procedure": {"part": "bank.choice", **procedure}}, lab or place.lab,
    )  # fmt: skip


def outcome(path: Any, lab: Any) -> dict[str, tuple[str, str]]:
    return {check.name: (check.outcome, check.detail) for check in verify(path, lab).checks}


def codes(found: assay.Measured) -> list[str]:
    return [note.code for note in found.report.notes]


def test_the_files_of_a_seal_tell_nothing_of_the_items(made: Any) -> None:
    found = sealed(made)
    assert stat.S_IMODE(found.key.stat().st_mode) == 0o600
    items = assay.api.materials.release.frozen({"material": BANK})[0].items
    public, encrypted = found.public.read_bytes(), found.sealed.read_bytes()
    payload = base64.b64decode(json.loads(public)["payload"])
    for item in items:
        for data in (payload, encrypted):
            assert str(item.stimulus)[:30].encode() not in data and item.id.encode() not in data
    assert found.made.sealed == digest_bytes(encrypted) and found.made.n_items == len(items)
    assert outcome(found.public, made.lab)["sealed_file"] == ("passed", found.made.sealed)
    found.sealed.write_bytes(encrypted[:-9])
    assert outcome(found.public, made.lab)["sealed_file"][0] == "failed"
    with pytest.raises(BadInput, match="exists already"):
        sealed(made)


def test_the_same_items_never_have_the_same_root(made: Any) -> None:
    first = sealed(made)
    second = seal({"material": BANK}, made.lab, "again")
    assert first.made.root != second.made.root


def test_a_measurement_of_sealed_items_is_that_of_open_ones(made: Any) -> None:
    """The subject gets the very same questions; the laboratory keeps none of them."""
    found = sealed(made)
    hidden = run(made, SEALED, variants=["bare", "direct"])
    import listener

    asked = sorted(listener.SEEN[-2 * found.made.n_items :])
    listener.SEEN.clear()
    plain = run(made, BANK, made.folder / "open", variants=["bare", "direct"])
    assert sorted(listener.SEEN) == asked and len(asked) == 2 * found.made.n_items
    one, two = hidden.results[0], plain.results[0]
    assert (one.value, one.u, one.interval, one.n_groups) == (two.value, two.u, two.interval, two.n_groups)
    report, n = hidden.report, found.made.n_items
    assert report.material.certificate == digest_bytes(found.public.read_bytes())
    assert report.material.source == f"sealed, root {found.made.root}" and len(report.material.leaves) == n
    assert codes(hidden)[0] == "sealed"
    for path in [made.lab / "store.sqlite", made.lab / "store.sqlite-wal", hidden.path]:
        data = path.read_bytes() if path.exists() else b""
        data += base64.b64decode(json.loads(data)["payload"]) if path.suffix == ".json" else b""
        assert not [text for text in asked if text[:40].encode() in data]
    assert verify(hidden.path, made.lab).passed
    again = assay.report(hidden.run, made.lab)
    assert again.envelope == hidden.envelope and run(made, SEALED, variants=["bare", "direct"]).run == hidden.run
    with pytest.raises(BadInput, match="no target"):
        assay.read(hidden.run, "general.exact", made.lab)


def test_opened_items_are_checked_by_a_stranger(made: Any) -> None:
    found = sealed(made)
    report = run(made, SEALED).report
    opened = open_sealed("sec.sealed", made.lab)
    assert opened.made.early == () and len(opened.made.items) == found.made.n_items
    assert outcome(opened.path, made.lab)["opened_after"] == ("passed", report.run)
    for one, stated in zip(opened.made.items, report.material.leaves, strict=True):
        assert leaf(bytes.fromhex(one.salt), one.item).hex() == stated  # what the report named
    stranger = made.folder / "stranger"
    (stranger / "post").mkdir(parents=True)
    (stranger / "post" / "o.json").write_bytes(opened.path.read_bytes())
    assert outcome(stranger / "post" / "o.json", stranger)["trust"][0] == "failed"
    keys.export(made.lab, "them", "them.json")
    keys.trust(stranger, "them.json")
    seen = outcome(stranger / "post" / "o.json", stranger)
    assert seen["inclusion"] == ("passed", f"{found.made.n_items}/{found.made.n_items}")
    assert seen["seal"][0] == "not_checked" and digest_bytes(found.public.read_bytes()) in seen["seal"][1]
    (stranger / "post" / "x.seal.json").write_bytes(found.public.read_bytes())  # as it was published
    assert outcome(stranger / "post" / "o.json", stranger)["seal"][0] == "passed"
    assert verify(stranger / "post" / "o.json", stranger).passed


def test_sealed_items_are_not_opened_by_describing_or_releasing_them(made: Any) -> None:
    found = sealed(made)
    Path("m.toml").write_text('[material]\npart = "general.sealed"\npath = "sec.sealed"\n')
    for act in (lambda: card("m.toml", "out", made.lab), lambda: release("m.toml", made.lab, Asked(basis="panel"))):
        with pytest.raises(BadInput, match="assay material open") as refused:
            act()
        assert refused.value.code == "seal.closed"
    assert not Path("out").exists() and not list(Path().glob("*-release"))
    open_sealed(found.sealed, made.lab, [found_id(made)])
    with pytest.raises(BadInput, match="assay material open"):
        card("m.toml", "out", made.lab)
    open_sealed(found.sealed, made.lab)
    card("m.toml", "out", made.lab)
    assert Path("out/card.md").exists()


def found_id(made: Any) -> str:
    material, _ = frozen({"material": BANK})
    return material.items[0].id


def test_the_ledger_knows_opened_items_by_what_they_are(made: Any) -> None:
    found = sealed(made)
    run(made, SEALED)
    name = found_id(made)
    with pytest.raises(BadInput, match="went to anybody"):
        ledger(made.lab, Wanted(item=name))
    open_sealed(found.sealed, made.lab)
    [blind] = ledger(made.lab, Wanted(item=name)).items
    assert len(blind.leaf) == 64 and ledger(made.lab, Wanted(item=blind.leaf)).items == (blind,)
    run(made, BANK)
    [both] = ledger(made.lab, Wanted(item=name)).items
    assert len(both.runs) == 2 and (both.content, both.leaf) == (blind.content, blind.leaf)
    assert name in {one.item for one in ledger(made.lab, Wanted(limit=1)).items}


def test_some_items_may_be_opened(made: Any) -> None:
    sealed(made)
    opened = open_sealed("sec.sealed", made.lab, ["seating/en/2", "seating/zh/1", "seating/en/2"])
    assert [one.item["id"] for one in opened.made.items] == ["seating/en/2", "seating/zh/1"]
    assert outcome(opened.path, made.lab)["inclusion"] == ("passed", f"2/{opened.made.n_items}")
    second = open_sealed("sec.sealed", made.lab, ["seating/en/1"])
    assert second.path != opened.path
    with pytest.raises(BadInput, match="'seating/en/9' was sealed"):
        open_sealed("sec.sealed", made.lab, ["seating/en/9"])


def test_an_item_opened_early_is_named(made: Any) -> None:
    sealed(made)
    with pytest.raises(assay.vocabulary.errors.CannotMeasure):
        run(made, SEALED, max_requests=3)
    opened = open_sealed("sec.sealed", made.lab, ["seating/en/2"])
    assert len(opened.made.early) == 1
    found = run(made, SEALED)
    assert opened.made.early == (found.run,)
    (remark,) = [note for note in found.report.notes if note.code == "sealed_opened"]
    place = opened.made.items[0].place
    assert remark.values["items"] == found.report.material.leaves[place][:16]
    assert outcome(opened.path, made.lab)["opened_after"] == ("failed", found.run)
    assert not verify(opened.path, made.lab).passed
    broken = ledger(made.lab, Wanted(verify=True)).broken or ()
    assert [(one.kind, found.run in one.detail, f": {place + 1}" in one.detail) for one in broken] == [
        ("opened_early", True, True)]  # fmt: skip


def test_items_that_were_given_before_they_were_sealed_are_named(made: Any) -> None:
    run(made, {**BANK, "n": 1})
    found = sealed(made)
    (note,) = found.made.notes
    assert note.code == "sealed_exposed" and set(note.values) == {"n"}  # ids may tell something, too
    assert "sealed_exposed" in codes(run(made, SEALED))


def test_a_forged_opening_fails(made: Any) -> None:
    """Signed by the laboratory itself, with an item that was not sealed, another root, or another seal."""
    sealed(made)
    other = seal({"material": {**BANK, "seed": 8}}, made.lab, "other")
    opened = open_sealed("sec.sealed", made.lab)
    made_by = SigningKey.load(made.lab / "keys")
    first = opened.made.items[0]
    answered = msgspec.structs.replace(first, item=first.item | {"reference": "Z"})
    foreign = base64.b64encode(other.public.read_bytes()).decode()
    for change, failing in (
        ({"items": (answered, *opened.made.items[1:])}, "inclusion"),
        ({"items": (msgspec.structs.replace(first, place=1),)}, "inclusion"),
        ({"root": other.made.root}, "seal"), ({"n_items": 3}, "seal"),
        ({"envelope": foreign}, "seal"), ({"envelope": "?"}, "seal"),
        ({"envelope": foreign, "seal": digest_bytes(other.public.read_bytes())}, "seal"),
        ({"issued": "2000-01-01T00:00:00+00:00"}, "seal"), ({"early": ("abc",)}, "opened_after"),
    ):  # fmt: skip
        forged = msgspec.structs.replace(opened.made, **change)
        Path("forged.json").write_bytes(sign(OPENING, forged, made_by))
        assert outcome("forged.json", made.lab)[failing][0] == "failed", change


@pytest.mark.parametrize(
    "spoil", ["key", "other_key", "line", "swapped", "cut", "head", "root", "seal", "binary", "empty"]
)
def test_files_that_do_not_fit_are_refused(spoil: str, made: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found = sealed(made)
    lines = found.sealed.read_bytes().splitlines()
    other = seal({"material": BANK}, made.lab, "other")
    if spoil == "key":
        found.key.write_text('{"format": "assay-sealing-key-1", "key": "AAAA"}')
    elif spoil == "other_key":
        found.key.write_bytes(other.key.read_bytes())
    elif spoil == "seal":
        found.public.write_bytes(other.public.read_bytes())
    else:
        data = {
            "line": [*lines[:2], lines[2][:-8] + b"AAAAAAA=", *lines[3:]],
            "swapped": [lines[0], lines[2], lines[1], *lines[3:]],
            "cut": lines[:-1], "head": [b"{}", *lines[1:]], "binary": [b"\x00\xff", *lines[1:]], "empty": [],
            "root": [lines[0].replace(found.made.root.encode(), b"0" * 64), *lines[1:]],
        }[spoil]  # fmt: skip
        found.sealed.write_bytes(b"\n".join(data))
    with pytest.raises((BadInput, VerificationFailed)) as error:
        run(made, SEALED)
    assert "sec" in str(error.value) or "seal" in str(error.value)
    assert main(["material", "open", "sec.sealed", "--lab", str(made.lab)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_seal_of_another_laboratory_must_be_trusted(made: Any) -> None:
    sealed(made, made.folder / "theirs")
    with pytest.raises(BadInput, match="not trusted here"):
        run(made, SEALED)
    keys.export(made.folder / "theirs", "them", "them.json")
    keys.trust(made.lab, "them.json")
    assert codes(run(made, SEALED))[0] == "sealed"


def test_a_tampered_seal_is_refused(made: Any) -> None:
    found = sealed(made)
    tree = json.loads(found.public.read_bytes())
    payload = json.loads(base64.b64decode(tree["payload"]))
    payload["predicate"]["name"] = "another"
    tree["payload"] = base64.b64encode(signed_bytes(payload)).decode()
    found.public.write_bytes(signed_bytes(tree))
    with pytest.raises(VerificationFailed):
        run(made, SEALED)
    with pytest.raises(VerificationFailed):
        unseal(SEAL, found.public.read_bytes(), "x")


def test_judges_may_not_see_sealed_items(made: Any) -> None:
    sealed(made)
    table = {"subject": {"part": "general.callable", "function": "listener:subject"}, "material": SEALED,
             "procedure": {"part": "bank.choice", "instrument": {
                 "part": "judging.pointwise", "rubric": "judging.correctness", "uncalibrated": True,
                 "judge": {"part": "general.callable", "function": "listener:subject"}}}}  # fmt: skip
    with pytest.raises(BadInput, match="cannot be read by a judge|judge|rubric"):
        assay.measure(table, made.lab)


def test_the_commands(made: Any, capsys: pytest.CaptureFixture[str]) -> None:
    Path("m.toml").write_text('[material]\npart = "bank.release"\ngenerators = ["bank.seating"]\nn = 2\n')
    assert main(["material", "seal", "m.toml", "--output", "s", "--lab", "lab"]) == 0
    assert "Publish now" in capsys.readouterr().out
    assert main(["material", "open", "s.sealed", "--lab", "lab", "--lang", "zh"]) == 0
    assert "已开启 4 题中的 4 题" in capsys.readouterr().out
    assert main(["verify", "s.opening.json", "s.seal.json", "--lab", "lab"]) == 0
    told = capsys.readouterr().out
    assert "each opened item stands under the root: 4/4" in told
    rows = sqlite3.connect("lab/store.sqlite").execute("SELECT entry FROM ledger").fetchall()
    assert [json.loads(data)["kind"] for (data,) in rows] == ["sealed", "opened"]
