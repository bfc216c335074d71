"""Build shell commands that resolve issues, ready to paste."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from mediakeep import command_text, path_text
from mediakeep.issue import Issue

REVIEW_FILE = "outputs/manual_review_needed.json"
ARTIST_KIND, RELEASE_KIND = "unsure-artist", "ambiguous-release"  # kinds that an MBID settles
EDITION_KIND = "tied-editions"
MAX_LISTED_IDS = 3  # issues that are accepted by id; more are accepted by kind
# proposals that are accepted for an album as a whole: one of two swapped tracks alone would get the
# other's number
TOGETHER_KINDS = frozenset({"wrong-track-order"})

# The field that the user sets if there is no proposal, and the word to replace.
FIELD_BY_KIND: Mapping[str, tuple[str, str]] = {
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
    ARTIST_KIND: ("musicbrainz_albumartistid", "MBID"),
    RELEASE_KIND: ("musicbrainz_albumid", "MBID"),
    EDITION_KIND: ("musicbrainz_albumid", "MBID"),
    "not-on-musicbrainz": ("musicbrainz_albumid", "MBID"),
}
PLACEHOLDER_WORDS = frozenset(word for _, word in FIELD_BY_KIND.values())  # which the user replaces
# fields whose values differ within an album
PER_TRACK_FIELDS = frozenset({"title", "track", "genre"})
COVER_KINDS = frozenset({"missing-cover", "cover-too-small", "cover-not-image"})


def accept_kind_command(home: Path, kind: str) -> str:
    """Return the command that accepts the proposals for all issues of a kind."""
    words = f"--from-review {REVIEW_FILE} --accept-kind {kind}"
    return command_text.format_command("fix_metadata.py", home, words)


class FixCommands(msgspec.Struct, frozen=True):
    """Builds shell commands for the issues of one artist; `artist` is its escaped folder.

    If `in_queue` is False, the artist is in no queue, and its issues are not in the review list.
    """

    home: Path
    artist: str
    in_queue: bool = True
    # disc folders next to the folder of their album
    sibling_folders: Mapping[str, Sequence[str]] = {}

    def accept_command(self, issues: Sequence[Issue], *, by_id: bool = False) -> str:
        """Return the command that accepts the proposals for issues of one kind, or "".

        Many issues are accepted by their kind, or with `by_id` by their ids, too.
        """
        if not self.in_queue:
            return ""
        if by_id or len(issues) <= MAX_LISTED_IDS:
            arguments = f"--accept {' '.join(issue.id for issue in issues)}"
        else:
            name = self.artist.rpartition("/")[2]
            arguments = f"--accept-kind {issues[0].kind} --artist {path_text.quote_escaped(name)}"
        return self._format("fix_metadata.py", f"--from-review {REVIEW_FILE} {arguments}")

    def edit_command(self, *issues: Issue) -> str:
        """Return a command with which the user enters a value, or "" if there is none.

        The user replaces the word in capitals. All issues must be of one kind. Several issues get a
        command only if one value resolves them all and they are of the same album. Covers may be of
        several albums: then the user also replaces ALBUM.
        """
        if not issues:
            return ""
        issue, is_single = issues[0], len(issues) == 1
        field, word = FIELD_BY_KIND.get(issue.kind, ("", ""))
        several = len({issue.album for issue in issues}) > 1
        if not is_single and (
            field in PER_TRACK_FIELDS or (several and issue.kind not in COVER_KINDS)
        ):
            return ""
        if issue.kind == RELEASE_KIND and is_single and self.in_queue:
            return f"{self.accept_command(issues)} --mbid {word}"
        target = "ALBUM" if several else (issue.path if is_single else "") or issue.album
        # Paths relative to the library of the queue are accepted, too.
        name = self.artist.rpartition("/")[2] if self.in_queue else self.artist
        dot = "./" if name.startswith("-") else ""  # else it would be parsed as an option
        siblings = self.sibling_folders.get(target, ()) if issue.kind not in COVER_KINDS else ()
        paths = (target, *siblings) if target else ("",)
        path = " ".join(
            path_text.quote_escaped(f"{dot}{name}/{folder}" if folder else dot + name)
            for folder in paths
        )
        if issue.kind in COVER_KINDS:
            return self._format("embed_cover.py", f"{path} IMAGE")
        if field and not is_single:
            return self._format("batch_fix_metadata.py", f"--only-missing {field} {word} {path}")
        return self._format("fix_metadata.py", f"{field} {path} {word}") if field else ""

    def edition_command(self) -> str:
        """Return the command that sets an album's edition; the user replaces two words in it."""
        return self._format("fix_metadata.py", "musicbrainz_albumid ALBUM MBID")

    def _format(self, script: str, words: str) -> str:
        return command_text.format_command(script, self.home, words)

    def undo_command(self, sessions: Sequence[str]) -> str:
        """Return the command that undoes all repairs of the given sessions."""
        only = f" --session {sessions[0]}" if len(sessions) == 1 else ""
        name = self.artist.rpartition("/")[2]
        words = f"--artist {path_text.quote_escaped(name)}{only}"
        return self._format("undo_changes.py", words)
