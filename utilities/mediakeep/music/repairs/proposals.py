"""Propose repairs that need a decision, since the right value is not certain.

Only what most people would accept is proposed. A safe repair that was not made, because it was
undone before or a field is locked, is proposed, too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mediakeep.issue import Issue
from mediakeep.media.edits.changes import Edit, Lift
from mediakeep.music import placeholders
from mediakeep.music.checks import letters, presence
from mediakeep.music.model import Artist
from mediakeep.music.repairs import (
    dates,
    enrichment,
    missing,
    numbers,
    repair,
    safe,
    spellings,
    texts,
)
from mediakeep.music.repairs.repair import Mend, Repair
from mediakeep.pages import page

_NAMES = {
    "albumartist": "album artist",
    "genres": "genre",
    "track": "track number",
    "track_total": "number of tracks",
    "disc": "disc number",
}


def placeholder_genre(artist: Artist) -> Iterator[Repair]:
    """Remove placeholder genres and keep the others."""
    for track in artist.tracks:
        if presence.placeholder_genre(track) is not None and repair.is_writable(track):
            genres = tuple(genre for genre in track.tags.genres if not placeholders.is_genre(genre))
            reason = "it is a placeholder"
            yield from repair.edits(track, "genres", genres, "placeholder-genre", reason)


PROPOSED: Mapping[str, Mend] = {
    "missing-title": missing.missing_title,
    "missing-artist": missing.missing_artist,
    "missing-album": missing.missing_album,
    "mojibake": texts.likely,
    "missing-track-number": missing.missing_track_number,
    "track-number-format": numbers.likely,
    "artist-variation": spellings.artist_variation,
    "albumartist-mixed": spellings.albumartist_mixed,
    "album-variation": spellings.album_variation,
    "missing-albumartist": missing.missing_albumartist,
    "missing-date": dates.missing_date,
    "date-mixed": dates.date_mixed,
    "placeholder-genre": placeholder_genre,
    **{kind: enrichment.correction(kind) for kind in enrichment.CORRECTED},
}


def of(artist: Artist, issues: Sequence[Issue]) -> dict[str, tuple[Repair, ...]]:
    """Return the proposed repairs of each issue, by id; issues without a proposal are left out."""
    safe_repairs = safe.plan(artist, issues)
    by_kind = {
        kind: _offered(kind, artist, safe_repairs) for kind in {entry.kind for entry in issues}
    }
    album_by_track = {track.place: album.place for album in artist.albums for track in album.tracks}
    by_place: dict[tuple[str, str, str], list[Repair]] = defaultdict(list)
    for kind, repairs in by_kind.items():
        for entry in repairs:
            album = album_by_track[entry.place]
            for where in {(album, entry.place), (album, ""), ("", "")}:
                by_place[kind, *where].append(entry)
    keys = ((issue.id, (issue.kind, issue.album, issue.path)) for issue in issues)
    return {id_: tuple(by_place[key]) for id_, key in keys if key in by_place}


def told(repairs: Sequence[Repair]) -> str:
    """Format repairs in one line, as in 'artist "Björk" in 3 files'."""
    counts = Counter(map(_told, repairs))
    parts = [
        f"{text} in {page.counted(count, 'file')}" if count > 1 else text
        for text, count in counts.items()
    ]
    return letters.listed(parts, "; ")


def _offered(kind: str, artist: Artist, safe_repairs: Iterable[Repair]) -> list[Repair]:
    """Return the pending safe repairs of a kind, and the likely ones."""
    certain = [entry for entry in safe_repairs if kind in entry.kinds]
    places = {entry.place for entry in certain}
    likely = PROPOSED[kind](artist) if kind in PROPOSED else ()
    return [*certain, *(entry for entry in likely if entry.place not in places)]


def _told(planned: Repair) -> str:
    change = planned.change
    if isinstance(change, Lift):
        return "the same texts in the format's own tags"
    if not isinstance(change, Edit):
        return f"embed {letters.quoted(change.image.rpartition('/')[2])}"
    name = _NAMES.get(change.field, change.field)
    removed = [text for text in planned.old if text not in change.values]
    if removed and set(change.values) <= set(planned.old):
        return f"take the {name} {_quoted(removed)} away"
    return f"{name} {_quoted(change.values)}"


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(map(letters.quoted, texts))
