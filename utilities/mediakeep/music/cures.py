"""The command that settles an issue, ready to be pasted into a shell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from mediakeep import config, files
from mediakeep.issue import Issue

REVIEWS = "outputs/manual_review_needed.json"
ARTIST, RELEASE = "unsure-artist", "ambiguous-release"  # kinds that a person decides by an MBID
EDITION = "tied-editions"
FEW = 3  # issues that are accepted by their ids; more of them by their kind

# Which field a person writes, where nothing is proposed.
FIELDS: Mapping[str, tuple[str, str]] = {
    "missing-title": ("title", "TITLE"),
    "missing-artist": ("artist", "ARTIST"),
    "missing-album": ("album", "ALBUM"),
    "missing-albumartist": ("albumartist", "ARTIST"),
    "missing-track-number": ("track", "NUMBER"),
    "missing-date": ("date", "YEAR"),
    "date-mixed": ("date", "YEAR"),
    "album-variation": ("album", "ALBUM"),
    "albumartist-mixed": ("albumartist", "ARTIST"),
    "track-number-format": ("track", "NUMBER"),
    "placeholder-genre": ("genre", "GENRE"),
    ARTIST: ("musicbrainz_albumartistid", "MBID"),
    RELEASE: ("musicbrainz_albumid", "MBID"),
    EDITION: ("musicbrainz_albumid", "MBID"),
    "not-on-musicbrainz": ("musicbrainz_albumid", "MBID"),
}
WORDS = frozenset(word for _, word in FIELDS.values())  # that a person is to replace
_EACH = frozenset({"title", "track", "genre"})  # fields that no one value can settle for an album
COVERS = frozenset({"missing-cover", "cover-too-small", "cover-not-image"})


def accept_all(home: Path, kind: str) -> str:
    """Return the command that accepts what is proposed for all issues of a kind."""
    return f"{config.spoken('fix_metadata.py', home)} --from-review {REVIEWS} --accept-kind {kind}"


class Cures(msgspec.Struct, frozen=True):
    """The commands for one artist, whose folder is given escaped, in one home.

    Where no queue knows the artist (`listed`), nothing of it stands in the list of reviews.
    """

    home: Path
    artist: str
    listed: bool = True
    beside: Mapping[str, Sequence[str]] = {}  # folders of discs next to those of their albums

    def accept(self, issues: Sequence[Issue]) -> str:
        """Return the command that accepts what is proposed for issues of one kind, or ""."""
        if not self.listed:
            return ""
        if len(issues) <= FEW:
            chosen = f"--accept {' '.join(issue.id for issue in issues)}"
        else:
            name = self.artist.rpartition("/")[2]
            chosen = f"--accept-kind {issues[0].kind} --artist {files.quoted(name)}"
        return f"{self._spoken('fix_metadata.py')} --from-review {REVIEWS} {chosen}"

    def write(self, *issues: Issue) -> str:
        """Return the command by which a person writes what they know; "" where there is none.

        The word in capitals is for the person to fill in. Of several issues of one kind only those
        of one album that a single value can settle have a command, and covers of any albums: then
        the album is to be filled in as well.
        """
        if not issues:
            return ""
        issue, alone = issues[0], len(issues) == 1
        field, word = FIELDS.get(issue.kind, ("", ""))
        several = len({one.album for one in issues}) > 1
        if not alone and (field in _EACH or (several and issue.kind not in COVERS)):
            return ""
        if issue.kind == RELEASE and alone and self.listed:
            return f"{self.accept(issues)} --mbid {word}"
        below = "ALBUM" if several else (issue.path if alone else "") or issue.album
        # Places below the library of the queue are understood, too.
        name = self.artist.rpartition("/")[2] if self.listed else self.artist
        dot = "./" if name.startswith("-") else ""  # else it would be taken for an option
        beside = self.beside.get(below, ()) if issue.kind not in COVERS else ()
        paths = (below, *beside) if below else ("",)
        path = " ".join(files.quoted(f"{dot}{name}/{one}" if one else dot + name) for one in paths)
        if issue.kind in COVERS:
            return f"{self._spoken('embed_cover.py')} {path} IMAGE"
        if field and not alone:
            return f"{self._spoken('batch_fix_metadata.py')} --only-missing {field} {word} {path}"
        return f"{self._spoken('fix_metadata.py')} {field} {path} {word}" if field else ""

    def choose_edition(self) -> str:
        """Return the command that tells which edition an album is; both words are to be filled."""
        return f"{self._spoken('fix_metadata.py')} musicbrainz_albumid ALBUM MBID"

    def _spoken(self, door: str) -> str:
        return config.spoken(door, self.home)

    def take_back(self, sessions: Sequence[str]) -> str:
        """Return the command that takes back what sessions have repaired."""
        only = f" --session {sessions[0]}" if len(sessions) == 1 else ""
        name = self.artist.rpartition("/")[2]
        return f"{self._spoken('undo_changes.py')} --artist {files.quoted(name)}{only}"
