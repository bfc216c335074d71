"""Safe repairs of MBIDs that MusicBrainz has merged into others."""

from __future__ import annotations

from collections.abc import Iterator

from mediakeep.music.checks.identifiers import FIELDS, plain
from mediakeep.music.model import Artist
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.repair import Repair


def merged_mbid(artist: Artist) -> Iterator[Repair]:
    """Write the MBIDs that MusicBrainz returns instead of the merged ones."""
    merged = artist.resolved.merged if artist.resolved else {}
    for track in artist.tracks if merged else ():
        for field in FIELDS:
            old = getattr(track.tags, field)
            new = tuple(merged.get(plain(mbid), mbid) for mbid in old)
            if new != old and repair.is_writable(track):
                reason = "MusicBrainz has merged it into another"
                yield from repair.edits(track, field, new, "merged-mbid", reason)
