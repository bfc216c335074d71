"""The debug log of a batch: JSON lines in a file of limited size, on stdout, or to syslog.

It is for people who look for a cause, and for log collectors. The record of what was done is the
session log, which is never cut.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import logging.handlers
import os
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.errors import MediakeepError, UsageError

FILE = "debug.log"
MAX_BYTES = 5_000_000  # of the file, before it is renamed to debug.log.1
OLD_FILES = 3
_SYSLOG_SOCKETS = ("/dev/log", "/var/run/syslog")  # Linux, macOS
_LOGGER = logging.getLogger("mediakeep")
_SYSLOG_PORT = 514  # RFC 5426, section 3.3


class JsonFormatter(logging.Formatter):
    """Formats a log record as one JSON object: time, level, message, then its facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object; facts with the names of the first three fields are left out."""
        moment = datetime.fromtimestamp(record.created, UTC)
        event = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        facts: dict[str, Any] = getattr(record, "facts", {})
        return msgspec.json.encode({**event, **facts, **event}, enc_hook=str).decode()


class SharedFileHandler(logging.handlers.RotatingFileHandler):
    """A rotating file that several processes may write: each line is written under a lock.

    The lock is that of the folder, as the file itself is renamed.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, to the new file if another process has renamed the old one."""
        try:
            with atomic_files.exclusive_lock(self._path.parent, atomic_files.FOLDER):
                self._reopen_if_renamed()
                super().emit(record)
        except OSError:
            self.handleError(record)

    @property
    def _path(self) -> Path:
        return Path(self.baseFilename)

    def _reopen_if_renamed(self) -> None:
        if not self.stream:
            return
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(self.stream.fileno()), self._path.stat()):
                return
        self.stream.close()
        self.stream = self._open()


class StepPrinter(logging.Handler):
    """Prints log records to stderr, also above a progress bar: the time, the message, its facts."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record."""
        facts = [f"{name}={value}" for name, value in getattr(record, "facts", {}).items()]
        text = "  ".join((record.getMessage(), *facts))
        moment = datetime.fromtimestamp(record.created).astimezone()
        with contextlib.suppress(OSError, ValueError):  # a closed pipe stops no command
            sys.stderr.write(f"{moment:%H:%M:%S.%f}"[:-3] + f" {path_text.to_printable(text)}\n")


@contextlib.contextmanager
def print_steps() -> Iterator[None]:
    """Print the steps of a `with` block, its duration, and where an exception in it was raised."""
    started, cpu, before = time.monotonic(), time.process_time(), _LOGGER.level
    printer = StepPrinter()
    _LOGGER.addHandler(printer)
    _LOGGER.setLevel(logging.DEBUG)
    try:
        yield
    except MediakeepError:
        traceback.print_exc()
        raise
    finally:
        seconds, cpu = time.monotonic() - started, time.process_time() - cpu
        _LOGGER.debug("Ended after %.2f s, with %.2f s of CPU time", seconds, cpu)
        _LOGGER.setLevel(before)
        _LOGGER.removeHandler(printer)


@contextlib.contextmanager
def open_debug_log(folder: Path, target: str, *, verbose: bool) -> Iterator[None]:
    """Write the debug log for a `with` block.

    With `verbose`, it has every step, and is also written to a file in `folder`, which must exist
    when the first line is written. `target` is "stdout", "syslog", "syslog:HOST:PORT",
    "syslog:/path/of/socket", or "". A line that cannot be written is lost, and the batch goes on.
    Raise UsageError if there is no syslog.
    """
    level = logging.DEBUG if verbose else logging.INFO
    before, raises = _LOGGER.level, logging.raiseExceptions
    with contextlib.ExitStack() as stack:
        for handler in _build_handlers(folder, target, verbose=verbose):
            handler.setFormatter(JsonFormatter())
            _LOGGER.addHandler(handler)
            stack.callback(handler.close)
            stack.callback(_LOGGER.removeHandler, handler)
            _LOGGER.setLevel(level)
            logging.raiseExceptions = False
        try:
            yield
        finally:
            _LOGGER.setLevel(before)
            logging.raiseExceptions = raises


def _build_handlers(folder: Path, target: str, *, verbose: bool) -> Iterator[logging.Handler]:
    if target == "stdout":
        yield logging.StreamHandler(sys.stdout)
    elif target:
        yield _connect_syslog(target)
    if verbose:
        yield SharedFileHandler(
            folder / FILE, maxBytes=MAX_BYTES, backupCount=OLD_FILES, encoding="utf-8", delay=True
        )


def _connect_syslog(target: str) -> logging.Handler:
    address = parse_syslog_address(target)
    try:
        if isinstance(address, str) and not Path(address).is_socket():
            raise FileNotFoundError(errno.ENOENT, "no such socket")
        handler = logging.handlers.SysLogHandler(address)
    except OSError as error:
        shown = address if isinstance(address, str) else ":".join(map(str, address))
        raise UsageError(
            f"No syslog at {shown}: {error.strerror}. Correct --log-to, such as"
            " syslog:localhost:514."
        ) from error
    handler.ident = "mediakeep: "
    return handler


def parse_syslog_address(target: str) -> str | tuple[str, int]:
    """Return the address of a target: the path of a socket, or a host with its UDP port.

    Raise ValueError if the target is invalid.
    """
    name, _, address = target.partition(":")
    if name != "syslog" or (":" in target and not address):
        raise ValueError(f'"{target}" is no target; write stdout, syslog, or syslog:HOST:PORT')
    if address.startswith("/"):
        return address
    if not address:
        return next(filter(os.path.exists, _SYSLOG_SOCKETS), _SYSLOG_SOCKETS[0])
    host, _, port = address.partition(":")
    if port and not (port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(f'"{port}" is no port; write a number from 1 to 65535')
    return host, int(port or _SYSLOG_PORT)
