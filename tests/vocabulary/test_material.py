"""Items that ask the same."""

from assay.vocabulary.errors import near
from assay.vocabulary.material import Item, Material


def test_items_of_which_it_is_not_known_what_they_ask_are_not_the_same():
    asked = [Item(id="a", stimulus="x", reference="1"), Item(id="b", stimulus="x", reference="1")]
    unknown = [Item(id="c", stimulus=None), Item(id="d", stimulus=None)]
    assert Material(name="m", items=(*asked, *unknown)).same_content() == [("a", "b")]


def test_a_long_list_of_names_is_cut():
    shown = near("zzz", [f"item-{i:03}" for i in range(200)])
    assert shown.count("item-") == 20 and shown.endswith("(+180)")
