"""The certificate of a material on a terminal: what was not examined says so, and no text can do harm."""

import msgspec
import pytest

from assay.reports.material_view import terminal
from assay.reports.text import width
from assay.vocabulary.ledger import Head
from assay.vocabulary.material_certificate import (
    AnchorStability,
    LabelAudit,
    Link,
    MaterialCertificate,
    ShardHomogeneity,
)
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.report import LaboratoryMark, MaterialRecord
from assay.vocabulary.result import Note

HOSTILE = "\x1b[31m<b>name\u202e"
BARE = MaterialCertificate(
    id="m-1", issued="2026-01-01T00:00:00+00:00", laboratory=LaboratoryMark(name="", key_id="k", public_key="p"),
    material=MaterialRecord(name=HOSTILE, version="", licence="", source="", digest="d" * 64, certificate=None,
                            n_items=9),
    made_by=PartUse(part="bank.release"), software={}, level="primary", basis="census", manifest="f" * 64,
    ledger=Head(n=0),
)  # fmt: skip
FULL = msgspec.structs.replace(
    BARE, level="secondary", basis="assigned", excluded=3, notes=(Note(code="audit_left_out", values={"n": 2}),),
    chain=(Link(level="primary", name=HOSTILE, material="a" * 64, certificate="b" * 64),),
    labels=LabelAudit(checked=40, wrong=2, interval=(0.006, 0.169), unchecked=0.5, remaining=0.03, u=0.04),
    homogeneity=ShardHomogeneity(runs=("r",), measurand=HOSTILE, shards=4, n_items=9, f=1.25, p=0.31, u_bb=0.02,
                                 hidden=True),
    stability=AnchorStability(runs=("a", "b"), measurand="m", n_anchors=7, difference=-0.5, u=None, interval=None),
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("columns", [40, 80])
def test_lines_fit_and_are_harmless(language: str, columns: int) -> None:
    for made in (BARE, FULL):
        text = terminal(made, language, columns)
        assert "\x1b" not in text and "\u202e" not in text
        assert all(width(line) <= columns for line in text.splitlines())


def test_what_was_not_examined_says_so_and_nothing_else() -> None:
    assert terminal(BARE, "en").count("not examined") == 3 and terminal(BARE, "zh").count("未考察") == 3
    text = " ".join(terminal(FULL, "en", 200).split())
    assert "not examined" not in text
    for said in ("2 of 40 checked were wrong", "[0.0060, 0.1690]", "F = 1.25, p = 0.31", "could have missed",
                 "7 anchors", "-0.5000", "left out as exposed 3", "certificate bbbbbbbbbbbb", "secondary"):  # fmt: skip
        assert said in text, said
