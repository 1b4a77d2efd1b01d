"""All items of a finite generator, or a sample of them in which each is as likely as any other."""

from collections import Counter
from pathlib import Path

import pytest

from assay.catalogue.find import locate
from assay.packs.bank.material.census import Census
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput


def load(generator: str = "bank.days_later", **settings):
    return Census(generator, **settings).load(Path())


def test_it_meets_the_contract() -> None:
    assert check_part(locate("material", "bank.census", "test")) == []


def test_the_whole_population() -> None:
    made = load("bank.two_digit_sums")
    assert len(made.items) == 8_100 == len({item.id for item in made.items}) == len({i.stimulus for i in made.items})
    assert made.items[0].reference == "20" and made.items[-1].reference == "198"
    assert made.licence == "CC0-1.0" and made.name == "bank.two_digit_sums"
    assert len(load(settings={"days": 20}, language="zh").items) == 7 * 19


def test_a_sample_is_part_of_the_population() -> None:
    whole = {item.id: item for item in load().items}
    some = load(n=50, seed=3)
    assert len({item.id for item in some.items}) == 50
    assert all(whole[item.id] == item for item in some.items)
    assert some.digest == load(n=50, seed=3).digest != load(n=50, seed=4).digest


def test_each_item_is_as_likely() -> None:
    counts = Counter(item.id for seed in range(400) for item in load(settings={"days": 14}, n=30, seed=seed).items)
    assert len(counts) == 91
    mean = 400 * 30 / 91
    assert sum((counts[key] - mean) ** 2 for key in counts) / mean / (1 - 30 / 91) < 91 + 4 * (2 * 91) ** 0.5


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"generator": "bank.seating"}, "'bank.seating'"),
        ({"generator": "bank.day_later"}, "bank.days_later"),
        ({"language": "fr"}, "'fr'"),
        ({"n": 687}, "from 1 to 686, the size of the population"),
        ({"n": 0}, "from 1 to 686"),
        ({"settings": {"weeks": 3}}, "weeks"),
        ({"settings": {"days": 5}}, ">= 14"),
    ],
)
def test_a_slip_is_named(settings, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        load(**settings)
