"""Meters of energy, against counters that were made up."""

import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assay.timing.beside.energy import Nvml, Rapl, metered
from assay.vocabulary.errors import BadInput, CannotMeasure


def zone(folder: Path, number: str, name: str, microjoules: int, most: int = 1_000_000_000) -> Path:
    place = folder / f"intel-rapl:{number}"
    place.mkdir(parents=True)
    (place / "name").write_text(name + "\n")
    (place / "max_energy_range_uj").write_text(f"{most}\n")
    (place / "energy_uj").write_text(f"{microjoules}\n")
    return place / "energy_uj"


def test_domains_add_up_to_packages_and_memory(tmp_path: Path) -> None:
    files = [zone(tmp_path, *one) for one in (
        ("0", "package-0", 5_000_000), ("0:0", "core", 1_000_000), ("0:1", "dram", 2_000_000),
        ("1", "package-1", 100), ("2", "psys", 9_000_000),
    )]  # fmt: skip
    meter = Rapl(tmp_path)
    with metered(meter, every_s=10) as metering:
        for file, more in zip(files, (3_000_000, 1_000_000, 500_000, 2_000_000, 7_000_000), strict=True):
            file.write_text(str(int(file.read_text()) + more))
    found = metering.seen()
    assert found.joules == pytest.approx({"package-0": 3.0, "package-0/core": 1.0, "package-0/dram": 0.5,
                                          "package-1": 2.0, "psys": 7.0})  # fmt: skip
    assert found.total == pytest.approx(5.5)  # cores are in their package; psys holds everything again
    assert found.meter == "rapl" and found.seconds > 0


def test_a_counter_that_begins_again_is_followed_several_times(tmp_path: Path) -> None:
    file = zone(tmp_path, "0", "package-0", 900_000, most=1_000_000)
    new = tmp_path / "new"
    with metered(Rapl(tmp_path), every_s=0.01) as metering:
        for now in (400_000, 200_000, 700_000, 100_000):  # 0.5, 0.8, 0.5, 0.4 J
            new.write_text(str(now))
            new.replace(file)  # at once, as the kernel does
            time.sleep(0.1)
    assert metering.seen().total == pytest.approx(2.2)


def test_no_meter_and_one_that_may_not_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as none:
        Rapl(tmp_path / "nothing")
    assert none.value.code == "energy.no_meter" and "not measured" in str(none.value)
    zone(tmp_path, "0", "psys", 1)  # of a platform that tells nothing of its packages
    with pytest.raises(BadInput) as platform:
        Rapl(tmp_path)
    assert platform.value.code == "energy.no_meter"
    file = zone(tmp_path, "1", "package-0", 1)
    file.unlink()
    file.mkdir()  # cannot be read, by root either
    with pytest.raises(BadInput) as closed:
        Rapl(tmp_path)
    assert closed.value.code == "energy.unreadable"


def test_a_counter_that_is_lost_gives_no_number(tmp_path: Path) -> None:
    file = zone(tmp_path, "0", "package-0", 1)
    with metered(Rapl(tmp_path), every_s=10) as metering:
        file.unlink()
    with pytest.raises(CannotMeasure) as lost:
        metering.seen()
    assert lost.value.code == "energy.gone"


class NotSupported(Exception):
    pass


def nvml(readings: list[int]) -> Any:
    """As ``pynvml``, with one GPU."""
    def energy(gpu: str) -> int:
        if not readings:
            raise NotSupported("Not Supported")
        return readings.pop(0)

    return SimpleNamespace(
        NVMLError=NotSupported, nvmlInit=lambda: None, nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda n: "gpu", nvmlDeviceGetTotalEnergyConsumption=energy,
    )  # fmt: skip


def test_gpus_are_read_in_joules_and_never_begin_again() -> None:
    with metered(Nvml(nvml([1000, 2000, 5500])), every_s=10) as metering:
        pass
    assert metering.seen().joules == {"gpu-0": pytest.approx(3.5)}
    with metered(Nvml(nvml([1000, 2000, 1500])), every_s=10) as metering:
        pass
    with pytest.raises(CannotMeasure):
        metering.seen()
    with pytest.raises(BadInput) as old:
        Nvml(nvml([]))
    assert old.value.code == "energy.no_meter" and "Not Supported" in str(old.value)


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(BadInput, match=r"pip install 'assay\[nvml\]'"):
        Nvml()
