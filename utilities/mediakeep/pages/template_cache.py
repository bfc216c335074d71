"""A cache of compiled Jinja templates, shared by all processes of a user."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import jinja2
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

from mediakeep import runtime_dir

# By whether the code was compiled for the sandbox: the other kind of code does not run there.
_FILE_PATTERNS = {False: "template-%s.cache", True: "template-sandbox-%s.cache"}


def open_cache(*, sandboxed: bool = False) -> TemplateCache | None:
    """Return the cache in the user's first private runtime directory, or None without one.

    jinja2 runs the code that it loads, so no other user may be able to write to the directory.
    """
    for directory in runtime_dir.list_runtime_dirs():
        with contextlib.suppress(OSError):
            os.close(runtime_dir.open_private_dir(directory))
            return TemplateCache(str(directory), _FILE_PATTERNS[sandboxed])
    return None


class TemplateCache(FileSystemBytecodeCache):
    """A cache of compiled templates.

    Files that are damaged, or that other users may have written, are ignored.
    """

    def get_source_checksum(self, source: str) -> str:
        """Return a checksum of a template's source and of the jinja2 version."""
        return super().get_source_checksum(f"{jinja2.__version__} {source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load a compiled template; jinja2 compiles it again if the cache file is unusable."""
        path = Path(self.directory, self.pattern % bucket.key)
        try:
            with path.open("rb") as stream:
                runtime_dir.check_private(stream.fileno(), path)
                bucket.load_bytecode(stream)
        except Exception:  # noqa: BLE001 - pickle may raise anything
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Store a compiled template, if this process may write to the cache."""
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)
