"""Access to the services of music or movies, from the settings of a home."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import config
from mediakeep.app.lookups import musicbrainz_access, tmdb_access
from mediakeep.errors import BadSetting
from mediakeep.lookups.service_config import ServiceConfig

_MUSICBRAINZ = ("contact", "offline", "musicbrainz_host", "musicbrainz_interval", "coverart_host")
_TMDB = (
    *("offline", "tmdb_host", "tmdb_image_host", "tmdb_interval", "tmdb_token_file"),
    *("language", "country"),
)


def read_access(home: Path, queue: str, *, offline: bool = False) -> ServiceConfig:
    """Return the access to MusicBrainz or TMDb; raise BadSetting if a setting is invalid.

    With `offline`, only cached responses are used.
    """
    settings = _read_settings(home, _TMDB if queue == "movies" else _MUSICBRAINZ)
    settings["offline"] = offline or settings["offline"]
    if queue == "movies":
        return tmdb_access.parse_tmdb_access(home, settings)
    return musicbrainz_access.parse_access(settings)


def _read_settings(home: Path, names: Iterable[str]) -> dict[str, Any]:
    values = {name: config.get_setting(home, name) for name in names}
    try:
        settings = msgspec.convert(values, config.Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSetting("settings of lookups", f"{error}.") from error
    return {name: getattr(settings, name) for name in values}
