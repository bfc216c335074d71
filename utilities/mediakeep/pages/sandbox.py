"""A sandbox for the user's templates: no access to the system, limited time and memory."""

from __future__ import annotations

import contextlib
import functools
import resource
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

TIME_LIMIT = 10.0  # seconds for rendering a template
MEMORY_LIMIT = 2**28  # additional bytes of memory
_MAX_LENGTH = 1_000_000  # characters or entries of a repeated sequence
_PADDING_FILTERS = ("batch", "center", "indent", "tojson")  # filters with a length argument


class TemplateSandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandboxed environment that also rejects very large numbers and texts."""

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, *folders: Path, compiled: BytecodeCache | None = None) -> None:
        super().__init__(
            bytecode_cache=compiled,
            loader=FileSystemLoader(folders),
            undefined=StrictUndefined,
            autoescape=lambda name: bool(name and name.endswith(".html.j2")),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        for name in _PADDING_FILTERS:
            self.filters[name] = _with_length_check(self.filters[name])

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call a function from a template; raise SecurityError for a length that is too large."""
        _, obj, *arguments = args
        if isinstance(getattr(obj, "__self__", None), str | int):  # str.center, int.to_bytes
            _check_lengths(arguments, kwargs)
        return super().call(*args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Evaluate `*` or `**` in a template; raise SecurityError if the result may be too big."""
        if operator == "**":
            raise SecurityError("powers are not allowed in templates")
        for text, times in ((left, right), (right, left)):
            if (
                isinstance(times, int)
                and hasattr(text, "__len__")
                and len(text) * times > _MAX_LENGTH
            ):
                raise SecurityError("the result would be too long")
        return super().call_binop(context, operator, left, right)


def _with_length_check(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a template filter so that it rejects very large length arguments."""
    skipped = 2 if hasattr(function, "jinja_pass_arg") else 1  # context and filtered value

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        _check_lengths(args[skipped:], kwargs)
        return function(*args, **kwargs)

    return checked


def _check_lengths(args: Iterable[Any], kwargs: Mapping[str, Any]) -> None:
    if any(isinstance(arg, int) and arg > _MAX_LENGTH for arg in (*args, *kwargs.values())):
        raise SecurityError("the result would be too long")


@contextlib.contextmanager
def limit_resources() -> Iterator[None]:
    """Limit the time and memory of a `with` block in the main thread.

    After `TIME_LIMIT` seconds, raise TimeoutError. On Linux, raise MemoryError if the block uses
    more than `MEMORY_LIMIT` bytes in addition.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TimeoutError(f"it takes longer than {TIME_LIMIT:g} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT)
    try:
        with _limit_memory():
            yield
    except MemoryError as error:
        error.args = (f"it takes more than {MEMORY_LIMIT >> 20} MB of memory",)
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _limit_memory() -> Iterator[None]:
    """Let this process use at most `MEMORY_LIMIT` more bytes during the `with` block.

    There is no limit if the current size of the process is unknown.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        yield
        return
    most = pages * resource.getpagesize() + MEMORY_LIMIT
    if soft == resource.RLIM_INFINITY or soft > most:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
