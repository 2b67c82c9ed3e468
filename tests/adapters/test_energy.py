"""What a training took is read from the machine's own counters, or not told at all."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reviewlore.adapters.energy import MachineMeter, find_gpus, find_rapl

# The five calls of NVIDIA's library that are used, of a machine with two GPUs whose counters go up at each reading.
LIBRARY = """
#include <string.h>
static unsigned long long energy[2] = {7200000ull, 100ull};
static int handles[2] = {0, 1};
int nvmlInitWithFlags(unsigned int flags) { return 0; }
int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned int *count) { *count = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device) {
  if (index > 1) return 2;
  *device = &handles[index]; return 0;
}
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) {
  if (strcmp(uuid, "GPU-second")) return 6;
  *device = &handles[1]; return 0;
}
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *value) {
  int which = *(int *)device;
  *value = energy[which]; energy[which] += 3600000ull; return FAILS;
}
"""
MEASURE = """
import json
from reviewlore.adapters.energy import MachineMeter
from pathlib import Path
with MachineMeter(Path("/nowhere")).measure(accelerator=True) as read:
    pass
print(json.dumps([read().energy_wh, read().energy_parts]))
"""


def zone(powercap: Path, folder: str, name: str, value: int, most: int = 1_000_000) -> Path:
    place = powercap / folder
    place.mkdir(parents=True)
    (place / "name").write_text(f"{name}\n")
    (place / "max_energy_range_uj").write_text(f"{most}\n")
    (place / "energy_uj").write_text(f"{value}\n")
    return place / "energy_uj"


def test_packages_and_memory_are_added_up_but_nothing_twice(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl:0", "package-0", 5)
    zone(tmp_path, "intel-rapl:0:0", "core", 5)
    zone(tmp_path, "intel-rapl:0:1", "dram", 5)
    zone(tmp_path, "intel-rapl:1", "psys", 5)
    zone(tmp_path, "intel-rapl-mmio:0", "package-0", 5)
    assert sorted(find_rapl(tmp_path)) == ["dram intel-rapl:0:1 (RAPL)", "package-0 (RAPL)"]


def test_a_block_is_what_the_counters_went_up_by(tmp_path: Path) -> None:
    first = zone(tmp_path, "intel-rapl:0", "package-0", 1_000, 10**12)
    second = zone(tmp_path, "intel-rapl:1", "package-1", 50, 10**12)
    with MachineMeter(tmp_path).measure(accelerator=False) as read:
        assert read().energy_wh == 0.0
        first.write_text(str(1_000 + 3_600_000_000))
        second.write_text(str(50 + 1_800_000_000))
    first.write_text(str(9 * 10**11))  # after the block
    assert read().energy_wh == 1.5
    assert read().energy_parts == {"package-0 (RAPL)": 1.0, "package-1 (RAPL)": 0.5}


def test_a_counter_that_begins_again_goes_on(tmp_path: Path) -> None:
    counter = zone(tmp_path, "intel-rapl:0", "package-0", 3_599_999_999, 3_599_999_999)
    with MachineMeter(tmp_path).measure(accelerator=False) as read:
        counter.write_text("1800000000")
        assert read().energy_wh == pytest.approx(0.5)
        counter.write_text("7")
    assert read().energy_wh == pytest.approx(1.0)


@pytest.mark.parametrize("damage", ["gone", "no number"])
def test_a_counter_that_fails_in_between_leaves_nothing(tmp_path: Path, damage: str) -> None:
    counter = zone(tmp_path, "intel-rapl:0", "package-0", 1)
    zone(tmp_path, "intel-rapl:1", "package-1", 1)
    with MachineMeter(tmp_path).measure(accelerator=False) as read:
        counter.unlink() if damage == "gone" else counter.write_text("soon")
        assert read().energy_wh is None
        counter.write_text("5")
    assert (read().energy_wh, read().energy_parts) == (None, {})


def test_a_counter_that_may_not_be_read_is_not_guessed(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl:0", "package-0", 1)
    zone(tmp_path, "intel-rapl:1", "package-1", 1).unlink()
    assert find_rapl(tmp_path) == {}
    assert find_rapl(tmp_path / "nothing") == {}


def test_time_and_peak_memory_are_of_the_block(tmp_path: Path) -> None:
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("the peak of a block's memory is known on Linux only")
    meter = MachineMeter(tmp_path)
    with meter.measure(accelerator=False) as read:
        held = bytearray(b"x" * 80_000_000)
        time.sleep(0.02)
    large = read()
    del held
    with meter.measure(accelerator=False) as read:
        small = read()
    assert large.seconds >= 0.02
    assert large.peak_mib is not None and small.peak_mib is not None
    assert large.peak_mib - small.peak_mib > 40
    assert large.energy_wh is None


def test_a_machine_that_tells_nothing_is_no_error(tmp_path: Path) -> None:
    with MachineMeter(tmp_path / "powercap", tmp_path / "process").measure(accelerator=True) as read:
        pass
    if not find_gpus():
        assert (read().energy_wh, read().peak_mib) == (None, None)


@pytest.mark.parametrize(
    ("visible", "fails", "expected"),
    [
        (None, 0, [2.0, {"GPU 0 (NVML)": 1.0, "GPU 1 (NVML)": 1.0}]),
        ("0", 0, [1.0, {"GPU 0 (NVML)": 1.0}]),
        ("GPU-second", 0, [1.0, {"GPU 0 (NVML)": 1.0}]),
        ("", 0, [None, {}]),
        ("MIG-1234", 0, [None, {}]),
        ("7", 0, [None, {}]),
        (None, 3, [None, {}]),  # a GPU without a counter: not supported
    ],
)
def test_gpus_are_read_by_nvidias_library(
    tmp_path: Path, visible: str | None, fails: int, expected: list[object]
) -> None:
    pytest.importorskip("pynvml", reason="reading a GPU needs the model extra")
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("a library to stand in for NVIDIA's cannot be built here")
    (tmp_path / "nvml.c").write_text(LIBRARY.replace("FAILS", str(fails)))
    library = tmp_path / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, tmp_path / "nvml.c"], check=True)
    environment = {"LD_LIBRARY_PATH": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    environment |= {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    done = subprocess.run([sys.executable, "-c", MEASURE], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == expected
