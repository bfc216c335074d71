"""Damaged files read in a process of its own, under limits that the kernel keeps.

python -m tests.media.mutations_child MODULE[:ATTRIBUTE] FOLDER LIMITS < recipes

It tells each step on a line before it goes it, so that a step which kills the process is known.
"""

from __future__ import annotations

import json
import resource
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path

from mediakeep.errors import MediakeepError
from tests.media import mutations
from tests.media.mutations import Recipe

AT_ONCE = 25  # damaged files that make up an artist's folder

Reader = Callable[[Path], object]


@dataclass(frozen=True)
class Readers:
    """What is done with each file alone, and with each folder of some of them."""

    files: Mapping[str, Reader]
    folders: Mapping[str, Reader]


@dataclass(frozen=True)
class Limits:
    """Seconds of work and of waiting for one step; bytes that memory may grow by."""

    work: float = 2.0
    wait: float = 30.0
    memory: int = 200 << 20
    address: int = 1 << 30  # beyond this the system refuses: the machine is not to suffer


class Watch:
    """Tells what steps cost, and has the kernel end the process at one that does not end."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._longest = limits, 0.0
        self._before = self._peak = memory("VmRSS")
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)  # ends the process, whatever it is doing
        if _STATUS.exists():
            ceiling = memory("VmSize") + limits.address
            resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))

    @contextmanager
    def step(self, what: str, share: int) -> Iterator[None]:
        """Time one step; it may cost as much as so many files."""
        tell("step", what)
        signal.setitimer(signal.ITIMER_PROF, self._limits.work * share)
        signal.setitimer(signal.ITIMER_REAL, self._limits.wait * share)
        began = time.process_time()
        try:
            yield
        except MediakeepError as error:
            if behind := astonished(error):
                tell("fault", what, f"{type(behind).__name__} behind {type(error).__name__}")
        except Exception as error:
            tell("fault", what, f"{type(error).__name__}: {error}"[:300])
        seconds = (time.process_time() - began) / share
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._note(what, seconds, memory("VmHWM"))

    def _note(self, what: str, seconds: float, peak: int) -> None:
        """Tell of a step that cost more than all before it."""
        grown = peak - self._before
        if seconds > self._longest:
            self._longest = seconds
            tell("longest", what, str(seconds))
        if peak > self._peak:
            self._peak = peak
            tell("largest", what, str(grown))
            if grown > self._limits.memory:
                tell("fault", what, f"memory grew by more than {self._limits.memory >> 20} MB")


def memory(what: str) -> int:
    """Read a size of this process in bytes, as Linux names it; macOS tells the peak alone."""
    if not _STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) << 10


_STATUS = Path("/proc/self/status")


def astonished(error: BaseException | None) -> BaseException | None:
    """Find what stands behind an error and is no way for damaged bytes to show themselves."""
    while error is not None:
        if not isinstance(error, _OF_DAMAGE):
            return error
        error = error.__cause__ or error.__context__
    return None


# A lack of memory or of depth is none of these, nor is a mistake in a program.
_OF_DAMAGE = (MediakeepError, OSError, struct.error, LookupError, ArithmeticError, ValueError)


def tell(word: str, what: str = "", text: str = "") -> None:
    """Write one line at once."""
    print(json.dumps((word, what, text)), flush=True)


def go(recipes: Iterable[Recipe], readers: Readers, folder: Path, watch: Watch) -> None:
    """Make and read all files, some at a time in one folder."""
    left = iter(recipes)
    while some := list(islice(left, AT_ONCE)):
        for number, recipe in enumerate(some):
            path = folder / f"{number:02} {recipe.name.partition('.')[0]}{recipe.suffix}"
            path.write_bytes(recipe.content())
            for name, reader in readers.files.items():
                with watch.step(f"{name}: {recipe}", 1):
                    reader(path)
        for name, reader in readers.folders.items():
            with watch.step(f"{name}: {'; '.join(map(str, some))}", len(some)):
                reader(folder)
        for path in folder.iterdir():
            path.unlink()


def main() -> None:
    """Read the recipes from the standard input, and tell what came of them."""
    module, folder, limits = sys.argv[1:]
    name, _, attribute = module.partition(":")
    readers: Readers = getattr(import_module(name), attribute or "READERS")
    watch = Watch(Limits(**json.loads(limits)))
    go(map(mutations.recipe, sys.stdin.read().splitlines()), readers, Path(folder), watch)
    tell("end")


if __name__ == "__main__":
    main()
