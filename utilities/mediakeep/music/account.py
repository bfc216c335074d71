"""Everything that is known of albums and tracks, in the shape that the files for programs have."""

from __future__ import annotations

from typing import Any

from mediakeep.music.model import Album, Artist, ImageFile, Track

_OF_SOME = ("fault", "reason", "essence", "damage", "change")  # only where they hold anything


def albums(artist: Artist) -> list[dict[str, Any]]:
    """Give each album with its number of tracks and the picture files that lie in it."""
    return [
        {
            "path": album.place,
            "tracks": len(album.tracks),
            **({"beside": album.sibling_folders} if album.sibling_folders else {}),
            "images": [_image(image) for image in album.images],
        }
        for album in artist.albums
    ]


def track(album: Album, one: Track) -> dict[str, Any]:
    """Give one track with its tags, facts, and what else stands in its file."""
    return {
        "path": one.place,
        "album": album.place,
        "tags": one.tags,
        "facts": one.facts,
        "container": one.container,
        "others": one.others,
        "raw": one.raw,
        **{name: value for name in _OF_SOME if (value := getattr(one, name))},
    }


def _image(one: ImageFile) -> dict[str, Any]:
    return {
        "path": one.place,
        "size": one.size,
        "mime": one.mime,
        "width": one.width,
        "height": one.height,
        **({"reason": one.reason} if one.reason else {}),
    }
