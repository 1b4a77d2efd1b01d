"""A task of Inspect AI before it is run: where it is, what it asks, which scores it gives."""

import hashlib
import inspect
import random
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from assay.vocabulary.canonical import digest_bytes
from assay.vocabulary.errors import AssayError, BadInput, near
from assay.vocabulary.record import Json

OLDEST: Final = (0, 3, 285)
"""The first version whose samples can be fed while a task runs, that this was made and tested with."""
_WHERE: Final = "[procedure]"


def installed() -> str:
    """The version of Inspect here.

    Raises:
        BadInput: it is not installed, or too old.
    """
    try:
        found = version("inspect_ai")
    except PackageNotFoundError:
        raise BadInput("part.extra", name="exchange.inspect", package="inspect-ai", extra="inspect") from None
    numbers = tuple(int(part) for part in found.split(".")[:3] if part.isdigit())
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise BadInput("foreign.old", tool="Inspect AI", found=found, oldest=oldest, extra="inspect")
    return found


def load(task: str, arguments: dict[str, Json], folder: Path) -> Any:
    """The task of a name, made with its arguments.

    Args:
        task: ``file.py@name``, ``file.py`` with one task, or the name of a registered one (``inspect_evals/arc_easy``).
        arguments: for the task.
        folder: where relative paths are meant from.
    Raises:
        BadInput: no such task, or making it failed (its data are missing, an argument is wrong).
    """
    path = source(task, folder)
    if path is not None and not path.is_file():
        raise BadInput("file.missing", path=str(path))
    name = task if path is None else f"{path.resolve()}@{task.rpartition('@')[2]}" if "@" in task else str(path)
    from inspect_ai._eval.loader import load_tasks  # it has no public name

    try:
        with _settled_chance():
            found = load_tasks([name], dict(arguments))
    except AssayError:
        raise
    except Exception as error:  # whatever a task's code does
        raise BadInput("foreign.task", where=_WHERE, task=task, reason=_reason(error)) from error
    if len(found) == 1:
        _check_arguments(task, found[0], arguments)
    else:
        reason = "there is no such task" if not found else f"{len(found)} tasks are there; name one: file.py@name"
        raise BadInput("foreign.task", where=_WHERE, task=task, reason=reason)
    return found[0]


def _check_arguments(name: str, task: Any, arguments: dict[str, Json]) -> None:
    """Refuse arguments that the task does not have: Inspect itself leaves them out."""
    from inspect_ai._util.registry import registry_info, registry_lookup

    made = registry_lookup("task", registry_info(task).name)
    if not callable(made):
        return
    taken = inspect.signature(made).parameters
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken.values()):
        return
    for key in arguments:
        if key not in taken:
            reason = f"it has no argument {key!r}; {near(key, list(taken))}"
            raise BadInput("foreign.task", where=_WHERE, task=name, reason=reason)


def source(task: str, folder: Path) -> Path | None:
    """The file that holds a task; None for a registered one."""
    name = task.partition("@")[0]
    return folder / name if name.endswith(".py") else None


def source_digest(task: str, folder: Path) -> str:
    """SHA-256 of the task's file, or the version of the package that has registered it; empty if neither is known."""
    path = source(task, folder)
    if path is not None:
        return digest_bytes(path.read_bytes())
    try:
        return f"{task.partition('/')[0]} {version(task.partition('/')[0])}"
    except PackageNotFoundError:
        return ""


@contextmanager
def _settled_chance() -> Iterator[None]:
    """Unseeded draws of a task's making (a shuffle) are the same each time, so that its items are."""
    before = random.getstate()
    random.seed(0)
    try:
        yield
    finally:
        random.setstate(before)


def _reason(error: BaseException) -> str:
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}"[:500]


def scores(task: Any) -> list[tuple[str, bool]]:
    """Names of the scores that a task gives, and whether each is known to be a mark from 0 to 1; in its own order."""
    from inspect_ai._util.registry import registry_info, registry_unqualified_name
    from inspect_ai.scorer._scorer import unique_scorer_name

    names: list[str] = []
    found: list[tuple[str, bool]] = []
    for scorer in task.scorer or ():
        name = unique_scorer_name(scorer, names)
        names.append(name)
        metrics = task.metrics if task.metrics is not None else registry_info(scorer).metadata.get("metrics")
        for full, own in _keys(name, metrics):
            found.append((full, any(registry_unqualified_name(one) in ("accuracy", "grouped") for one in own)))
    return found


def all_named(task: Any) -> bool:
    """Whether every score of a task is named before it runs: no scorer names the keys of its values by a pattern."""
    from inspect_ai._util.registry import registry_info

    for scorer in task.scorer or ():
        metrics = task.metrics if task.metrics is not None else registry_info(scorer).metadata.get("metrics")
        tables = [metrics] if isinstance(metrics, dict) else [one for one in metrics or () if isinstance(one, dict)]
        if any(set(key) & set("*?[") for table in tables for key in table):
            return False
    return True


def _keys(name: str, metrics: Any) -> Iterator[tuple[str, list[Any]]]:
    """The scores of a scorer with their metrics: one, or one for each key of its values that is named."""
    tables = [metrics] if isinstance(metrics, dict) else [one for one in metrics or () if isinstance(one, dict)]
    named = [(key, list(own)) for table in tables for key, own in table.items() if not set(key) & set("*?[")]
    if named:
        yield from ((f"{name}.{key}", own) for key, own in named)
    elif not tables:
        yield name, list(metrics or ())


def chosen(n: int, ids: list[str]) -> list[int]:
    """Places of a random part of the items, in their order: the same part whatever the order of the items."""
    def drawn(place: int) -> bytes:
        return hashlib.blake2b(ids[place].encode(), digest_size=16, key=b"assay sample").digest()

    return sorted(sorted(range(len(ids)), key=drawn)[:n])
