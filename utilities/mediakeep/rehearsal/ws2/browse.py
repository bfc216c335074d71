"""Browse requests: all entities linked to one, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mediakeep.rehearsal.entities import Group, Recording, Release
from mediakeep.rehearsal.reply import Question, Refusal, Reply, ok
from mediakeep.rehearsal.shelves import Shelves, tracks
from mediakeep.rehearsal.ws2 import ids, incs, paging, terms
from mediakeep.rehearsal.ws2.shapes import Shaper

TRACKS = 500  # WS_TRACK_LIMIT of the server: tracks per page, but at least one release

LINKS = {
    "release": ("artist", "track_artist", "release-group", "label", "recording"),
    "release-group": ("artist", "release"),
    "recording": ("release", "artist"),
}


def answer(shelves: Shelves, entity: str, question: Question) -> Reply:
    """Handle a browse request; respond with 400 if the linked entity is not given."""
    shaper = Shaper(shelves, incs.read(entity, question.one("inc"), browse=True))
    return _BROWSED[entity](shaper, question)


def _releases(shaper: Shaper, question: Question) -> Reply:
    found = [r for r in _linked_releases(shaper.shelves, question) if _wanted(shaper, r, question)]
    page = paging.read(question)
    shown = found[page.offset : page.offset + page.limit]
    if "recordings" in shaper.incs:
        shown = list(_within(shown))
    return _page("release", len(found), page.offset, [shaper.release(one) for one in shown])


def _linked_releases(shelves: Shelves, question: Question) -> Sequence[Release]:
    link, mbid = _link(shelves, "release", question)
    kept = {
        "artist": shelves.by_artist,
        "track_artist": shelves.by_track_artist,
        "release-group": shelves.editions,
        "label": shelves.by_label,
        "recording": shelves.appearances,
    }
    return kept[link].get(mbid, [])


def _wanted(shaper: Shaper, release: Release, question: Question) -> bool:
    statuses = _chosen(question, "status", terms.STATUSES)
    group = shaper.shelves.groups[release.group]
    return (not statuses or release.status.casefold() in statuses) and _typed(group, question)


def _within(releases: Sequence[Release]) -> Iterator[Release]:
    room = TRACKS
    for place, release in enumerate(releases):
        room -= sum(1 for _ in tracks(release))
        if room < 0 and place:
            return
        yield release


def _groups(shaper: Shaper, question: Question) -> Reply:
    shelves = shaper.shelves
    link, mbid = _link(shelves, "release-group", question)
    found: Sequence[Group]
    if link == "artist":
        found = shelves.groups_by_artist.get(mbid, [])
    else:
        found = [shelves.groups[shelves.releases[mbid].group]]
    if _hides(question, link):
        found = [group for group in found if _is_shown(shelves, group)]
    found = [group for group in found if _typed(group, question)]
    page = paging.read(question)
    shown = found[page.offset : page.offset + page.limit]
    return _page("release-group", len(found), page.offset, [shaper.group(one) for one in shown])


def _hides(question: Question, link: str) -> bool:
    """Return True if groups with only promotions or bootlegs are left out."""
    wish = question.one("release-group-status")
    if wish not in ("", "website-default", "all") or (wish and link != "artist"):
        raise Refusal(400, "release-group-status is not valid here.")
    return wish == "website-default"


def _is_shown(shelves: Shelves, group: Group) -> bool:
    editions = shelves.editions.get(group.id, [])
    return not editions or any(r.status not in ("Promotion", "Bootleg") for r in editions)


def _recordings(shaper: Shaper, question: Question) -> Reply:
    shelves = shaper.shelves
    link, mbid = _link(shelves, "recording", question)
    found: Sequence[Recording]
    if link == "release":
        held = dict.fromkeys(track.recording for track in tracks(shelves.releases[mbid]))
        found = [shelves.recordings[one] for one in held]
    else:
        found = shelves.recordings_by(mbid)
    page = paging.read(question)
    shown = found[page.offset : page.offset + page.limit]
    return _page("recording", len(found), page.offset, [shaper.recording(one) for one in shown])


def _link(shelves: Shelves, entity: str, question: Question) -> tuple[str, str]:
    """Return the link type and the current MBID; 404 if there is no such entity."""
    given = [link for link in LINKS[entity] if question.one(link)]
    if len(given) != 1:
        links = ", ".join(LINKS[entity])
        raise Refusal(400, f"Browse {entity}s by exactly one of: {links}.")
    mbid = shelves.current(ids.read(question.one(given[0])))
    kept: dict[str, Any] = {
        "artist": shelves.artists,
        "track_artist": shelves.artists,
        "release-group": shelves.groups,
        "label": shelves.labels,
        "recording": shelves.recordings,
        "release": shelves.releases,
    }
    if mbid not in kept[given[0]]:
        raise Refusal(404, "Not Found")
    return given[0], mbid


def _typed(group: Group, question: Question) -> bool:
    """Return True if a group has the requested types, primary and secondary."""
    wished = _chosen(question, "type", (*terms.PRIMARY, *terms.SECONDARY))
    primary = wished & {name.casefold() for name in terms.PRIMARY}
    secondary = wished - primary
    own = {name.casefold() for name in group.secondary}
    return (not primary or group.primary.casefold() in primary) and (
        not secondary or bool(secondary & own)
    )


def _chosen(question: Question, name: str, known: Sequence[str]) -> set[str]:
    chosen = {word.casefold() for word in question.one(name).split("|") if word}
    for word in sorted(chosen - {one.casefold() for one in known}):
        raise Refusal(400, f"{word} is not a recognized {name}.")
    return chosen


def _page(entity: str, count: int, offset: int, shown: list[dict[str, Any]]) -> Reply:
    return ok({f"{entity}-count": count, f"{entity}-offset": offset, f"{entity}s": shown})


_BROWSED: dict[str, Callable[[Shaper, Question], Reply]] = {
    "release": _releases,
    "release-group": _groups,
    "recording": _recordings,
}
