"""Items against a corpus: planted whole and in part, across cuts, against a plain search."""

import json
import random
import tracemalloc
from pathlib import Path

import pytest

from assay.api.materials.overlap import Passages, overlap
from assay.exchange import corpus
from assay.vocabulary.material import Item
from assay.vocabulary.tokens import tokens

BANK = {"part": "bank.release", "dimensions": ["understanding"], "n": 4, "seed": 3}


def table(folder: Path, texts: dict[str, str]) -> dict[str, object]:
    rows = "\n".join(json.dumps({"id": name, "input": text, "target": "x"}) for name, text in texts.items())
    (folder / "items.jsonl").write_text(rows, encoding="utf-8")
    return {"material": {"part": "general.table", "path": str(folder / "items.jsonl")}}


def prose(n: int, seed: int) -> str:
    rng = random.Random(seed)
    return " ".join("".join(rng.choice("abcdefghij") for _ in range(rng.randint(2, 6))) for _ in range(n))


@pytest.mark.parametrize("chunk", [50, 999, 2**20])
def test_planted_items_are_found_whole_and_in_part(
    chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "_CHUNK", chunk)
    whole, part, clean = prose(60, 1), prose(60, 2), prose(60, 3)
    chinese = "小明把红色的盒子放在蓝色的盒子左边然后走到门口去等他的朋友"
    source = table(tmp_path, {"whole": whole, "part": part, "clean": clean, "zh": chinese, "tiny": "too few words"})
    middle = " ".join(part.split()[20:40])
    text = f"{prose(5000, 4)} {whole.upper().replace(' ', ', ')} {prose(100, 5)} {middle} {prose(900, 6)}"
    (tmp_path / "c.txt").write_text(f"{text}\n{chinese[5:20]}，完", encoding="utf-8")
    found = overlap(source, [tmp_path / "c.txt"])
    assert {one.item: one.exact for one in found.items} == {"whole": True, "part": False, "zh": False}
    by = {one.item: one for one in found.items}
    assert (by["whole"].found, by["whole"].own) == (48, 48)  # 60 - 13 + 1
    assert (by["part"].found, by["zh"].found) == (20 - 13 + 1, 15 - 8 + 1)
    assert (found.exact, found.partly, found.not_examined, found.n_items) == (1, 2, ("tiny",), 5)
    assert by["whole"].file.endswith("c.txt") and found.tokens == len(tokens((tmp_path / "c.txt").read_text()))


def test_the_words_of_a_template_tell_nothing(tmp_path: Path) -> None:
    """A corpus with one item of a generator does not accuse its other items."""
    from assay.api.materials.release import frozen

    material, _ = frozen({"material": BANK})
    leaked = material.items[0]
    (tmp_path / "c.txt").write_text(str(leaked.stimulus), encoding="utf-8")
    found = overlap({"material": BANK}, [tmp_path])
    first = found.items[0]
    assert (first.item, first.exact) == (leaked.id, True) and first.found == first.own
    others = [one.found / one.own for one in found.items[1:]]
    assert found.exact == 1 and all(share < 0.5 for share in others)


def test_against_a_plain_search() -> None:
    rng = random.Random(7)
    texts = [" ".join(rng.choice("abc") for _ in range(rng.randint(5, 40))) for _ in range(30)]
    items = [Item(id=str(k), stimulus=text) for k, text in enumerate(texts)]
    document = [rng.choice("abc") for _ in range(30_000)]
    made = Passages(items)
    cuts = sorted(rng.sample(range(30_000), 20))
    made.search(iter([document[a:b] for a, b in zip([0, *cuts], [*cuts, 30_000], strict=True)]), "f")
    found = {one.item: one for one in made.found()}
    text = " ".join(document)
    grams = {}
    for item in items:
        words = str(item.stimulus).split()
        size = min(13, len(words))
        grams[item.id] = [" ".join(words[k : k + size]) for k in range(len(words) - size + 1)]
    for item in items:
        own = [g for g in grams[item.id] if not any(g in grams[other] for other in grams if other != item.id)]
        met = {k for k, g in enumerate(own) if f" {g} " in f" {text} "}
        assert (item.id in found) == bool(met)
        if met:
            assert (found[item.id].own, found[item.id].found) == (len(own), len(met))
            assert found[item.id].exact == (f" {item.stimulus} " in f" {text} ")


def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    source = table(tmp_path, {"a": prose(60, 1)})
    line = prose(20_000, 2)
    peaks = []
    for size in (20, 80):
        (tmp_path / "c.txt").write_text("\n".join([line] * size))
        tracemalloc.start()
        overlap(source, [tmp_path / "c.txt"])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_copies_and_items_of_one_passage_hide_nothing_from_one_another() -> None:
    shared, other = prose(60, 1), prose(30, 2)
    items = [
        Item(id="copy1", stimulus=other), Item(id="copy2", stimulus=other),
        Item(id="q1", stimulus=f"{shared} one", group="passage"),
        Item(id="q2", stimulus=f"{shared} two", group="passage"),
    ]  # fmt: skip
    made = Passages(items)
    assert not made.not_examined
    made.search(iter([tokens(f"{prose(40, 3)} {other} {shared} {prose(40, 4)}")]), "c.txt")
    found = {one.item: one for one in made.found()}
    assert set(found) == {"copy1", "copy2", "q1", "q2"} and found["copy1"].exact and found["copy2"].exact
