"""Leaves, encryption, and what a line of encrypted items refuses."""

import hashlib
import json

import pytest

from assay.vocabulary.material import Item
from assay.vocabulary.seal import OpenedItem, leaf, lock, new_key, salts, tree, unlock

ITEM = Item(id="a/1", stimulus="2 + 2 = ?", reference="4", tags=("language:en",))


def test_a_leaf_is_what_a_stranger_can_compute() -> None:
    """SHA-256 over 0x00, the salt, and the item in canonical JSON: here written out by hand."""
    salt = bytes(range(32))
    written = ('{"choices":[],"group":null,"id":"a/1","reference":"4","stimulus":"2 + 2 = ?","tags":["language:en"],'
               '"u_reference":null,"weight":1}')  # fmt: skip
    assert leaf(salt, ITEM) == hashlib.sha256(b"\x00" + salt + written.encode()).digest()
    assert leaf(salt, json.loads(written)) == leaf(salt, ITEM)


@pytest.mark.parametrize("n", [0, 31, 33])
def test_a_salt_of_another_length_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        leaf(bytes(n), ITEM)


def test_salts_and_keys_are_fresh() -> None:
    made = salts(1000)
    assert len(set(made)) == 1000 and all(len(salt) == 32 for salt in made)
    assert new_key() != new_key() and len(new_key()) == 32


def test_an_item_is_locked_to_key_root_and_place() -> None:
    key, salt = new_key(), salts(1)[0]
    line = lock(key, ("ab", 3), salt, ITEM)
    assert unlock(key, ("ab", 3), line) == (salt, ITEM)
    assert b"2 + 2" not in line and lock(key, ("ab", 3), salt, ITEM) != line
    flipped = bytearray(line)
    flipped[40] = flipped[40] ^ 1 if chr(flipped[40] ^ 1).isalnum() else flipped[40] ^ 2
    for k, where, data in ((new_key(), ("ab", 3), line), (key, ("ac", 3), line), (key, ("ab", 4), line),
                           (key, ("ab", 3), bytes(flipped)), (key, ("ab", 3), b""), (key, ("ab", 3), b"!"),
                           (key, ("ab", 3), line[:20])):  # fmt: skip
        with pytest.raises(ValueError, match="cannot be decrypted"):
            unlock(k, where, data)


def test_an_opened_item_stands_under_its_root_and_no_other() -> None:
    items = [(salt, Item(id=str(k), stimulus=f"question {k}")) for k, salt in enumerate(salts(5))]
    made, _ = tree(items)
    plain = {"id": "2", "stimulus": "question 2", "reference": None, "choices": [], "group": None, "weight": 1,
             "tags": [], "u_reference": None}  # fmt: skip
    shown = OpenedItem(place=2, salt=items[2][0].hex(), item=plain, proof=tuple(p.hex() for p in made.proof(2)))
    root = made.root.hex()
    assert shown.under(root, 5)
    assert not shown.under(root, 9) and not shown.under("00" * 32, 5) and not shown.under("no hex", 5)
    for change in ({"item": plain | {"stimulus": "question 3"}}, {"salt": "00" * 32}, {"salt": "00"}, {"salt": "xy"},
                   {"place": 1}, {"proof": ("zz",)}, {"item": plain | {"id": 2**60}}):  # fmt: skip
        fields = {"place": 2, "salt": shown.salt, "item": plain, "proof": shown.proof} | change
        assert not OpenedItem(**fields).under(root, 5)
