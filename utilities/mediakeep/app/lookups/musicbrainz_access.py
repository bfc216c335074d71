"""Access to MusicBrainz and the Cover Art Archive, from options and settings."""

from __future__ import annotations

from typing import Any

from mediakeep import config
from mediakeep.errors import BadSetting
from mediakeep.lookups import service_config
from mediakeep.lookups.http.models import Service
from mediakeep.lookups.service_config import ServiceConfig

_PUBLIC_SERVER = "musicbrainz.org"
_MIN_PUBLIC_INTERVAL = (
    1.0  # seconds between two requests (musicbrainz.org/doc/MusicBrainz_API/Rate_Limiting)
)
NO_CONTACT = (
    "no contact is configured. Set --contact, MEDIAKEEP_CONTACT, or contact in mediakeep.toml to"
    " your e-mail address or URL"
)


def parse_access(values: dict[str, Any], *, fresh: bool = False) -> ServiceConfig:
    """Build the service configuration from a command's options; raise BadSetting if invalid."""
    contact, offline = values.pop("contact").strip(), values.pop("offline")
    host, archive = values.pop("musicbrainz_host"), values.pop("coverart_host")
    interval = service_config.parse_interval(
        "musicbrainz_interval", values.pop("musicbrainz_interval")
    )
    if contact and not contact.isprintable():
        raise BadSetting("contact", "it contains characters that cannot be sent.")
    if contact and "@" not in contact and not contact.startswith(("http://", "https://")):
        raise BadSetting("contact", f'"{contact}" is neither an e-mail address nor a URL.')
    public = service_config.is_in_domain(_parse_server("musicbrainz_host", host), _PUBLIC_SERVER)
    if public and interval < _MIN_PUBLIC_INTERVAL:
        raise BadSetting(
            "musicbrainz_interval",
            f"{_PUBLIC_SERVER} allows one request a second. Set 1 or more, or set musicbrainz_host"
            " to your own mirror.",
        )
    _parse_server("coverart_host", archive)
    closed_reason = service_config.get_service_disabled_reason(
        "MusicBrainz",
        offline=offline,
        missing=NO_CONTACT if public and not contact else "",
        fresh=fresh,
    )
    own_setting, offline_reason = (
        "" if public else "musicbrainz_host",
        service_config.OFFLINE * offline,
    )
    covers_setting = "" if archive == config.Settings().coverart_host else "coverart_host"
    return ServiceConfig(
        catalogue=Service("MusicBrainz", host.rstrip("/"), interval, closed_reason, own_setting),
        pictures=Service(
            "The Cover Art Archive", archive.rstrip("/"), 0.0, offline_reason, covers_setting
        ),
        contact=contact,
        fresh=fresh,
    )


def _parse_server(name: str, address: str) -> str:
    return service_config.parse_server(name, address, f"https://{_PUBLIC_SERVER}")
