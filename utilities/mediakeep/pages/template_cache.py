"""A cache of compiled Jinja templates on disk, like Python's bytecode cache."""

from __future__ import annotations

import contextlib
import sys
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from mediakeep import atomic_files


class TemplateCache(BytecodeCache):
    """A cache of the compiled templates of one folder; jinja2 compares it with the source.

    Compiling takes a hundred times as long as reading the cache.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_source_checksum(self, source: str) -> str:
        """Return a checksum of a template's source and of the jinja2 version."""
        return super().get_source_checksum(f"{jinja2.__version__} {source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load a compiled template; jinja2 compiles it again if the cache file is unusable."""
        try:
            bucket.bytecode_from_string(self._cache_path(bucket).read_bytes())
        except Exception:  # noqa: BLE001 - pickle may raise anything
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Store a compiled template, if this process may write to the cache folder."""
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                atomic_files.write_atomic(
                    self._cache_path(bucket), bucket.bytecode_to_string(), sync=False
                )

    def _cache_path(self, bucket: Bucket) -> Path:
        return Path(cache_from_source(str(self._folder / f"{bucket.key}.py")))
