"""Which release an album is, by a person's word: one of those that mediakeep cannot choose from.

1. The artist is read again, and the issue looked for.
2. The release is one of the candidates, another edition of one, or any that a person insists on.
3. Tags that name it are tried on paper: where the tracks contradict it even so, that is told.
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

_FEW = 4  # releases of a group that are named
_DOUBT = (
    "the album stays in the list, if the next batch finds its tracks unlike those of the release."
)


@dataclass(frozen=True)
class Chosen:
    """The release that a person says an album is, by its MBID; `insisted` is past all doubts."""

    mbid: str
    insisted: bool

    @classmethod
    def of(cls, mbid: str, *, insisted: bool) -> Chosen:
        """Take a person's word; UsageFailed where it is no MBID."""
        plain = mbid.strip().lower()
        if not musicbrainz.is_mbid(plain):
            shown = files.printable(mbid)
            raise UsageFailed(
                f'"{shown}" is no MBID, such as {catalogue.VARIOUS_ARTISTS}. Nothing was changed.'
            )
        return cls(plain, insisted)


def orders(home: Path, path: Path, choice: Choice, chosen: Chosen, account: Account) -> Orders:
    """Order that the tracks of an album name the release that was chosen for it.

    What is not to be written is told in the account; UsageFailed as of `accepted.visits`.
    """
    found = Orders()
    for visit in accepted.visits(home, path, choice, account):
        standing = {one.id: one for one in diagnose.issues(visit.artist, visit.key)}
        for entry in visit.entries:
            if (issue := standing.get(entry.id)) is None:
                account.notes.append(f"{entry.name} is settled already.")
            elif why := _refusal(visit, issue, chosen):
                account.failed[entry.id] = f"{entry.name} was left as it is: {why}"
            else:
                if chosen.insisted and not _is_taken(visit, issue, chosen):
                    account.notes.append(f"{entry.name}: {_DOUBT}")
                for place, edit in _edits(visit, issue, chosen):
                    found.add(visit.folder / files.unescape(place), [edit])
    return found


def _refusal(visit: Visit, issue: Issue, chosen: Chosen) -> str:
    """Say why a release is not taken, as the rest of a sentence; "" where it is."""
    if issue.kind != cures.RELEASE:
        return "a release is chosen for ambiguous albums alone. Leave --mbid out."
    if why := _other(visit, chosen):
        return why
    if chosen.insisted:
        return ""
    if _release(visit, issue, chosen) is None:
        told = "; ".join(map(_told, visit.artist.matches[issue.album].releases))
        return f"{chosen.mbid} is none of its candidates, which are {told}. Add --yes to insist."
    if _is_taken(visit, issue, chosen):
        return ""
    return (
        "its tracks are too unlike those of that release, so it would not be taken for it all the"
        " same. Add --yes to write the MBID even so."
    )


def _other(visit: Visit, chosen: Chosen) -> str:
    """Say what an MBID is that is known and no release, as the rest of a sentence."""
    releases = _known(visit)
    groups = [one.release_group for one in releases if one.release_group]
    groups += visit.asked.known.groups if visit.asked.known else ()
    for group in groups:
        if group.id == chosen.mbid:
            name = letters.quoted(group.title)
            told = _releases_of(group, releases)
            return f"{chosen.mbid} is a release group, {name}, not a release. {told}"
    for credit in (credit for one in releases for credit in one.artist_credit):
        if credit.artist.id == chosen.mbid:
            name = letters.quoted(credit.artist.name)
            return f"{chosen.mbid} is an artist, {name}, not a release."
    return ""


def _releases_of(group: Group, releases: Iterable[Release]) -> str:
    some = [one for one in releases if one.release_group and one.release_group.id == group.id]
    told = "; ".join(map(_told, some[:_FEW]))
    if len(some) < 2:
        return f"Its one release is {told}." if some else "No official release of it is known."
    more = len(some) - _FEW
    return f"Its releases are {told}{f'; and {more:,} more' if more > 0 else ''}."


def _known(visit: Visit) -> list[Release]:
    """Return all releases that the look-up of the artist told of."""
    known, resolved = visit.asked.known, visit.asked.resolved
    return [*(known.releases if known else ()), *(resolved.more if resolved else ())]


def _is_taken(visit: Visit, issue: Issue, chosen: Chosen) -> bool:
    """Tell whether the album will be matched with the release once its tags name that."""
    repairs = [
        Repair(place=place, kinds=(issue.kind,), change=edit)
        for place, edit in _edits(visit, issue, chosen)
    ]
    shown = preview.artist(visit.artist, repairs)
    tried = structs.replace(visit.asked, state="pending")  # so that nothing of it is kept
    matches = inquiry.again(tried, shown, visit.key, visit.tools.desk).matches
    match = matches.get(issue.album)
    if match is None or match.group is None:
        return False
    return chosen.mbid in {release.id for release in match.releases}  # one, or all that are tied


def _edits(visit: Visit, issue: Issue, chosen: Chosen) -> Iterator[tuple[str, Edit]]:
    """Have each track of the album name the release, and its group where that is known."""
    release = _release(visit, issue, chosen)
    ids = {"musicbrainz_albumid": chosen.mbid}
    if release and release.release_group:
        ids["musicbrainz_releasegroupid"] = release.release_group.id
    for track in _album(visit.artist.albums, issue.album).readable:
        for field, mbid in ids.items():
            yield track.place, Edit(field, (mbid,), f"{issue.kind}: a person has chosen it")


def _release(visit: Visit, issue: Issue, chosen: Chosen) -> Release | None:
    """Return the release if it is a candidate, or an edition of the album that one is of."""
    candidates = visit.artist.matches[issue.album].releases
    groups = {one.release_group.id for one in candidates if one.release_group}
    for one in (*candidates, *_known(visit)):
        if one.id == chosen.mbid and (not one.release_group or one.release_group.id in groups):
            return one
    return None


def _album(albums: Iterable[Album], place: str) -> Album:
    return next(one for one in albums if one.place == place)


def _told(release: Release) -> str:
    return f"{release.id}, {matches.edition(release)}"
