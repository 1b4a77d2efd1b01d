"""Sessions of rating in a laboratory: a folder each, with the plan and the ratings, one JSON object a line.

Ratings are only ever added. Each is on the disk before the next one begins; a process that is killed leaves at most a
part of a line, which was never confirmed to the rater and is taken away by the next process that writes.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from assay.store.laboratory import writing
from assay.vocabulary.errors import BadInput, CannotMeasure, near
from assay.vocabulary.rating import Rating, RatingPlan, verdict

try:
    import fcntl
except ImportError:  # Windows: no advisory locks of this kind; a second process is then not noticed
    fcntl = None  # type: ignore[assignment]

_PLAN: Final = "plan.json"
_RATINGS: Final = "ratings.jsonl"


class Journal:
    """The ratings of one session, open for adding.

    Args:
        path: the file, which this process alone may write now.
        file: its descriptor.
        rows: what it holds already; grows with each ``add``.
    """

    def __init__(self, path: Path, file: int, rows: list[Rating]) -> None:
        self.path = path
        self.rows = rows
        self._file = file

    def add(self, ratings: Iterable[Rating]) -> None:
        """Put ratings on the disk, all of them or none; they are there when this returns.

        Raises:
            CannotMeasure: the disk is full, or the file was taken away; what was there before is intact.
        """
        if not self.path.exists():  # nobody would find what is written
            raise CannotMeasure("lab.gone", path=str(self.path))
        new = list(ratings)
        data = b"".join(msgspec.json.encode(rating) + b"\n" for rating in new)
        size = os.fstat(self._file).st_size
        with writing(self.path):
            try:
                done = 0
                while done < len(data):
                    done += os.write(self._file, data[done:])
                os.fsync(self._file)
            except OSError:
                os.ftruncate(self._file, size)
                raise
        self.rows += new


def sessions(lab: Path) -> list[str]:
    """Names of the sessions of a laboratory, the one made last at the end."""
    folder = lab / "ratings"
    if not folder.is_dir():
        return []
    plans = [path for path in folder.glob(f"*/{_PLAN}") if not path.parent.name.startswith(".")]
    return [path.parent.name for path in sorted(plans, key=lambda path: (path.stat().st_mtime_ns, path))]


def find(lab: Path, name: str) -> str:
    """The session of this name, or whose name begins so; ``last`` is the one made last.

    Raises:
        BadInput: there is none, or several.
    """
    known = sessions(lab)
    if name == "last" and known:
        return known[-1]
    found = [one for one in known if one.startswith(name)] if name else []
    if len(found) == 1 or name in found:
        return name if name in found else found[0]
    raise BadInput("rating.session_unknown", name=name, path=str(lab), near=near(name, known[-10:]))


def keep_plan(lab: Path, plan: RatingPlan) -> None:
    """Make the folder of a session, unless it is there already."""
    path = lab / "ratings" / plan.name / _PLAN
    if path.exists():
        return
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(f".{os.getpid()}.part")
        with half.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(plan), indent=1) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)


def plan_of(lab: Path, name: str) -> RatingPlan:
    """The plan of a session.

    Raises:
        BadInput: it cannot be read, or is not what the session's name stands for.
    """
    path = lab / "ratings" / name / _PLAN
    try:
        plan = msgspec.json.decode(path.read_bytes(), type=RatingPlan)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput("rating.plan_changed", path=str(path), reason=error) from error
    if plan.name != name:
        raise BadInput("rating.plan_changed", path=str(path), reason=f"it is the plan of {plan.name}")
    return plan


def path_of(lab: Path, name: str) -> Path:
    """Where the ratings of a session are."""
    return (lab / "ratings" / name / _RATINGS).resolve()


def rows_of(lab: Path, plan: RatingPlan) -> list[Rating]:
    """All ratings of a session, oldest first; an unfinished last line is no rating.

    Raises:
        BadInput: a line is broken, or belongs to another session.
    """
    path = path_of(lab, plan.name)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BadInput("file.unreadable", path=str(path), reason=error.strerror or error) from error
    return _rows(data[: data.rfind(b"\n") + 1], path, plan)


def _rows(data: bytes, path: Path, plan: RatingPlan) -> list[Rating]:
    decode = msgspec.json.Decoder(Rating).decode
    found = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            row = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadInput("rating.broken", path=str(path), line=number, reason=error) from error
        case = plan.by_id.get(row.case)
        if row.plan != plan.name or row.rubric != plan.rubric.digest or case is None:
            raise BadInput("rating.broken", path=str(path), line=number, reason=f"{row.case!r} of {row.plan!r}")
        if row.status == "ok":
            verdict(plan, case, row.value, f"{path}:{number}")
        found.append(row)
    return found


@contextmanager
def journal(lab: Path, plan: RatingPlan) -> Iterator[Journal]:
    """Open a session for adding; no other process can while this one has it.

    Raises:
        BadInput: another process has it open, or what is there is broken.
    """
    path = path_of(lab, plan.name)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        if fcntl is not None:
            _take(file, plan.name, path)
        rows = rows_of(lab, plan)
        with writing(path):
            _mend(file, path)
        yield Journal(path, file, rows)
    finally:
        os.close(file)


def _take(file: int, name: str, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BadInput("rating.session_locked", name=name, path=str(path)) from None


def _mend(file: int, path: Path) -> None:
    """Take away a last line that was never finished, so that the next one stands on its own."""
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if end != len(data):
        os.ftruncate(file, end)
        os.fsync(file)
