"""Compiled templates, kept where Python keeps its compiled modules, and by the same rules."""

from __future__ import annotations

import contextlib
import sys
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from mediakeep import files


class Compiled(BytecodeCache):
    """What jinja2 made of the templates of a folder; it checks that it is of the very text.

    Compiling takes a hundred times as long as reading this.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_source_checksum(self, source: str) -> str:
        """Return what tells one text, compiled by one version, from any other."""
        return super().get_source_checksum(f"{jinja2.__version__} {source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read what is kept; what is missing or damaged is compiled anew."""
        try:
            bucket.bytecode_from_string(self._path(bucket).read_bytes())
        except Exception:  # noqa: BLE001 - pickle raises whatever it likes
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it for the next process, where this one may write there."""
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                files.write_atomic(self._path(bucket), bucket.bytecode_to_string(), sync=False)

    def _path(self, bucket: Bucket) -> Path:
        return Path(cache_from_source(str(self._folder / f"{bucket.key}.py")))
