"""Check a material, or a generator: what must be mended before results rest on it, and what is to be known."""

import re
from collections.abc import Sequence
from math import sqrt
from pathlib import Path

from assay.api.materials import keyed, options, texts
from assay.api.materials.described import Described, described, generator
from assay.catalogue.find import locate
from assay.reports.text import harmless
from assay.testing.check import check_part, missing_extra
from assay.vocabulary.errors import BadInput
from assay.vocabulary.workshop import Finding, MaterialCheck

_FEW = 100
_Z = 1.959964
_MOST_LINES = 20
"""Lines that cannot be read which are named; the rest is counted."""
_SEED = re.compile(r" for the seed \d+ in '\w+'")


def check(target: str, lab: str | Path = ".assay", against: Sequence[str] = ()) -> MaterialCheck:
    """Check what a material's items, options and keys show, or whether a generator keeps its contract.

    Args:
        target: a table of items, a folder or TOML file with a material, or the name of an installed generator.
        lab: a laboratory whose runs tell which keys able systems contradict; it need not exist.
        against: other tables, folders or files whose questions must not be among these.
    Raises:
        BadInput: nothing there that could be checked, or an item that cannot be read at all.
    """
    if generator(target):
        return _generator(target)
    if not Path(target).exists() and "." in target and "/" not in target and not Path(target).suffix.startswith(
        (".jsonl", ".csv", ".parquet", ".toml")
    ):  # fmt: skip
        locate("generator", target, "assay material check")
    return checked(described(target, sift=True), lab, against)


def checked(made: Described, lab: str | Path = ".assay", against: Sequence[str] = ()) -> MaterialCheck:
    """Check a material that was read; see ``check``."""
    material = made.material
    sizes, found = texts.characters(material)
    spoken, strange = texts.languages(made)
    forms, unread = keyed.readable(made)
    letters, uneven = options.keys(material)
    cues, told = options.cues(material)
    systems, suspects, blamed = keyed.suspects(made, lab)
    found += [*_unreadable(made), *_stated(made), *texts.copies(material), *texts.leaks(made, against), *strange,
              *unread, *uneven, *told, *blamed, *_size(made)]  # fmt: skip
    return MaterialCheck(
        name=material.name, digest=material.digest, version=material.version, licence=material.licence, card=made.card,
        items=len(material.items), characters=sizes, languages=spoken, forms=forms, keys=letters, cues=cues,
        subjects=systems, suspects=suspects, findings=tuple(sorted(found, key=lambda one: one.severity != "mend")),
    )  # fmt: skip


def _unreadable(made: Described) -> list[Finding]:
    """The lines that were passed over."""
    if not made.faults:
        return []
    places = [f"{one.values['place']}: {harmless(_reason(one))}" for one in made.faults]
    return [Finding(code="unreadable", severity="mend", n=len(places), places=tuple(places[:_MOST_LINES]))]


def _reason(fault: BadInput) -> str:
    same = f"{fault.values['id']!r} = {fault.values['first']}" if "first" in fault.values else ""
    return same or str(fault.values["reason"])


def _stated(made: Described) -> list[Finding]:
    """What the maker must state and did not."""
    found = []
    if not made.material.licence:
        found.append(Finding(code="no_licence", severity="mend"))
    if not made.card.source and (made.table or not made.material.source):
        found.append(Finding(code="no_source", severity="mend"))
    if made.carded:
        found += [Finding(code=f"no_{name}", severity="remark") for name in ("purpose", "limits")
                  if not getattr(made.card, name)]  # fmt: skip
    else:
        found.append(Finding(code="no_card", severity="remark"))
    return found


def _size(made: Described) -> list[Finding]:
    """What so many items, or clusters of them, can tell at best: half of a 95 % interval of a score of one half."""
    groups = {item.group if item.group is not None else (place,) for place, item in enumerate(made.material.items)}
    if len(groups) >= _FEW:
        return []
    values = {"half": round(_Z * 0.5 / sqrt(len(groups)), 2), "least": _FEW}
    return [Finding(code="few", severity="remark", n=len(groups), values=values)]


def _generator(name: str) -> MaterialCheck:
    """A generator: every fault of its contract is to be mended."""
    part = locate("generator", name, "assay material check")
    away = missing_extra(part)
    if away:
        return MaterialCheck(name=name, findings=(
            Finding(code="instrument_away", severity="remark", values={"part": name, "reason": away}),))  # fmt: skip
    try:
        faults = check_part(part)
    except RuntimeError as error:  # a loop that runs already, as in a notebook
        raise BadInput("part.broken", name=name, path=part.path, reason=error) from error
    alike: dict[str, list[str]] = {}
    for fault in faults:
        alike.setdefault(_SEED.sub("", fault), []).append(fault)
    findings = tuple(
        Finding(code="contract", severity="mend", n=len(same), places=(part.path,), values={"fault": same[0]})
        for same in alike.values()
    )
    return MaterialCheck(name=name, findings=findings)
