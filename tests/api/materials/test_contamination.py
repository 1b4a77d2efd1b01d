"""A planted subject that knows the public items by heart, and a clean one."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.api.materials.completion import probe
from assay.api.materials.drop import Drop, drop
from assay.api.materials.release import frozen
from assay.cli.main import main
from assay.vocabulary.errors import BadInput

BANK: dict[str, Any] = {"part": "bank.release", "generators": ["bank.seating", "bank.swaps", "bank.event_order"],
                        "n": 15, "seed": 11}  # fmt: skip
SUBJECTS = '''
import json, random
from pathlib import Path

KNOWN = json.loads(Path("known.json").read_text())

def clean(stimulus, seed):
    """Answers at random, and goes on with a text by what most of them say."""
    if "word for word" in stimulus or "逐字" in stimulus:
        return "Who sits there? Which one is it, and what comes next?"
    return random.Random(str(seed) + stimulus).choice("ABCD")

def leaked(stimulus, seed):
    """Knows the public items by heart, with their answers; knows no others."""
    shown = stimulus.split("\\n\\n", 1)[-1]
    for text, answer in KNOWN:
        if ("word for word" in stimulus or "逐字" in stimulus) and text.startswith(shown):
            return text[len(shown):]
        if stimulus.startswith(text):
            return answer
    return clean(stimulus, seed)

def shy(stimulus, seed):
    """The same, but silent on most of the fresh items."""
    answer = leaked(stimulus, seed)
    known = any(stimulus.startswith(text) for text, _ in KNOWN)
    return answer if known or random.Random(stimulus).random() < 0.1 else ""
'''


@pytest.fixture
def bank(place: Any) -> Any:
    material, _ = frozen({"material": BANK})
    (place.folder / "known.json").write_text(json.dumps([[i.stimulus, i.reference] for i in material.items]))
    (place.folder / "planted.py").write_text(SUBJECTS)
    return place


def run(place: Any, function: str, seed: int, **material: Any) -> str:
    made = assay.measure(
        {"subject": {"part": "general.callable", "function": f"planted:{function}"},
         "material": {**BANK, "seed": seed, **material}, "procedure": {"part": "bank.choice"}}, place.lab,
    )  # fmt: skip
    return made.run


def test_the_drop_of_a_subject_that_knows_the_public_items(bank: Any) -> None:
    found = drop(run(bank, "leaked", 11), run(bank, "leaked", 12), bank.lab)
    assert found.original_value == 1.0 and found.drop > 0.5 and found.sign == "shown"
    assert found.interval is not None and found.interval[0] > 0.4 and found.pairing == "cells"
    assert (found.n_original, found.n_fresh, found.left_out, found.lost) == (90, 90, 0, 0)
    clean = drop(run(bank, "clean", 11), run(bank, "clean", 12), bank.lab)
    assert clean.sign == "not_shown" and clean.interval is not None
    assert clean.interval[0] < 0 < clean.interval[1] and clean.interval[1] - clean.interval[0] < 0.4


def test_lost_readings_are_counted_against_the_sign(bank: Any) -> None:
    found = drop(run(bank, "shy", 11), run(bank, "shy", 12), bank.lab)
    assert found.lost > 40 and found.sign == "not_shown"


def test_cells_of_unequal_size_weigh_as_in_the_original(bank: Any) -> None:
    """The drop is the mean over the original's cells of the difference of cell means."""
    fewer = [name for name in BANK["generators"] if name != "bank.swaps"]
    a, b = run(bank, "leaked", 11), run(bank, "leaked", 12, n=9, generators=fewer)
    found = drop(a, b, bank.lab)
    assert (found.n_original, found.n_fresh, found.left_out) == (60, 36, 30)
    values: dict[str, dict[str, list[float]]] = {}
    for name in (a, b):
        for row in assay.observations(name, bank.lab):
            cell = row["item"].rpartition("/")[0]
            values.setdefault(cell, {}).setdefault(name, []).append(row["value"])
    gaps = [sum(v[a]) / len(v[a]) - sum(v[b]) / len(v[b]) for v in values.values() if len(v) == 2]
    assert found.drop == pytest.approx(sum(gaps) / len(gaps))


def test_pairs_of_original_and_twin(place: Any) -> None:
    rng = random.Random(2)
    rows = [(f"q{k}", f"what is {k} and {k} more", str(2 * k)) for k in range(40)]
    known = {text: answer for _, text, answer in rows}
    (place.folder / "paired.py").write_text(
        f"KNOWN = {known!r}\n"
        "def subject(text):\n    return KNOWN.get(text, '0')\n"
    )
    assert len(known) == 40
    tables = {
        "a": [{"id": name, "input": text, "target": answer} for name, text, answer in rows],
        "b": [{"id": f"t{k}", "input": f"say what {k} and {k} make", "target": answer, "tags": [f"pair:{name}"]}
              for k, (name, _, answer) in enumerate(rows)],
    }  # fmt: skip
    rng.shuffle(tables["b"])
    names = []
    for table, items in tables.items():
        (place.folder / f"{table}.jsonl").write_text("\n".join(map(json.dumps, items)))
        names.append(assay.measure(
            {"subject": {"part": "general.callable", "function": "paired:subject"},
             "material": {"part": "general.table", "path": f"{table}.jsonl"},
             "procedure": {"part": "general.direct"}}, place.lab).run)  # fmt: skip
    found = drop(names[0], names[1], place.lab)
    assert (found.pairing, found.n_original, found.n_fresh) == ("pairs", 40, 40)
    assert (found.original_value, found.fresh_value) == (1.0, 1 / 40) and found.drop == pytest.approx(39 / 40)
    assert found.sign == "shown"


def file(place: Any, function: str) -> str:
    (place.folder / "p.toml").write_text(
        f'[subject]\npart = "general.callable"\nfunction = "planted:{function}"\n[material]\npart = "bank.release"\n'
        f'generators = {json.dumps(BANK["generators"])}\nn = 15\nseed = 11\n'
    )
    return "p.toml"


def test_the_guided_completion(bank: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found = probe(file(bank, "leaked"), bank.lab)
    assert found.drop.original_value > 0.9 and found.drop.fresh_value < 0.2 and found.drop.sign == "shown"
    assert main(["material", "contamination", "p.toml", "--probe", "--quiet", "--lab", str(bank.lab)]) == 1
    assert "a sign of contamination" in capsys.readouterr().out
    clean = probe(file(bank, "clean"), bank.lab)
    assert clean.drop.sign == "not_shown" and abs(clean.drop.drop) < 0.1
    again = probe("p.toml", bank.lab)
    assert again == clean  # the fresh items are the same, and nothing was asked again
    with pytest.raises(BadInput, match="both have the seed 11"):
        probe("p.toml", bank.lab, fresh_seed=11)


def test_what_cannot_be_compared(bank: Any) -> None:
    a, b = run(bank, "clean", 11), run(bank, "leaked", 12)
    with pytest.raises(BadInput, match="different subjects"):
        drop(a, b, bank.lab)
    Path("t.jsonl").write_text('{"input": "x", "target": "y"}')
    Path("t.toml").write_text('[subject]\npart = "general.callable"\nfunction = "planted:clean"\n'
                              '[material]\npart = "general.table"\npath = "t.jsonl"\n')  # fmt: skip
    with pytest.raises(BadInput, match="cannot make fresh items"):
        probe("t.toml", bank.lab)
    Path("t.toml").write_text(Path("t.toml").read_text() + '[fresh]\npart = "general.table"\npath = "t.jsonl"\n')
    with pytest.raises(BadInput, match="16 words"):
        probe("t.toml", bank.lab)


@pytest.mark.parametrize("arguments", [[], ["--probe", "--corpus", "x"], ["--original", "a"], ["--corpus", "none"],
                                       ["--probe"]])  # fmt: skip
def test_the_command_says_what_it_needs(arguments: list[str], place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["material", "contamination", *arguments]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_clean_subjects_are_accused_about_as_seldom_as_the_level_says() -> None:
    """300 clean subjects, 60 items a side: the interval lies above 0 in about 1 of 40."""
    import numpy as np

    from assay.uncertainty.comparing.comparison import unpaired
    from assay.uncertainty.comparing.difference import interval
    from assay.uncertainty.score.crossed import Design, Rows, mean

    rng = np.random.default_rng(5)
    held = shown = 0
    for _ in range(300):
        sides = []
        for _ in range(2):
            right = rng.random(60) < np.repeat([0.9, 0.6, 0.3], 20)
            design = Design(np.ones(60), None, 1, True, False, (0.0, 1.0), np.repeat([0, 1, 2], 20))
            rows = Rows(np.arange(60), np.zeros(60, int), right.astype(float))
            sides.append(mean(rows, design).spread)
        ends = interval(unpaired(sides[0], sides[1]), 0.95)
        assert ends is not None
        held += ends[0] <= 0 <= ends[1]
        shown += ends[0] > 0
    assert held / 300 >= 0.92 and shown / 300 <= 0.06


def test_a_drop_can_be_printed_in_both_languages(bank: Any, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = run(bank, "leaked", 11), run(bank, "leaked", 12)
    for spoken, said in (("en", "sign of contamination"), ("zh", "有污染迹象")):
        arguments = ["--original", a, "--fresh", b, "--lab", str(bank.lab), "--lang", spoken]
        code = main(["material", "contamination", *arguments])
        assert code == 1 and said in capsys.readouterr().out
    main(["material", "contamination", "--original", a, "--fresh", b, "--lab", str(bank.lab), "--json"])
    made = json.loads(capsys.readouterr().out)
    assert set(made) == set(Drop.__struct_fields__)
