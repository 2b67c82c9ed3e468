"""What a block of work took of this machine: seconds, energy by the machine's own counters, and peak memory.

Owns pynvml (NVIDIA's management library). What no counter tells is None, never an estimate. A counter is of a whole
processor or GPU: whatever else ran on it in the meantime is in it.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic

from reviewlore.domain.model import Spent

_MICROJOULES, _MILLIJOULES = 3.6e9, 3.6e6  # of a watt-hour
# A package's counter begins again after 65 to 262 kJ: two minutes at 500 W at the least. Read more often than that.
_SAMPLED_EVERY = 30.0
_ZONE = re.compile(r"intel-rapl:\d+(?::\d+)?")
_POWERCAP = Path("/sys/class/powercap")

Counter = Callable[[], float]


class MachineMeter:
    """Adapter of the `Meter` port: Intel's and AMD's RAPL for processors, NVML for NVIDIA's GPUs, Linux for memory."""

    def __init__(self, powercap: Path = _POWERCAP, process: Path = Path("/proc/self")) -> None:
        self._powercap, self._process = powercap, process

    @contextmanager
    def measure(self, *, accelerator: bool) -> Iterator[Callable[[], Spent]]:
        """Measure the block; what is given returns what it took so far. GPUs are read where an `accelerator` is used.

        Nothing is raised for a counter that cannot be read.
        """
        begin = monotonic()
        resettable = _reset_peak(self._process)
        counters = {**find_rapl(self._powercap), **(find_gpus() if accelerator else {})}
        with _Totals(counters) as totals:

            def read() -> Spent:
                parts = totals.read()
                return Spent(
                    seconds=round(monotonic() - begin, 2),
                    energy_wh=round(sum(parts.values()), 6) if parts else None,
                    energy_parts={name: round(value, 6) for name, value in parts.items()},
                    peak_mib=_read_peak(self._process) if resettable else None,
                )

            yield read


def find_rapl(powercap: Path) -> dict[str, Counter]:
    """Return a counter of watt-hours for each processor package and its memory; none where one cannot be read.

    Since CVE-2020-8694 most systems let only root read them.
    https://www.kernel.org/doc/html/latest/power/powercap/powercap.html
    """
    counters: dict[str, Counter] = {}
    try:
        for zone in sorted(path for path in powercap.iterdir() if _ZONE.fullmatch(path.name)):
            name = (zone / "name").read_text(encoding="ascii").strip()
            if not re.fullmatch(r"package-\d+|dram", name):  # cores are in the package, psys is more than this machine
                continue
            wraps_at = int((zone / "max_energy_range_uj").read_text(encoding="ascii"))
            counter = _Wrapping(zone / "energy_uj", wraps_at)
            counter()
            counters[f"{name if name != 'dram' else f'dram {zone.name}'} (RAPL)"] = counter
    except (OSError, ValueError):
        return {}
    return counters


def find_gpus() -> dict[str, Counter]:
    """Return a counter of watt-hours for each NVIDIA GPU that this process may use; none where one has no counter.

    NVML counts since the driver was loaded, from Volta on (`nvmlDeviceGetTotalEnergyConsumption`).
    """
    try:
        import pynvml
    except ImportError:
        return {}
    try:
        pynvml.nvmlInit()
        handles = [
            pynvml.nvmlDeviceGetHandleByUUID(name) if name.startswith("GPU-")
            else pynvml.nvmlDeviceGetHandleByIndex(int(name))
            for name in _visible_gpus(os.environ, pynvml.nvmlDeviceGetCount())
        ]  # fmt: skip

        for handle in handles:
            pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except (pynvml.NVMLError, ValueError):
        return {}

    def counter_of(handle: object) -> Counter:
        def read() -> float:
            try:
                return float(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / _MILLIJOULES
            except pynvml.NVMLError as error:
                raise OSError(str(error)) from error

        return read

    return {f"GPU {number} (NVML)": counter_of(handle) for number, handle in enumerate(handles)}


def _visible_gpus(environment: Mapping[str, str], count: int) -> list[str]:
    """Return the GPUs that CUDA would use, by number or UUID; a part of one (MIG) has no counter of its own."""
    chosen = environment.get("CUDA_VISIBLE_DEVICES")
    return [str(number) for number in range(count)] if chosen is None else [c.strip() for c in chosen.split(",") if c]


class _Wrapping:
    """A RAPL counter in watt-hours that goes on where the kernel's begins again."""

    def __init__(self, path: Path, wraps_at: int) -> None:
        self._path, self._wraps_at = path, wraps_at
        self._last, self._rounds = 0, 0

    def __call__(self) -> float:
        value = int(self._path.read_text(encoding="ascii"))
        self._rounds += value < self._last
        self._last = value
        return (self._rounds * (self._wraps_at + 1) + value) / _MICROJOULES


class _Totals:
    """What counters went up by since the block began; read now and then, so that none begins again unseen."""

    def __init__(self, counters: Mapping[str, Counter]) -> None:
        self._counters = counters
        self._lock, self._over = Lock(), Event()
        self._failed = False
        self._begin = self._end = self._sample()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "_Totals":
        if self._counters:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end = self._sample()
        self._over.set()
        if self._counters:
            self._thread.join()

    def read(self) -> dict[str, float]:
        """Return watt-hours by counter; nothing where one failed. After the block: as it was at its end."""
        end = self._end if self._over.is_set() else self._sample()
        return {} if self._failed else {name: end[name] - self._begin[name] for name in self._counters}

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLED_EVERY):
            self._sample()

    def _sample(self) -> dict[str, float]:
        with self._lock:
            try:
                return {name: counter() for name, counter in self._counters.items()}
            except (OSError, ValueError):  # a counter that went away must not end a training
                self._failed = True
                return {}


def _reset_peak(process: Path) -> bool:
    """Let Linux count the peak of resident memory from now on; see `clear_refs` in proc(5)."""
    try:
        (process / "clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def _read_peak(process: Path) -> float | None:
    try:
        status = (process / "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return round(int(found[1]) / 1024, 1) if found else None
