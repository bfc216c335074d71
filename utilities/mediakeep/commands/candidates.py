"""Let the user pick the release of an album when matching is ambiguous.

1. Read the artist again and find the issue.
2. Accept the release if it is a candidate or another edition of one; with --yes accept any.
3. Match the album with the new tags in memory, and report if the tracks still contradict them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from mediakeep import files
from mediakeep.commands import accepted
from mediakeep.commands.accepted import Visit
from mediakeep.commands.accounts import Account
from mediakeep.commands.orders import Orders
from mediakeep.commands.reviews import Choice
from mediakeep.errors import UsageFailed
from mediakeep.issue import Issue
from mediakeep.lookups import catalogue, musicbrainz
from mediakeep.lookups.catalogue import Group, Release
from mediakeep.media.edits.changes import Edit
from mediakeep.music import cures, diagnose
from mediakeep.music.checks import letters, matches
from mediakeep.music.discography import inquiry
from mediakeep.music.model import Album
from mediakeep.music.repairs import preview
from mediakeep.music.repairs.repair import Repair

_FEW = 4  # releases of a group that are listed
_DOUBT = (
    "the album stays in the list if the next batch finds that its tracks do not match the release."
)


@dataclass(frozen=True)
class Chosen:
    """The MBID of the release that the user picked; `forced` (--yes) skips the safeguards."""

    mbid: str
    insisted: bool

    @classmethod
    def of(cls, mbid: str, *, insisted: bool) -> Chosen:
        """Parse an MBID; raise UsageError if it is invalid."""
        plain = mbid.strip().lower()
        if not musicbrainz.is_mbid(plain):
            shown = files.printable(mbid)
            raise UsageFailed(
                f'Invalid MBID "{shown}": use the form {catalogue.VARIOUS_ARTISTS}.'
                " Nothing was changed."
            )
        return cls(plain, insisted)


def orders(home: Path, path: Path, choice: Choice, chosen: Chosen, result: Account) -> Orders:
    """Return the edits that write the chosen release to the tracks of its album.

    Record in `result` what is not written. Raise the errors of `reread_artists`.
    """
    edits = Orders()
    for visit in accepted.visits(home, path, choice, result):
        issues_by_id = {
            open_issue.id: open_issue for open_issue in diagnose.issues(visit.artist, visit.key)
        }
        for entry in visit.entries:
            if (issue := issues_by_id.get(entry.id)) is None:
                result.notes.append(f"{entry.name} is already resolved.")
            elif reason := _refusal(visit, issue, chosen):
                result.failed[entry.id] = f"{entry.name} not changed: {reason}"
            else:
                if chosen.insisted and not _is_taken(visit, issue, chosen):
                    result.notes.append(f"{entry.name}: {_DOUBT}")
                for place, edit in _edits(visit, issue, chosen):
                    edits.add(visit.folder / files.unescape(place), [edit])
    return edits


def _refusal(visit: Visit, issue: Issue, chosen: Chosen) -> str:
    """Return why the release is not accepted, as a clause, or "" if it is."""
    if issue.kind != cures.RELEASE:
        return "--mbid is only for ambiguous albums. Omit it."
    if reason := _other(visit, chosen):
        return reason
    if chosen.insisted:
        return ""
    if _release(visit, issue, chosen) is None:
        names = "; ".join(map(_told, visit.artist.matches[issue.album].releases))
        return f"{chosen.mbid} is not one of its candidates: {names}. Add --yes to use it anyway."
    if _is_taken(visit, issue, chosen):
        return ""
    return (
        "its tracks differ too much from those of that release, so it would still not match. Add"
        " --yes to write the MBID anyway."
    )


def _other(visit: Visit, chosen: Chosen) -> str:
    """Return what a known MBID is if it is not a release, as a clause, or ""."""
    releases = _known(visit)
    groups = [release.release_group for release in releases if release.release_group]
    groups += visit.asked.known.groups if visit.asked.known else ()
    for group in groups:
        if group.id == chosen.mbid:
            name = letters.quoted(group.title)
            members = _releases_of(group, releases)
            return f"{chosen.mbid} is a release group, {name}, not a release. {members}"
    for credit in (credit for release in releases for credit in release.artist_credit):
        if credit.artist.id == chosen.mbid:
            name = letters.quoted(credit.artist.name)
            return f"{chosen.mbid} is an artist, {name}, not a release."
    return ""


def _releases_of(group: Group, releases: Iterable[Release]) -> str:
    members = [
        release
        for release in releases
        if release.release_group and release.release_group.id == group.id
    ]
    names = "; ".join(map(_told, members[:_FEW]))
    if len(members) < 2:
        return f"Its only release is {names}." if members else "No official release of it is known."
    more = len(members) - _FEW
    return f"Its releases are {names}{f'; and {more:,} more' if more > 0 else ''}."


def _known(visit: Visit) -> list[Release]:
    """Return all releases that the lookup of the artist returned."""
    discography, resolved = visit.asked.known, visit.asked.resolved
    return [*(discography.releases if discography else ()), *(resolved.more if resolved else ())]


def _is_taken(visit: Visit, issue: Issue, chosen: Chosen) -> bool:
    """Return whether the album would match the release once its tags name it."""
    repairs = [
        Repair(place=place, kinds=(issue.kind,), change=edit)
        for place, edit in _edits(visit, issue, chosen)
    ]
    edited = preview.artist(visit.artist, repairs)
    lookup = structs.replace(visit.asked, state="pending")  # so that no result is cached
    matches = inquiry.again(lookup, edited, visit.key, visit.tools.desk).matches
    match = matches.get(issue.album)
    if match is None or match.group is None:
        return False
    return chosen.mbid in {release.id for release in match.releases}  # one, or all that tie


def _edits(visit: Visit, issue: Issue, chosen: Chosen) -> Iterator[tuple[str, Edit]]:
    """Yield the edits that write the release, and its group if known, to each track."""
    release = _release(visit, issue, chosen)
    ids = {"musicbrainz_albumid": chosen.mbid}
    if release and release.release_group:
        ids["musicbrainz_releasegroupid"] = release.release_group.id
    for track in _album(visit.artist.albums, issue.album).readable:
        for field, mbid in ids.items():
            yield track.place, Edit(field, (mbid,), f"{issue.kind}: chosen by the user")


def _release(visit: Visit, issue: Issue, chosen: Chosen) -> Release | None:
    """Return the release if it is a candidate or an edition of a candidate's album, or None."""
    candidates = visit.artist.matches[issue.album].releases
    groups = {release.release_group.id for release in candidates if release.release_group}
    for release in (*candidates, *_known(visit)):
        if release.id == chosen.mbid and (
            not release.release_group or release.release_group.id in groups
        ):
            return release
    return None


def _album(albums: Iterable[Album], place: str) -> Album:
    return next(album for album in albums if album.place == place)


def _told(release: Release) -> str:
    return f"{release.id}, {matches.edition(release)}"
