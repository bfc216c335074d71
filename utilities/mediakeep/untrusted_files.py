"""Read files that users may have changed, with limits on type, size and depth."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Generic, Protocol, TypeVar, overload

import msgspec

from mediakeep import path_text, size_text
from mediakeep.errors import NewerFormat, Unreadable

MAX_STATE_SIZE = 8 << 30  # bytes; a queue of a million items takes one tenth
MAX_SETTINGS_SIZE = 1 << 18  # bytes; YAML of this size takes seconds to parse
_MAX_VALUES = 100_000  # in a file of settings, with those that YAML aliases repeat
_MAX_KEY_PARTS = 100  # parsing a dotted TOML key takes the square of its parts
_TOO_DEEP = "it is nested too deeply"
# A part of a TOML key, or a value: multi-line and other strings, and words. No character is
# scanned twice: strings may lack their end, and what follows a part is optional.
_PART = rb"""(?x: \"{3} (?:\\.|[^"\\]|"(?!""))* (?:"{3,5})? | '{3} (?:[^']|'(?!''))* (?:'{3,5})?
    | "(?:\\.|[^"\\\n])*"? | '[^'\n]*+'? | [\w-]++ )"""
_DOT = rb"[ \t]*+\.[ \t]*+"
_KEY = re.compile(
    rb"#[^\n]*+|%b(?:%b%b){0,%d}(?P<excess>%b%b)?"
    % (_PART, _DOT, _PART, _MAX_KEY_PARTS - 1, _DOT, _PART),
    re.DOTALL,
)

T = TypeVar("T")


class FormattedRecord(Protocol):
    """The content of a file that has the number of its format."""

    @property
    def format(self) -> int: ...


R = TypeVar("R", bound=FormattedRecord)


class JsonDecoder(Generic[T]):
    """A decoder of JSON for which any invalid content is a msgspec.DecodeError."""

    def __init__(self, decoded_type: type[T]) -> None:
        self._decode: Callable[[bytes | str], T] = msgspec.json.Decoder(decoded_type).decode

    def decode(self, data: bytes | str) -> T:
        """Return the decoded value; raise msgspec.DecodeError, also for deep nesting."""
        try:
            return self._decode(data)
        except RecursionError as error:
            raise msgspec.DecodeError(_TOO_DEEP) from error
        except UnicodeDecodeError as error:
            raise msgspec.DecodeError(str(error)) from error


@overload
def decode_json(data: bytes | str, decoded_type: type[T]) -> T: ...
@overload
def decode_json(data: bytes | str) -> Any: ...
def decode_json(data: bytes | str, decoded_type: Any = Any) -> Any:
    """Decode JSON as `JsonDecoder` does."""
    return JsonDecoder(decoded_type).decode(data)


def read_json(path: Path, decoded_type: type[T]) -> T | None:
    """Read a JSON file; return None if it is missing, cannot be read, or is invalid."""
    try:
        return decode_json(read_bytes(path), decoded_type)
    except (OSError, msgspec.DecodeError):
        return None


def read_record(
    path: Path, decoder: JsonDecoder[R], newest: int, hint: str, missing_hint: str = ""
) -> R:
    """Read a JSON file of the outputs; the hints say how to get a damaged or missing one again.

    Raise Unreadable, and NewerFormat if its format is higher than `newest`.
    """
    name = path_text.escape_path(path)
    try:
        record = decoder.decode(read_bytes(path))
    except OSError as error:
        cure = missing_hint if isinstance(error, FileNotFoundError) else ""
        raise Unreadable(name, error.strerror, cure or hint) from error
    except msgspec.DecodeError as error:
        raise Unreadable(name, error, hint) from error
    if record.format > newest:
        raise NewerFormat(name, record.format, newest)
    return record


def open_regular_file(path: Path, max_size: int = MAX_STATE_SIZE) -> BinaryIO:
    """Open a file for reading; raise OSError if it is not a regular file or has too many bytes."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would block
    info = os.fstat(handle)
    if not stat.S_ISREG(info.st_mode):
        problem = OSError(errno.ENXIO, "it is not a regular file", str(path))
    elif info.st_size > max_size:
        limit = size_text.format_size(max_size)
        problem = OSError(errno.EOVERFLOW, f"it is larger than {limit}", str(path))
    else:
        return os.fdopen(handle, "rb")
    os.close(handle)
    raise problem


def read_bytes(path: Path, max_size: int = MAX_STATE_SIZE) -> bytes:
    """Read a whole file; raise OSError as `open_regular_file` does."""
    with open_regular_file(path, max_size) as stream:
        return stream.read()


def parse_settings(path: Path, parse: Callable[[bytes], Any]) -> Any:
    """Read a file of settings and parse it, for example as TOML or YAML.

    Raise OSError as `open_regular_file` does, and ValueError if the content is nested too deeply or
    has too many values.
    """
    data = read_bytes(path, MAX_SETTINGS_SIZE)
    for match in _KEY.finditer(data):
        if match["excess"]:
            line = data.count(b"\n", 0, match.start()) + 1
            raise ValueError(f"line {line} has a name of more than {_MAX_KEY_PARTS} dotted parts")
    try:
        values = parse(data)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    _check_value_count(values)
    return values


def _check_value_count(values: Any) -> None:
    pending, count = [values], 0
    while pending:
        value = pending.pop()
        count += 1
        if count > _MAX_VALUES:
            raise ValueError(f"it has more than {_MAX_VALUES:,} values")
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list | tuple | set):
            pending.extend(value)
