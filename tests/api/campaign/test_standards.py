"""Standards as data: every clause is there, every dimension is mapped, and a clause without any item is named."""

from pathlib import Path

import msgspec
import pytest

from assay.api.campaign.standards import families, faults, read, standard
from assay.catalogue.find import PartFile, locate
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.words import LANGUAGES

NAMES = ("itu-t-f748-44", "itu-t-f748-77")


@pytest.mark.parametrize("name", NAMES)
def test_it_meets_the_contract_in_both_languages(name: str) -> None:
    made = standard(name)
    assert check_part(locate("standard", made.name, "test")) == []
    texts = [made.title, made.description, *(clause.title for clause in made.clause)]
    texts += [source.says for source in made.source]
    texts += [*(clause.says for clause in made.clause), *(one.why for one in made.dimension)]
    assert all(set(text) == {*LANGUAGES} and all(text.values()) for text in texts)
    assert any(source.url for source in made.source)


def test_the_clauses_are_those_of_the_table_of_contents() -> None:
    """Source: the public table of contents of ITU-T F.748.44 (03/2025)."""
    made = standard("itu-t-f748-44")
    assert [clause.number for clause in made.clause] == [
        "6.1", "6.2", "6.3", "6.4", "6.5", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "8.1", "8.2"]  # fmt: skip
    titles = {clause.number: clause.title["en"] for clause in made.clause}
    assert titles["7.4"] == "Knowledge ability" and titles["8.2"] == "Manual evaluation"
    for clause in made.clause:
        if clause.role == "measured":
            assert clause.measurand and clause.procedures and clause.coverage and made.of_clause(clause.number)
            for procedure in clause.procedures:
                locate("procedure", procedure, "test")
            locate("measurand", clause.measurand, "test")


@pytest.mark.parametrize("name", NAMES)
def test_every_dimension_of_the_bank_is_mapped_once(name: str) -> None:
    made = standard(name)
    names = [one.name for one in made.dimension]
    assert len(names) == len(set(names)) == 15
    assert {family.cls.dimension for family in families(made)} == {*names}


def test_the_six_dimensions_lead_to_clauses_of_the_other_standard() -> None:
    numbers = {clause.number for clause in standard("itu-t-f748-44").clause}
    made = standard("bank.itu_t_f748_77")
    assert [clause.number for clause in made.clause] == [
        "functionality", "accuracy", "reliability", "security", "interactivity", "applicability"]  # fmt: skip
    assert all(set(clause.maps_to) <= numbers for clause in made.clause)
    assert [clause.number for clause in made.clause if clause.role == "not_measured"] == ["security", "applicability"]


def test_small_families_that_can_be_learned_by_heart_are_left_out() -> None:
    assert "bank.two_digit_sums" not in {family.name for family in families(standard("itu-t-f748-44"))}


def test_a_clause_without_any_item_is_found_and_named() -> None:
    made = standard("itu-t-f748-44")
    dimension = tuple(one for one in made.dimension if one.name != "robustness")
    (fault,) = faults(msgspec.structs.replace(made, dimension=dimension))
    assert fault.code == "standard.no_item" and "clause 7.6" in str(fault) and "7.6" in fault.message("zh")
    odd = msgspec.structs.replace(made.dimension[0], name="telepathy")
    found = faults(msgspec.structs.replace(made, dimension=(*made.dimension, odd)))
    assert "telepathy" in str(found[0]) and "clause 7.1" in str(found[0])


def test_a_clause_that_is_not_there_is_named() -> None:
    made = standard("itu-t-f748-44")
    wrong = msgspec.structs.replace(made.dimension[0], clauses=("7.9",))
    found = faults(msgspec.structs.replace(made, dimension=(wrong, *made.dimension[1:])))
    assert found[0].code == "standard.no_clause" and "'7.9'" in str(found[0])


def test_slips_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="itu-t-f748-44"):
        standard("itu-t-f748-4")
    path = tmp_path / "odd.toml"
    path.write_text('version = 1\ndesignation = "Odd"\n')
    with pytest.raises(BadInput, match="odd.toml.*missing required field"):
        read(PartFile(name="bank.odd", kind="standard", path=str(path), module=None))
