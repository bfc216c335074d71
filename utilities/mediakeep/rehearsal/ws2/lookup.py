"""Lookup requests: one entity by its MBID; lists in it end after 25."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mediakeep.rehearsal.entities import Artist, Group, Recording, Release
from mediakeep.rehearsal.reply import Question, Refusal, Reply, ok
from mediakeep.rehearsal.shelves import Shelves
from mediakeep.rehearsal.ws2 import incs
from mediakeep.rehearsal.ws2.shapes import Shape, Shaper

LIST = 25  # $MAX_ITEMS of the server

Known = Artist | Group | Recording | Release


def answer(shelves: Shelves, entity: str, mbid: str, question: Question) -> Reply:
    """Handle a lookup; a merged entity responds with its current MBID."""
    shaper = Shaper(shelves, incs.read(entity, question.one("inc")))
    found = _found(shelves, entity, mbid)
    return ok(_SHOWN[type(found)](shaper, found))


def _found(shelves: Shelves, entity: str, mbid: str) -> Known:
    kept: Mapping[str, Mapping[str, Known]] = {
        "artist": shelves.artists,
        "release": shelves.releases,
        "release-group": shelves.groups,
        "recording": shelves.recordings,
    }
    found = kept[entity].get(shelves.current(mbid))
    if found is None or shelves.deleted(mbid):
        raise Refusal(404, "Not Found")
    return found


def _artist(shaper: Shaper, artist: Artist) -> Shape:
    shelves, shape = shaper.shelves, shaper.artist(artist)
    if "releases" in shaper.incs:
        shape["releases"] = [
            shaper.release(one) for one in shelves.by_artist.get(artist.id, [])[:LIST]
        ]
    if "release-groups" in shaper.incs:
        groups = shelves.groups_by_artist.get(artist.id, [])
        shape["release-groups"] = [shaper.group(one) for one in groups[:LIST]]
    if "recordings" in shaper.incs:
        shape["recordings"] = [
            shaper.recording(one) for one in shelves.recordings_by(artist.id)[:LIST]
        ]
    if "works" in shaper.incs:
        shape["works"] = []
    return shape


def _group(shaper: Shaper, group: Group) -> Shape:
    shape = shaper.group(group)
    if "releases" in shaper.incs:
        editions = shaper.shelves.editions.get(group.id, [])
        shape["releases"] = [shaper.release(one) for one in editions[:LIST]]
    return shape


def _recording(shaper: Shaper, recording: Recording) -> Shape:
    shape = shaper.recording(recording)
    if "releases" in shaper.incs:
        appearances = shaper.shelves.appearances.get(recording.id, [])
        shape["releases"] = [shaper.release(one) for one in appearances[:LIST]]
    return shape


def _release(shaper: Shaper, release: Release) -> Shape:
    return shaper.release(release)


_SHOWN: Mapping[type[Known], Any] = {
    Artist: _artist,
    Group: _group,
    Recording: _recording,
    Release: _release,
}
