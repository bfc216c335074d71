"""Issues: problems of a track, an album, an artist or a movie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from hashlib import blake2b

import msgspec
from msgspec import UNSET, UnsetType, structs

from mediakeep.errors import MediakeepError, ReadOnlyFormat, WriteRefused

# Earlier versions stored this text, and no code.
_OLD_UNDONE_TEXT = "it was made before and taken back"


class Severity(StrEnum):
    """Severity of an issue: errors break playback or sorting, warnings mislead, notes inform."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class BlockCode(StrEnum):
    """Why mediakeep did not make a change by itself."""

    UNDONE = "undone"  # the user has undone it before
    LOCKED = "locked"  # a setting, a lock file or an NFO locks it
    READ_ONLY = "read_only"  # mediakeep cannot write the format or this variant of it
    REFUSED = "refused"  # the system or a setting forbids writing
    FAILED = "failed"  # it was tried, and the file was not changed
    IGNORED = "ignored"  # the user never wants to decide about this issue


class BlockReason(msgspec.Struct, frozen=True):
    """Why a change was not made: a code, and the text to display, as the end of a sentence."""

    code: BlockCode
    text: str


UNDONE_BEFORE = BlockReason(BlockCode.UNDONE, "undone before")
IGNORED_BY_USER = BlockReason(BlockCode.IGNORED, "ignored as you decided")


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One problem of a track, album, artist or movie, such as a missing cover.

    `path` and `album` are relative to the folder of the artist or movie. `proposal` describes the
    repair, and `held` is the reason why a safe repair was not made automatically, with its code
    in `held_code`. Issues stored by old versions have no code.
    """

    kind: str
    severity: Severity
    id: str
    album: str = ""
    path: str = ""
    detail: str = ""
    proposal: str = ""
    held: str = ""
    held_code: BlockCode | UnsetType = UNSET

    @property
    def is_undone(self) -> bool:
        """True if the repair was not made because the user has undone it before."""
        if self.held_code is UNSET:
            return self.held == _OLD_UNDONE_TEXT
        return self.held_code is BlockCode.UNDONE

    @property
    def is_ignored(self) -> bool:
        """True if the user never wants to decide about the issue."""
        return self.held_code is BlockCode.IGNORED

    def with_block(self, reason: BlockReason | None) -> Issue:
        """Return the issue with the reason why its repair was not made, if any."""
        if reason is None:
            return self
        return structs.replace(self, held=reason.text, held_code=reason.code)


def block_code(error: MediakeepError) -> BlockCode:
    """Return the code for an error that prevented a change of a file."""
    if isinstance(error, WriteRefused):
        return BlockCode.REFUSED
    return BlockCode.READ_ONLY if isinstance(error, ReadOnlyFormat) else BlockCode.FAILED


def build_issue_id(kind: str, key: str, place: str) -> str:
    """Return the stable id of an issue: its kind, a colon, and a hash of `key` and `place`.

    The hash has 12 hexadecimal digits.
    """
    text = f"{key}\0{place}".encode("utf-8", "surrogateescape")
    return f"{kind}:{blake2b(text, digest_size=6).hexdigest()}"


def count_by_kind(issues: Iterable[Issue]) -> dict[str, int]:
    """Count issues by kind, in alphabetical order of the kinds."""
    return dict(sorted(Counter(issue.kind for issue in issues).items()))


def sort_by_urgency(issues: Iterable[Issue], kinds: Iterable[str]) -> list[Issue]:
    """Sort issues by severity, then in the order of `kinds`; unknown kinds come last."""
    severities = list(Severity)
    rank = {kind: number for number, kind in enumerate(kinds)}
    return sorted(
        issues,
        key=lambda issue: (severities.index(issue.severity), rank.get(issue.kind, len(rank))),
    )
