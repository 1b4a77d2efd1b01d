"""The software validated by itself: published numbers, exact and simulated coverage; the certificate is signed."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Final, NamedTuple

import msgspec

from assay.line.compose import software
from assay.reports.forms import VALIDATION
from assay.reports.keys import SigningKey
from assay.reports.statement import seal
from assay.store.laboratory import Laboratory, put, writing
from assay.testing.validation import exact, judge, published, simulation
from assay.testing.validation.code import code_digest
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.record import Record
from assay.vocabulary.report import LaboratoryMark
from assay.vocabulary.validation import Case, CoverageLine, Validation

QUICK: Final = 400
_LEAST: Final = 100
PUBLISHED: Final = "published"
_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class Asked(Record, kw_only=True):
    """How to validate.

    Attributes:
        simulations: of each design; at least 100.
        seed: of all simulations.
        only: ``published``, or methods (``mean``, ``wilson``); empty for all.
        workers: number of processes; by default as many as there are processors. More than one needs a program that
            may be imported again (``if __name__ == "__main__":``), as for all processes that Python starts.
        name: name of the laboratory that validates.
    """

    simulations: int = judge.ENOUGH
    seed: int = 1
    only: tuple[str, ...] = ()
    workers: int | None = None
    name: str = ""


class Progress(NamedTuple):
    """How far it has come: blocks done, taken over from an earlier run, and planned; the study of the last one."""

    done: int
    reused: int
    planned: int
    study: str


class Validated(NamedTuple):
    """A certificate, where its signed file lies, and its bytes."""

    certificate: Validation
    path: Path
    envelope: bytes

    @property
    def sha256(self) -> str:
        """Digest of the signed envelope, hexadecimal."""
        return digest_bytes(self.envelope)


Tell = Callable[[Progress], None]


def validate(lab: str | Path = ".assay", asked: Asked | None = None, tell: Tell | None = None) -> Validated:
    """Reproduce the published numbers, study the coverage of every interval, and sign what was found.

    Finished studies are kept in the laboratory's folder ``validation``, under the digest of the code, the seed and the
    numbers; a run that was stopped goes on from there.

    Args:
        lab: folder of the laboratory; its key signs.
        asked: how.
        tell: is told of progress.
    Raises:
        BadInput: an unknown method, too few simulations, a folder that cannot be written.
    """
    wanted = asked or Asked()
    _check(wanted)
    laboratory = Laboratory(Path(lab))
    key = SigningKey.load_or_create(laboratory.keys)
    began_s = time.monotonic()
    cases = tuple(published.all_cases()) if _asked_for(PUBLISHED, wanted) else ()
    lines = list(_exact(wanted))
    lines += _simulated(laboratory.folder / "validation", wanted, tell or (lambda _: None))
    made = _certificate(wanted, cases, tuple(map(judge.judged, lines)), key.mark(wanted.name))
    made = msgspec.structs.replace(made, seconds=round(time.monotonic() - began_s, 1))
    made = msgspec.structs.replace(made, id=f"validation-{digest(msgspec.to_builtins(made))[:12]}")
    envelope = seal(VALIDATION, made, key)
    path = (laboratory.reports / f"validation-{digest_bytes(envelope)[:8]}.json").resolve()
    _write(path, envelope)
    return Validated(made, path, envelope)


def names() -> list[str]:
    """What ``only`` may name."""
    methods = dict.fromkeys(study.method for study in simulation.all_studies().values())
    return [PUBLISHED, *exact.METHODS, *methods]


def passed(cases: tuple[Case, ...], lines: tuple[CoverageLine, ...]) -> bool:
    """No number and no line failed."""
    return all(case.passed for case in cases) and all(line.outcome != "fail" for line in lines)


def render(made: Validation, language: str, path: Path, sha256: str | None = None) -> Path:
    """Write a certificate as a page (``.html``) or its tables in Markdown (``.md``), and return where."""
    from assay.reports import validation_view as view  # the page's template engine is not needed for anything else

    text = view.markdown(made, language) if path.suffix == ".md" else view.html(made, language, sha256)
    with writing(path):
        path.write_text(text, encoding="utf-8")
    return path.resolve()


def _check(asked: Asked) -> None:
    known = names()
    for name in asked.only:
        if name not in known:
            raise BadInput("validate.unknown", name=name, near=near(name, known))
    workers = 1 if asked.workers is None else asked.workers
    for key, value, least in (
        ("simulations", asked.simulations, _LEAST), ("workers", workers, 1), ("seed", asked.seed, 0),
    ):  # fmt: skip
        if value < least:
            raise BadInput("validate.few", key=key, got=value, least=least)


def _asked_for(name: str, asked: Asked) -> bool:
    return not asked.only or name in asked.only


def _exact(asked: Asked) -> Iterator[CoverageLine]:
    chosen = [name for name in exact.METHODS if _asked_for(name, asked)]
    return (line for line in exact.lines(chosen))


def _simulated(folder: Path, asked: Asked, tell: Tell) -> list[CoverageLine]:
    """The lines of every study asked for, in the order of the studies."""
    chosen = [one.name for one in simulation.all_studies().values() if _asked_for(one.method, asked)]
    sizes = [simulation.BLOCK] * (asked.simulations // simulation.BLOCK)
    sizes += [rest] if (rest := asked.simulations % simulation.BLOCK) else []
    stamp = [code_digest(), software(), asked.seed, sizes]
    tallies: dict[str, list[simulation.Tally | None]] = {}
    files = {name: folder / f"{digest([name, *stamp])[:32]}.json" for name in chosen}
    for name in chosen:
        kept = _kept(files[name], len(sizes))
        tallies[name] = [None] * len(sizes) if kept is None else [*kept]
    reused = done = sum(one is not None for row in tallies.values() for one in row)
    planned = len(chosen) * len(sizes)
    jobs = [(name, asked.seed, place, size) for name in chosen for place, size in enumerate(sizes)
            if tallies[name][place] is None]  # fmt: skip
    for (name, _, place, _), tally in _mapped(jobs, min(asked.workers or os.cpu_count() or 1, len(jobs) or 1)):
        tallies[name][place] = tally
        done += 1
        tell(Progress(done, reused, planned, name))
        if all(one is not None for one in tallies[name]):
            _write(files[name], msgspec.json.encode(tallies[name]))
    return [line for name, row in tallies.items()
            for line in simulation.lines(name, asked.seed, [one for one in row if one is not None])]  # fmt: skip


Job = tuple[str, int, int, int]


def _mapped(jobs: list[Job], workers: int) -> Iterator[tuple[Job, simulation.Tally]]:
    """Each job with its tally, as they end."""
    if workers <= 1:
        for job in jobs:
            yield job, simulation.block(*job)
        return
    context = get_context("spawn")
    with _one_thread_each(), ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
        waiting: dict[Future[simulation.Tally], Job] = {pool.submit(simulation.block, *job): job for job in jobs}
        try:
            while waiting:
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    yield waiting.pop(future), future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _end_with_parent() -> None:
    """In a worker: a thread that ends it when the process that started it is gone, however that ended."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that start meanwhile calculate with one thread each: small matrices gain nothing from more."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _kept(path: Path, blocks: int) -> list[simulation.Tally] | None:
    """The tallies of a study that was finished earlier; what cannot be read is simulated again."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=list[simulation.Tally])
    except (OSError, msgspec.DecodeError):
        return None
    return found if len(found) == blocks else None


def _write(path: Path, data: bytes) -> None:
    with writing(path):
        put(path, data)


def _certificate(
    asked: Asked, cases: tuple[Case, ...], lines: tuple[CoverageLine, ...], mark: LaboratoryMark
) -> Validation:
    return Validation(
        id="", issued=datetime.now(UTC).isoformat(timespec="seconds"), laboratory=mark, software=software(),
        code=code_digest(), processors=os.cpu_count() or 1, seconds=0.0, seed=asked.seed,
        simulations=asked.simulations, level=simulation.LEVEL, low=judge.LOW, high=judge.HIGH,
        complete=not asked.only and asked.simulations >= judge.ENOUGH, only=asked.only, cases=cases, coverage=lines,
        passed=passed(cases, lines),
    )  # fmt: skip
