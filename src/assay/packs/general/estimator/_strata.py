"""Labels that tags give to items, strata made of them, and their weights."""

import numpy as np
import numpy.typing as npt

from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def label(prefix: str, item: Item) -> str | None:
    """What the tag ``prefix:label`` says of an item; None if there is no such tag, or more than one."""
    found = {tag.partition(":")[2].strip() for tag in item.tags if tag.partition(":")[0].strip() == prefix}
    return found.pop() if len(found) == 1 else None


def labels(part: str, prefix: str, material: Material) -> list[str]:
    """The label of every item.

    Raises:
        BadInput: an item without one, or with several.
    """
    found = []
    for index, item in enumerate(material.items):
        name = label(prefix, item)
        if not name:
            raise BadInput("estimator.no_tag", part=part, place=material.place(index), id=item.id, prefix=prefix)
        found.append(name)
    return found


def strata(prefix: str, material: Material) -> tuple[list[str], Ints]:
    """Names of the strata, sorted, and the place of each item's, shape (items,)."""
    names, place = np.unique(np.array([label(prefix, item) or "" for item in material.items]), return_inverse=True)
    return [str(name) for name in names], place.astype(np.int64)


def weights(names: list[str], stratum: Ints, items: tuple[Floats, Ints], given: dict[str, float]) -> Floats:
    """Weight of each item in the whole, shape (items,), so that the items that were read stand for their stratum.

    Args:
        names: of the strata.
        stratum: of each item, shape (items,).
        items: weight of each item, shape (items,), and the places of those that were read.
        given: weight of each stratum; empty for the sum of the weights of its items, read or not.
    """
    weight, read = items
    planned = np.bincount(stratum, weights=weight, minlength=len(names))
    whole = np.array([given[name] for name in names]) if given else planned
    had = np.bincount(stratum[read], weights=weight[read], minlength=len(names))
    if not given and (had == planned).all():
        return weight
    return np.asarray(weight * (whole / had)[stratum], dtype=np.float64)


def check(part: str, prefix: str, given: dict[str, float], material: Material) -> None:
    """Refuse strata that show no scatter, share a cluster, or have no weight.

    Raises:
        BadInput: one of these, or an item without a stratum.
    """
    names = labels(part, prefix, material)
    units: dict[str, set[str]] = {}
    for name, item in zip(names, material.items, strict=True):
        units.setdefault(name, set()).add(f"group {item.group}" if item.group is not None else f"item {item.id}")
    for name, members in units.items():
        if len(members) < 2:
            raise BadInput("estimator.needs", part=part, lack=f"two items (or clusters) or more in each stratum; "
                           f"{prefix}:{name} has one")  # fmt: skip
    check_apart(part, prefix, names, material)
    if not given:
        return
    expected = ", ".join(sorted(units))
    for name in sorted(set(given) ^ set(units)):
        raise BadInput("setting.value", where=part, key="strata_weights", got=repr(name),
                       expected=f"a weight for each of the strata {expected}, and no others")  # fmt: skip
    for name, weight in given.items():
        if not 0 < weight < float("inf"):
            raise BadInput("setting.value", where=part, key=f"strata_weights.{name}", got=weight,
                           expected="a number above 0")  # fmt: skip


def check_apart(part: str, prefix: str, names: list[str], material: Material) -> None:
    """Refuse a cluster that lies in two groups of items.

    Raises:
        BadInput: there is one.
    """
    homes: dict[str, str] = {}
    for name, item in zip(names, material.items, strict=True):
        if item.group is not None and homes.setdefault(item.group, name) != name:
            raise BadInput("estimator.cluster_parted", part=part, group=item.group, prefix=prefix,
                           first=homes[item.group], second=name)  # fmt: skip
