"""A release: the same settings give the same items; a slip of the pen is named."""

from pathlib import Path

import pytest

from assay.catalogue.find import locate
from assay.packs.bank.material.release import Release
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput


def load(**settings):
    return Release(**{"n": 2, **settings}).load(Path())


def test_it_meets_the_contract() -> None:
    assert check_part(locate("material", "bank.release", "test")) == []


def test_the_digest_is_that_of_the_settings() -> None:
    one = load()
    assert one.digest == load().digest != load(seed=1).digest
    assert len({item.id for item in one.items}) == len(one.items)
    assert one.same_content() == []
    assert one.licence == "CC0-1.0"


def test_a_release_made_today_is_that_of_yesterday() -> None:
    """A golden digest: a change of a generator that changes its items must be meant, and noted."""
    made = load(generators=("bank.arithmetic", "bank.seating"), n=3, seed=5)
    assert made.digest == GOLDEN


GOLDEN = "86a6262e777f14f23566aeca3ad38f22779312223b21ac4e04b562f9751135c8"


def test_more_items_begin_with_the_same() -> None:
    few, more = load(generators=("bank.seating",), languages=("en",)), load(generators=("bank.seating",),
        languages=("en",), n=5)
    assert more.items[:2] == few.items


def test_only_what_was_asked_for() -> None:
    made = load(dimensions=("reasoning", "code"), forms=("number",), languages=("zh",))
    tags = {tag for item in made.items for tag in item.tags if tag.startswith(("dimension:", "form:", "language:"))}
    assert tags == {"dimension:reasoning", "dimension:code", "form:number", "language:zh"}


def test_settings_are_combined() -> None:
    made = load(generators=("bank.swaps",), languages=("en",), settings={"bank.swaps": {"people": [4, 6], "swaps": [3,
        9]}})
    assert {item.id.rpartition("/")[0] for item in made.items} == {
        f"swaps/people={people}/swaps={swaps}/en" for people in (4, 6) for swaps in (3, 9)}  # fmt: skip
    assert "people=6" in made.items[-1].tags and "swaps=9" in made.items[-1].tags


def test_a_pair_has_one_group() -> None:
    made = load(generators=("bank.slips",), languages=("en",)).items
    assert [item.group for item in made] == ["slips/en/1", "slips/en/1", "slips/en/2", "slips/en/2"]
    assert made[0].reference == made[1].reference and made[0].stimulus != made[1].stimulus


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"dimensions": ("reasonin",)}, "'reasonin'.*did you mean.*reasoning"),
        ({"generators": ("bank.seatin",)}, "bank.seating"),
        ({"forms": ("coice",)}, "choice"),
        ({"languages": ("fr",)}, "'fr'"),
        ({"languages": ()}, "languages"),
        ({"languages": ("en", "en")}, "each once"),
        ({"n": 0}, "n is 0|'n'|n ="),
        ({"settings": {"bank.seating": {"peple": 5}}}, "peple.*people"),
        ({"settings": {"bank.seating": {"people": 99}}}, "99.*<= 14"),
        ({"settings": {"bank.seating": {"people": "six"}}}, "six.*int"),
        ({"settings": {"bank.slips": {"kind": "blot"}}}, "blot"),
        ({"dimensions": ("reasoning",), "forms": ("sql",)}, "no generator is left"),
        ({"generators": ("bank.seating",), "settings": {"bank.arithmetic": {"steps": 2}}}, "not among the generators"),
        ({"generators": ("bank.arithmetic",), "languages": ("en",), "n": 5_000,
          "settings": {"bank.arithmetic": {"steps": 1, "digits": 1}}},
         "arithmetic/steps=1/digits=1/en has only"),
    ],
)  # fmt: skip
def test_a_slip_is_named(settings, words) -> None:
    with pytest.raises(BadInput, match=words) as error:
        load(**settings)
    assert error.value.exit_code == 2 and error.value.message("zh")
