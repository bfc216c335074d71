"""Albums and tracks as the dicts that the JSON files of an artist contain."""

from __future__ import annotations

from typing import Any

from mediakeep.music.model import Album, Artist, ImageFile, Track

_OPTIONAL_FIELDS = ("fault", "reason", "essence", "damage", "change")  # left out if empty


def albums_to_json(artist: Artist) -> list[dict[str, Any]]:
    """Describe each album with its number of tracks and the picture files in its folder."""
    return [
        {
            "path": album.place,
            "tracks": len(album.tracks),
            **({"beside": album.sibling_folders} if album.sibling_folders else {}),
            "images": [_image_to_json(image) for image in album.images],
        }
        for album in artist.albums
    ]


def track_to_json(album: Album, item: Track) -> dict[str, Any]:
    """Describe one track with its tags, its technical facts and the other tags in its file."""
    return {
        "path": item.place,
        "album": album.place,
        "tags": item.tags,
        "facts": item.facts,
        "container": item.container,
        "others": item.other_tags,
        "raw": item.raw,
        **{name: value for name in _OPTIONAL_FIELDS if (value := getattr(item, name))},
    }


def _image_to_json(image: ImageFile) -> dict[str, Any]:
    return {
        "path": image.place,
        "size": image.size,
        "mime": image.mime,
        "width": image.width,
        "height": image.height,
        **({"reason": image.reason} if image.reason else {}),
    }
