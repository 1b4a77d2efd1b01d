"""Any material with disturbed twins of its items."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final, Literal

import msgspec

from assay.packs.bank._disturb import KINDS, unfit
from assay.packs.bank._protect import Sight, seen, with_words
from assay.packs.bank.material.release import Release
from assay.packs.general.material.released import Released
from assay.packs.general.material.table import Table
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.material import Item, Material
from assay.vocabulary.record import Json

_WHERE: Final = "[material]"
_PARTS: Final = {"general.table": Table, "general.released": Released, "bank.release": Release}
_WORD: Final = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Twins:
    """The items of another material and disturbed twins of them, in pairs: what is right stays right.

    An item and its twins have one group, so that they are one cluster in the budget, the tag ``pair:`` with the id of
    the original, and ``twin:original`` or ``twin:disturbed``; a twin also has ``disturbance:`` with its kind. An item
    that no kind applies to surely is left out, with its reason counted in the material's source.

    Attributes:
        of: the other material: ``part`` (``general.table``, ``general.released`` or ``bank.release``) and its settings.
        kinds: ``typo``, ``keyboard``, ``pinyin``, ``homophone``, ``full_width``, ``script``, ``paraphrase``, ``aside``,
            ``injection``, ``option_order``; without it, all.
        per_item: twins of an item at most, of kinds drawn at random; without it, one of every kind that applies.
        language: ``en`` or ``zh``, of items without a tag ``language:``; without it, told by their script.
        seed: of the draws.
        name: name of the material; without it, that of the other with ``-twins``.
    """

    of: dict[str, Json]
    kinds: tuple[str, ...] = ()
    per_item: int | None = None
    language: Literal["en", "zh"] | None = None
    seed: int = 0
    name: str | None = None

    def load(self, folder: Path) -> Material:
        """Read or make the items of the other material, and their twins.

        Args:
            folder: where relative paths begin.
        Raises:
            BadInput: an unknown part or kind, a setting out of range, no item with a twin, or what the other material
                raises.
        """
        self._check()
        base = self._base(folder)
        vocabulary = frozenset(word for item in base.items for word in _WORD.findall(str(item.stimulus).lower()))
        items: list[Item] = []
        places: list[str] = []
        left_out: Counter[str] = Counter()
        for index, item in enumerate(base.items):
            made = self._twins(item, seen(item, self.language or "", vocabulary), left_out)
            if len(made) > 1:
                items += made
                places += [base.place(index) + twin.id.removeprefix(item.id) for twin in made]
        said = ", ".join(f"{kind} {reason} {n}" for (kind, reason), n in sorted(
            (tuple(key.split("/")), n) for key, n in left_out.items()))  # fmt: skip
        if not items:
            raise BadInput("twins.none", where=_WHERE, n=len(base.items), left_out=said)
        source = f"bank.twins, seed {self.seed}, of {base.source or base.name} ({len(base.items)} items)"
        return Material(
            name=self.name or f"{base.name}-twins", items=tuple(items), version=base.version, licence=base.licence,
            places=tuple(places), source=source + (f"; left out: {said}" if said else ""),
        )  # fmt: skip

    def _check(self) -> None:
        for kind in self.kinds:
            if kind not in KINDS:
                raise BadInput("twins.kind", where=_WHERE, got=kind, near=near(kind, list(KINDS)))
        if len(set(self.kinds)) < len(self.kinds):
            expected = "each kind once"
            raise BadInput("setting.value", where=_WHERE, key="kinds", got=list(self.kinds), expected=expected)
        if self.per_item is not None and self.per_item < 1:
            expected = "a whole number, 1 or more"
            raise BadInput("setting.value", where=_WHERE, key="per_item", got=self.per_item, expected=expected)

    def _base(self, folder: Path) -> Material:
        """The other material, its settings checked."""
        where = f"{_WHERE} of"
        settings = dict(self.of)
        if "part" not in settings:
            raise BadInput("setting.missing", where=where, key="part", expected=" or ".join(_PARTS))
        part = settings.pop("part")
        if part not in _PARTS:
            raise BadInput("part.unknown", where=where, kind="material", name=part, near=near(str(part), list(_PARTS)))
        cls: Any = _PARTS[part]
        known = list(cls.__dataclass_fields__)
        for key in settings:
            if key not in known:
                raise BadInput("setting.unknown", where=where, key=key, near=near(key, known))
        if "path" in known and "path" not in settings:
            raise BadInput("setting.missing", where=where, key="path", expected="str")
        try:
            made: Table | Released | Release = msgspec.convert(settings, cls, strict=True)
        except msgspec.ValidationError as error:
            said, _, place = str(error).partition(" - at `$")
            key = place.strip("`.").partition("[")[0].partition(".")[0]
            expected = said.replace("Expected ", "").replace("`", "").partition(", got")[0]
            got = repr(settings.get(key))
            raise BadInput("setting.type", where=where, key=key, got=got, expected=expected) from error
        return made.load(folder)

    def _twins(self, item: Item, sight: Sight, left_out: Counter[str]) -> list[Item]:
        """An item with its twins, or alone if it has none."""
        if any(tag.startswith(("twin:", "pair:")) for tag in item.tags):
            left_out["all/paired"] += 1
            return [item]
        tags, group = (*item.tags, f"pair:{item.id}"), item.group if item.group is not None else item.id
        made: list[Item] = []
        for kind in self.kinds or KINDS:
            twin = self._twin(item, kind, sight, left_out)
            if twin is not None:
                marks = (*tags, "twin:disturbed", f"disturbance:{kind}")
                made.append(msgspec.structs.replace(twin, id=f"{item.id}~{kind}", group=group, tags=marks))
        if self.per_item is not None and len(made) > self.per_item:
            drawn = Random(f"{self.seed}/kinds/{item.id}").sample(range(len(made)), self.per_item)
            made = [made[place] for place in sorted(drawn)]
        return [msgspec.structs.replace(item, group=group, tags=(*tags, "twin:original")), *made]

    def _twin(self, item: Item, kind: str, sight: Sight, left_out: Counter[str]) -> Item | None:
        reason = unfit(kind, sight)
        changed = None if reason else KINDS[kind].change(Random(f"{self.seed}/{kind}/{item.id}"), sight)
        if changed is None:
            left_out[f"{kind}/{reason or 'unsure'}"] += 1
            return None
        if isinstance(changed, str):
            return msgspec.structs.replace(item, stimulus=with_words(item, changed))
        return msgspec.structs.replace(item, choices=changed[0], reference=changed[1])
