"""Energy that this machine takes while something runs on it: RAPL (processors, memory) or NVML (NVIDIA's GPUs).

A meter says what a whole machine takes, of whatever runs on it: client and reference server too, where they share it.
It says something of a server only where that runs here. Without a meter there is no number, and none is made up.

* RAPL counts microjoules in ``/sys/class/powercap`` and begins again at ``max_energy_range_uj``, at 100 W after 10 to
  45 minutes, so that it is read once a second. Since 2020 only root may read it (CVE-2020-8694).
* NVML counts millijoules since the driver was loaded; GPUs before Volta do not.

Source: Linux, Documentation/power/powercap/powercap.rst; NVML API reference,
nvmlDeviceGetTotalEnergyConsumption (recalled).
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Protocol, get_args

from assay.timing.client.asked import SECOND
from assay.timing.clock import now_ns
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.record import Record

Name = Literal["rapl", "nvml"]
METERS: Final[tuple[Name, ...]] = get_args(Name)

POWERCAP: Final = Path("/sys/class/powercap")
_EVERY_S: Final = 1.0


class Energy(Record, kw_only=True):
    """What was taken in a stretch of time.

    Attributes:
        meter: ``rapl`` or ``nvml``.
        seconds: length of the stretch.
        joules: by domain (``package-0``, ``package-0/dram``, ``gpu-0``), above 0 or 0.
        total: joules of the domains that hold each other's share once.
    """

    meter: Name
    seconds: float
    joules: dict[str, float]
    total: float


class Meter(Protocol):
    """Counters of energy, each with where it begins again.

    Attributes:
        name: which kind of meter it is.
    """

    name: Name

    def read(self) -> dict[str, float]:
        """Joules by domain, from any zero. Raises ``CannotMeasure`` for a counter that is no longer there."""
        ...

    def ranges(self) -> Mapping[str, float]:
        """Joules after which a counter begins again from 0; a domain that is not here never does."""
        ...

    def counted(self) -> tuple[str, ...]:
        """The domains that make the total."""
        ...


class Rapl:
    """The counters of Intel's and AMD's processors, as Linux shows them.

    Raises:
        BadInput: ``energy.no_meter``: there are none; ``energy.unreadable``: this user may not read them.
    """

    name: Name = "rapl"

    def __init__(self, folder: Path = POWERCAP) -> None:
        self._files: dict[str, Path] = {}
        self._ranges: dict[str, float] = {}
        for zone in sorted(folder.glob("intel-rapl:*")):
            number = zone.name.removeprefix("intel-rapl:")
            with suppress(OSError, ValueError):
                name = _text(zone / "name")
                if ":" in number:  # a part of a package
                    whole = folder / f"intel-rapl:{number.partition(':')[0]}"
                    name = f"{_text(whole / 'name')}/{name}"
                self._ranges[name] = int(_text(zone / "max_energy_range_uj")) / 1e6
                self._files[name] = zone / "energy_uj"
        if not self.counted():
            raise BadInput("energy.no_meter", meter=self.name, where=str(folder))
        for path in self._files.values():
            try:
                path.read_bytes()
            except OSError as error:
                raise BadInput("energy.unreadable", path=str(path), reason=error.strerror or error) from error

    def read(self) -> dict[str, float]:
        """Joules by domain."""
        try:
            return {name: int(_text(path)) / 1e6 for name, path in self._files.items()}
        except (OSError, ValueError) as error:
            raise CannotMeasure("energy.gone", meter=self.name, reason=str(error)) from error

    def ranges(self) -> Mapping[str, float]:
        """As the kernel states them."""
        return self._ranges

    def counted(self) -> tuple[str, ...]:
        """Packages and the memory beside them; cores are part of a package, and a platform (psys) holds more."""
        return tuple(name for name in self._files
                     if name.startswith("package") and ("/" not in name or name.endswith("/dram")))  # fmt: skip


class Nvml:
    """The GPUs that NVIDIA's driver shows.

    Raises:
        BadInput: ``part.extra``; ``energy.no_meter``: no driver, no GPU, or one without a counter.
    """

    name: Name = "nvml"

    def __init__(self, nvml: Any = None) -> None:
        self._nvml = nvml or _pynvml()
        try:
            self._nvml.nvmlInit()
            count = self._nvml.nvmlDeviceGetCount()
            self._gpus = {f"gpu-{n}": self._nvml.nvmlDeviceGetHandleByIndex(n) for n in range(count)}
            found = self._joules()
        except self._nvml.NVMLError as error:
            raise BadInput("energy.no_meter", meter=self.name, where=str(error)) from error
        if not found:
            raise BadInput("energy.no_meter", meter=self.name, where="NVML")

    def _joules(self) -> dict[str, float]:
        return {name: self._nvml.nvmlDeviceGetTotalEnergyConsumption(gpu) / 1e3 for name, gpu in self._gpus.items()}

    def read(self) -> dict[str, float]:
        """Joules by GPU."""
        try:
            return self._joules()
        except self._nvml.NVMLError as error:
            raise CannotMeasure("energy.gone", meter=self.name, reason=str(error)) from error

    def ranges(self) -> Mapping[str, float]:
        """None begins again: they have 64 bits."""
        return {}

    def counted(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._gpus)


def meter_of(name: Name) -> Meter:
    """The meter of that name.

    Raises:
        BadInput: ``part.extra``, ``energy.no_meter``, ``energy.unreadable``.
    """
    return Rapl() if name == "rapl" else Nvml()


@contextmanager
def metered(meter: Meter, every_s: float = _EVERY_S) -> Iterator["Metering"]:
    """Read a meter while the block lasts; ``seen()`` afterwards says what was taken.

    Args:
        meter: which.
        every_s: from one reading to the next; shorter than a counter takes to begin again twice.
    Raises:
        CannotMeasure: ``energy.gone``: from ``seen()`` or at the beginning.
    """
    with Metering(meter, every_s) as metering:
        yield metering


class Metering:
    """A thread that reads, and adds up what counters have gone on by."""

    def __init__(self, meter: Meter, every_s: float) -> None:
        self._meter, self._every_s = meter, every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._sum: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._began_ns = self._ended_ns = 0
        self._gone: CannotMeasure | None = None

    def __enter__(self) -> "Metering":
        self._last = self._meter.read()
        self._began_ns = now_ns()
        self._sum = dict.fromkeys(self._last, 0.0)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self._over.set()
        self._thread.join()
        self._step()
        self._ended_ns = now_ns()

    def _go_on(self) -> None:
        while not self._over.wait(self._every_s):
            self._step()

    def _step(self) -> None:
        if self._gone is not None:
            return
        try:
            found = self._meter.read()
        except CannotMeasure as error:
            self._gone = error
            return
        ranges = self._meter.ranges()
        for name, before in self._last.items():
            gone_on = found[name] - before
            if gone_on < 0:
                if name not in ranges:
                    self._gone = CannotMeasure("energy.gone", meter=self._meter.name, reason=f"{name} < 0")
                    return
                gone_on += ranges[name]
            self._sum[name] += gone_on
        self._last = found

    def seen(self) -> Energy:
        """What was taken.

        Raises:
            CannotMeasure: ``energy.gone``: a counter could not be read, or was set back.
        """
        if self._gone is not None:
            raise self._gone
        total = sum(self._sum[name] for name in self._meter.counted())
        seconds = (self._ended_ns - self._began_ns) / SECOND
        return Energy(meter=self._meter.name, seconds=seconds, joules=dict(self._sum), total=total)


def _text(path: Path) -> str:
    return path.read_text("ascii").strip()


def _pynvml() -> Any:
    try:
        import pynvml
    except ImportError:
        raise BadInput("part.extra", name="the energy of NVIDIA's GPUs", package="nvidia-ml-py",
                       extra="nvml") from None  # fmt: skip
    return pynvml
