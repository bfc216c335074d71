"""What tests need that a fresh machine may lack; tests marked `needs(...)` are slow ones.

`.ci/run` installs what it can and runs these tests. A test whose need is missing fails with the
cure: none is skipped. To list what this machine lacks:

    .venv/bin/python -m tests.needs
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import memory_folder

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_REPOSITORY = Path(__file__).parents[1]


def find_browser() -> str:
    """Return the path of a browser, "" if there is none."""
    return next(filter(None, map(shutil.which, _BROWSERS)), "")


def _is_root() -> bool:
    return os.geteuid() == 0


@cache
def _can_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        if not (_is_root() and shutil.which("mount")):
            return False
        if subprocess.run(mount, capture_output=True).returncode:
            return False
        subprocess.run(["umount", folder], check=True)
    return True


@cache
def _can_make_namespaces() -> bool:
    name = f"mk{os.getpid()}"
    if not (_is_root() and shutil.which("ip") and shutil.which("unshare")):
        return False
    made = not subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode
    subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
    return made and not subprocess.run(["unshare", "-m", "-u", "true"]).returncode


@cache
def _has_index() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        words = ["download", "--quiet", "--no-deps", "--dest", folder, "hatchling"]
        return not subprocess.run(
            [sys.executable, "-m", "pip", *words], capture_output=True
        ).returncode


def _has_volumes() -> bool:
    memory = memory_folder.temporary_parent()
    here = Path(memory or tempfile.gettempdir()).stat().st_dev
    return here not in (Path(tempfile.gettempdir()).stat().st_dev, _REPOSITORY.stat().st_dev)


# Name: how to find out whether it is there, and the cure. Programs are found by their names.
_NEEDS: dict[str, tuple[Callable[[], object], str]] = {
    "browser": (find_browser, "Install Chromium (Debian: apt install chromium)."),
    "index": (_has_index, "Give pip a package index, and the .venv pip."),
    "mount": (_can_mount, "Run as a user who may mount a file system."),
    "namespaces": (
        _can_make_namespaces,
        "Run as root, with ip (Debian: apt install iproute2), where namespaces may be made.",
    ),
    "root": (_is_root, "Run as root."),
    "volumes": (_has_volumes, "Give /dev/shm 512 MB, on another file system than /tmp."),
}
_PACKAGES = {
    "espeak-ng": "espeak-ng", "ffmpeg": "ffmpeg", "ffprobe": "ffmpeg", "lame": "lame",
    "fish": "fish", "mediainfo": "mediainfo", "openssl": "openssl",
    "opusenc": "opus-tools", "zsh": "zsh",
}  # fmt: skip
_MODULES = ("distributed", "mediafile", "taglib")
NAMES = (*_NEEDS, *_PACKAGES, *_MODULES)
_BY_FIXTURE = {
    "browser": "browser", "other_disk": "volumes", "other_volume": "volumes",
    "small_disk": "mount", "small_volume": "mount",
}  # fmt: skip


def find_cure(need: str) -> str:
    """Return what to do about a need that is missing, "" if it is there."""
    if need in _PACKAGES:
        package = _PACKAGES[need]
        return "" if shutil.which(need) else f"Install {need} (Debian: apt install {package})."
    if need in _MODULES:
        return "" if importlib.util.find_spec(need) else "Run by `make slow`, which installs it."
    is_there, cure = _NEEDS[need]
    return "" if is_there() else cure


def list_needs(item: pytest.Item) -> Iterator[str]:
    """Return the needs of a test, by its marks and its fixtures."""
    for mark in item.iter_markers("needs"):
        yield from mark.args
    for name in getattr(item, "fixturenames", ()):
        if name in _BY_FIXTURE:
            yield _BY_FIXTURE[name]


def sort_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark loops, long tests and those with needs as slow; leave out those of another system."""
    elsewhere = [one for one in items if _is_elsewhere(one)]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [one for one in items if not _is_elsewhere(one)]
    for item in items:
        if needs := list(list_needs(item)):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.needs(*needs))
        if item.get_closest_marker("loop") and not item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.short_loop)
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.slow)


def _is_elsewhere(item: pytest.Item) -> bool:
    return sys.platform != "linux" and item.get_closest_marker("linux") is not None


def main() -> int:
    cures = {need: find_cure(need) for need in NAMES}
    for need, cure in cures.items():
        if cure:
            print(f"{need} is missing. {cure}", file=sys.stderr)
    return any(cures.values())


if __name__ == "__main__":
    sys.exit(main())
