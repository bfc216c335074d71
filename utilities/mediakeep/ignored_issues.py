"""The issues that the user never wants to decide about, in status/reviews/ignored.json.

Batches report them, but make no repairs because of them and do not list them for review.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from mediakeep import atomic_files, home_rpc, path_text
from mediakeep.errors import NewerFormat, StateDamaged
from mediakeep.issue import IGNORED_BY_USER, Issue
from mediakeep.untrusted_files import decode_json, read_bytes

FILE = "status/reviews/ignored.json"
_FORMAT = 1


class IgnoredIssue(msgspec.Struct, frozen=True, omit_defaults=True):
    """An ignored issue: its place, and the session and the time of the decision."""

    queue: str
    item: str
    kind: str
    album: str = ""
    path: str = ""
    session: str = ""
    time: str = ""


class _IgnoredFile(msgspec.Struct):
    format: int = _FORMAT
    issues: dict[str, IgnoredIssue] = {}  # by id


def read(home: Path) -> Mapping[str, IgnoredIssue]:
    """Return the ignored issues by id; raise StateDamaged if the file is damaged."""
    issues: Mapping[str, IgnoredIssue] = home_rpc.call_at_home(_read_file, home / FILE)
    return issues


def _read_file(path: Path) -> Mapping[str, IgnoredIssue]:
    try:
        stored = decode_json(read_bytes(path), _IgnoredFile)
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        raise StateDamaged(
            f"{path_text.display_path(path)} cannot be read: {error}. Correct it, or delete it to"
            " review its issues again."
        ) from error
    if stored.format > _FORMAT:
        raise NewerFormat(path_text.display_path(path), stored.format, _FORMAT)
    return stored.issues


def update(home: Path, added: Mapping[str, IgnoredIssue], removed: Iterable[str] = ()) -> None:
    """Add and remove issues, durably; raise StateDamaged if the file is damaged."""
    path = home / FILE
    atomic_files.make_folder(path.parent)
    with atomic_files.exclusive_lock(path.with_name("ignored.lock")):
        gone = set(removed)
        kept = {id_: issue for id_, issue in read(home).items() if id_ not in gone}
        content = msgspec.json.encode(_IgnoredFile(issues=kept | dict(added)))
        atomic_files.write_atomic(path, msgspec.json.format(content, indent=2) + b"\n")


def mark(home: Path, issues: list[Issue]) -> list[Issue]:
    """Return the issues, with those that the user ignores marked as such."""
    ignored = read(home)
    if not ignored:
        return issues
    return [issue.with_block(IGNORED_BY_USER if issue.id in ignored else None) for issue in issues]
