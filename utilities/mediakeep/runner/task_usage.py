"""Measure the CPU time and the peak memory of a task in the process that runs it."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import msgspec

_PEAK_RESET = Path("/proc/self/clear_refs")  # proc(5): "5" sets VmHWM to the current size
_STATUS = Path("/proc/self/status")
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes; see getrusage(2)


class TaskUsage(msgspec.Struct, frozen=True):
    """What a task used: CPU seconds of its process, and the highest resident size in bytes.

    The CPU time includes that of all threads, and of child processes that have ended. The size is
    that of the whole process, with the interpreter and its libraries.
    """

    cpu_seconds: float = 0.0
    peak_memory: int = 0

    def add(self, other: TaskUsage) -> TaskUsage:
        """Return the usage of both: all CPU time, and the higher of the two peaks."""
        return TaskUsage(
            self.cpu_seconds + other.cpu_seconds, max(self.peak_memory, other.peak_memory)
        )


class UsageMeter:
    """Measures the process from here on.

    The peak is reset first. Where the system does not allow that, as on macOS, it is the highest
    size since the start of the process.
    """

    def __init__(self) -> None:
        self._has_reset = _reset_peak()
        self._cpu_start = _read_cpu_seconds()

    def measure(self) -> TaskUsage:
        """Return what the process used since the start of the meter."""
        peak = _read_peak() if self._has_reset else 0
        peak = peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT
        return TaskUsage(_read_cpu_seconds() - self._cpu_start, peak)


def _reset_peak() -> bool:
    try:
        _PEAK_RESET.write_text("5")
    except OSError:
        return False
    return True


def _read_peak() -> int:
    """Return the highest resident size since the reset, in bytes; 0 if unknown."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return 0
    sizes = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(next(sizes, 0)) * 1024


def _read_cpu_seconds() -> float:
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)
