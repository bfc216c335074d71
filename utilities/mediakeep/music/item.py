"""The kind of music, and its queue item: the folder of an artist."""

from __future__ import annotations

from mediakeep.item import Item, Number
from mediakeep.kinds import ItemCounter, Kind


class MusicItem(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """The folder of an artist."""

    track_count: Number = 0
    album_count: Number = 0
    unread_count: Number = 0  # audio files in unsupported formats
    mbid: str = ""  # of the artist
    albums_matched: Number = 0  # with a certain release
    albums_tied: Number = 0  # with a certain release group and several equally likely editions
    albums_unsure: Number = 0  # the user has to decide
    albums_unknown: Number = 0  # unknown to MusicBrainz
    fields_filled: Number = 0  # tag fields filled from MusicBrainz


MUSIC = Kind(
    name="music",
    noun="artist",
    plural="artists",
    manager_script="music_queue_manager.py",
    batch_script="process_music_batch.py",
    item_type=MusicItem,
    subject="mediakeep.app.subjects.music:SUBJECT",
    rules=8,
    part_noun="track",
    library_noun="artist folders",
    stray_noun="audio file",
    stray_fix="Move them to the folder of their artist, then scan again.",
    damage_kinds=(
        *("unreadable-file", "empty-file", "not-audio"),
        *("essence-changed", "decode-error", "truncated-audio"),
    ),
    counters=(
        # How certain the albums are matched, and how many tag fields were filled from the matches.
        ItemCounter("albums_matched", "certain", "Albums"),
        ItemCounter("albums_tied", "certain except the edition", "Albums"),
        ItemCounter("albums_unsure", "unsure", "Albums"),
        ItemCounter("albums_unknown", "unknown", "Albums"),
        ItemCounter("fields_filled", "filled", noun="field"),
        ItemCounter("unread_count", "not read", noun="audio file"),
    ),
)
