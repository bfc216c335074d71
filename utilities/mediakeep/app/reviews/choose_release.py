"""Let the user pick the release of an album when matching is ambiguous.

1. Read the artist again and find the issue.
2. Accept the release if it is a candidate or another edition of one; with --yes accept any.
3. Match the album with the new tags in memory, and report if the tracks still contradict them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from mediakeep import path_text
from mediakeep.app.edit.edit_command import EditCommand
from mediakeep.app.edit.edit_result import EditResult
from mediakeep.app.edit.file_edits import FileEdits
from mediakeep.app.reviews import accept_proposals
from mediakeep.app.reviews.accept_proposals import RereadArtist
from mediakeep.app.reviews.review_list import ReviewFilter
from mediakeep.errors import UsageError
from mediakeep.issue import Issue
from mediakeep.lookups.musicbrainz import client, model
from mediakeep.lookups.musicbrainz.model import Release, ReleaseGroup
from mediakeep.media.audio.tag_edits import SetField
from mediakeep.music import diagnose
from mediakeep.music.artist_lookup import lookup as artist_lookup_lookup
from mediakeep.music.checks import release_match
from mediakeep.music.model import Album
from mediakeep.music.repairs import preview
from mediakeep.music.repairs.repair import Repair
from mediakeep.music.reports import fix_commands
from mediakeep.music.text import compare_text
from mediakeep.queue.state import QueueState

_MAX_NAMED_RELEASES = 4  # releases of a group that are listed
_MATCH_DOUBTFUL_NOTE = (
    "the album stays in the list if the next batch finds that its tracks do not match the release."
)


@dataclass(frozen=True)
class ReleaseChoice:
    """The MBID of the release that the user picked; `forced` (--yes) skips the safeguards."""

    mbid: str
    forced: bool

    @classmethod
    def from_text(cls, mbid: str, *, insisted: bool) -> ReleaseChoice:
        """Parse an MBID; raise UsageError if it is invalid."""
        plain = mbid.strip().lower()
        if not client.is_mbid(plain):
            shown = path_text.to_printable(mbid)
            raise UsageError(
                f'Invalid MBID "{shown}": use the form {model.VARIOUS_ARTISTS}.'
                " Nothing was changed."
            )
        return cls(plain, insisted)


def choose(command: EditCommand, path: Path, choice: ReviewFilter, mbid: str) -> int:
    """Set the release of an album in a review list, and return the exit code."""
    result, chosen = EditResult(), ReleaseChoice.from_text(mbid, insisted=command.yes)
    edits = build_edits_from_choice(command.home, path, choice, chosen, result)
    return replace(command, is_proposal=True).run(edits.all, result)


def build_edits_from_choice(
    home: Path,
    path: Path,
    choice: ReviewFilter,
    chosen: ReleaseChoice,
    result: EditResult,
    state: QueueState | None = None,
) -> FileEdits:
    """Return the edits that write the chosen release to the tracks of its album.

    Record in `result` what is not written. `state` is the queue if it was read already. Raise the
    errors of `reread_artists`.
    """
    edits = FileEdits()
    for visit in accept_proposals.reread_artists(home, path, choice, result, state):
        issues_by_id = {
            open_issue.id: open_issue
            for open_issue in diagnose.find_issues(visit.artist, visit.key)
        }
        for entry in visit.entries:
            if (issue := issues_by_id.get(entry.id)) is None:
                result.notes.append(f"{entry.name} is already resolved.")
            elif reason := _refusal_reason(visit, issue, chosen):
                result.failed[entry.id] = f"{entry.name} not changed: {reason}"
            else:
                if chosen.forced and not _would_match(visit, issue, chosen):
                    result.notes.append(f"{entry.name}: {_MATCH_DOUBTFUL_NOTE}")
                for place, edit in _build_tag_edits(visit, issue, chosen):
                    edits.add(visit.folder / path_text.unescape_path(place), [edit])
    return edits


def _refusal_reason(visit: RereadArtist, issue: Issue, chosen: ReleaseChoice) -> str:
    """Return why the release is not accepted, as a clause, or "" if it is."""
    if issue.kind != fix_commands.RELEASE_KIND:
        return "--mbid is only for ambiguous albums. Omit it."
    if reason := _describe_non_release(visit, chosen):
        return reason
    if chosen.forced:
        return ""
    if _find_release(visit, issue, chosen) is None:
        names = "; ".join(map(_format_release, visit.artist.matches[issue.album].releases))
        return f"{chosen.mbid} is not one of its candidates: {names}. Add --yes to use it anyway."
    if _would_match(visit, issue, chosen):
        return ""
    return (
        "its tracks differ too much from those of that release, so it would still not match. Add"
        " --yes to write the MBID anyway."
    )


def _describe_non_release(visit: RereadArtist, chosen: ReleaseChoice) -> str:
    """Return what a known MBID is if it is not a release, as a clause, or ""."""
    releases = list_lookup_releases(visit)
    groups = [release.release_group for release in releases if release.release_group]
    groups += visit.lookup.discography.groups if visit.lookup.discography else ()
    for group in groups:
        if group.id == chosen.mbid:
            name = compare_text.quote(group.title)
            members = _format_group_releases(group, releases)
            return f"{chosen.mbid} is a release group, {name}, not a release. {members}"
    for credit in (credit for release in releases for credit in release.artist_credit):
        if credit.artist.id == chosen.mbid:
            name = compare_text.quote(credit.artist.name)
            return f"{chosen.mbid} is an artist, {name}, not a release."
    return ""


def _format_group_releases(group: ReleaseGroup, releases: Iterable[Release]) -> str:
    members = [
        release
        for release in releases
        if release.release_group and release.release_group.id == group.id
    ]
    names = "; ".join(map(_format_release, members[:_MAX_NAMED_RELEASES]))
    if len(members) < 2:
        return f"Its only release is {names}." if members else "No official release of it is known."
    more = len(members) - _MAX_NAMED_RELEASES
    return f"Its releases are {names}{f'; and {more:,} more' if more > 0 else ''}."


def list_lookup_releases(visit: RereadArtist) -> list[Release]:
    """Return all releases that the lookup of the artist returned."""
    discography, resolved = visit.lookup.discography, visit.lookup.resolved
    return [*(discography.releases if discography else ()), *(resolved.more if resolved else ())]


def _would_match(visit: RereadArtist, issue: Issue, chosen: ReleaseChoice) -> bool:
    """Return whether the album would match the release once its tags name it."""
    repairs = [
        Repair(place=place, kinds=(issue.kind,), change=edit)
        for place, edit in _build_tag_edits(visit, issue, chosen)
    ]
    edited = preview.predict_artist_after_repairs(visit.artist, repairs)
    lookup = structs.replace(visit.lookup, state="pending")  # so that no result is cached
    matches = artist_lookup_lookup.recompute_after_repairs(
        lookup, edited, visit.key, visit.context.lookups
    ).matches
    match = matches.get(issue.album)
    if match is None or match.group is None:
        return False
    return chosen.mbid in {release.id for release in match.releases}  # one, or all that tie


def _build_tag_edits(
    visit: RereadArtist, issue: Issue, chosen: ReleaseChoice
) -> Iterator[tuple[str, SetField]]:
    """Yield the edits that write the release, and its group if known, to each track."""
    release = _find_release(visit, issue, chosen)
    ids = {"musicbrainz_albumid": chosen.mbid}
    if release and release.release_group:
        ids["musicbrainz_releasegroupid"] = release.release_group.id
    for track in _find_album(visit.artist.albums, issue.album).readable_tracks:
        for field, mbid in ids.items():
            yield track.place, SetField(field, (mbid,), f"{issue.kind}: chosen by the user")


def _find_release(visit: RereadArtist, issue: Issue, chosen: ReleaseChoice) -> Release | None:
    """Return the release if it is a candidate or an edition of a candidate's album, or None."""
    candidates = visit.artist.matches[issue.album].releases
    groups = {release.release_group.id for release in candidates if release.release_group}
    for release in (*candidates, *list_lookup_releases(visit)):
        if release.id == chosen.mbid and (
            not release.release_group or release.release_group.id in groups
        ):
            return release
    return None


def _find_album(albums: Iterable[Album], place: str) -> Album:
    return next(album for album in albums if album.place == place)


def _format_release(release: Release) -> str:
    return f"{release.id}, {release_match.format_release(release)}"
