"""The queue item of music: the folder of an artist."""

from __future__ import annotations

from mediakeep.item import Item, Number


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
