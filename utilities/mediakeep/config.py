"""Where a home is, and its settings: flag over environment over mediakeep.toml over default."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import files, suggest
from mediakeep.errors import BadSetting, NoHome

FILE = "mediakeep.toml"
PREFIX = "MEDIAKEEP_"

# What the environment holds besides settings: the home, secrets, and what an alert's command gets.
_OTHERS = (
    *("home", "tmdb_token", "alert_webhook"),
    *("alert_event", "alert_kind", "alert_message", "alert_next"),
)
_SLIP = 0.75  # how like a setting a variable has to be to be taken for it
_UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting under its one name, which is also its flag and its environment variable."""

    batch_size: int = 10
    workers: int = 0  # 0: as many as there are cores
    max_attempts: int = 3
    retry_delay: str | float = "10m"  # spans of time: "90s", "2h", or a number of seconds
    item_timeout: str | float = "30m"
    time_budget: str | float = ""
    checkpoint_every: int = 50
    keep_checkpoints: int = 0  # 0: all
    archive_logs: int = 0  # days; 0: never
    backup_to: str = ""
    backup_every: str | float = "7d"
    fix: str = "safe"
    locked_fields: str = ""  # names, with commas between them
    hardlinks: str = "refuse"
    nfo: str = "keep"  # or "set-aside": what becomes of an NFO that cannot be read
    other_tags: str = "update"
    keep_mtime: bool = False
    id3: str = "keep"
    cover_art: str = "embed"  # where covers that are looked up go
    cover_size: str = "1200"  # pixels, or "full"
    report_formats: str = "md,html"
    daily_reports: bool = False
    alert_webhook_file: str = ""  # the address itself is a secret, and no setting
    alert_command: str = ""
    alert_after: int = 5
    alert_insecure: bool = False
    contact: str = ""  # an e-mail address or a URL: MusicBrainz wants to know who asks
    offline: bool = False
    musicbrainz_host: str = "https://musicbrainz.org"
    musicbrainz_interval: float = 1.1  # seconds from one request to the next; 0: no pacing
    coverart_host: str = "https://coverartarchive.org"
    tmdb_token_file: str = ""  # the token itself is a secret, and no setting
    tmdb_host: str = "https://api.themoviedb.org"
    tmdb_image_host: str = "https://image.tmdb.org"
    tmdb_interval: float = 0.25  # seconds from one request to the next: 40 in 10 s
    language: str = "en-US"  # of titles and texts of movies
    country: str = "US"  # whose certificates are told
    ignore: str = ""  # patterns of files and folders, with commas between them


def seconds(text: str) -> float:
    """Read a span of time such as "90", "30m" or "1h30m", in seconds; ValueError if it is none."""
    spans = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.strip().lower())
    joined = "".join(number + unit for number, unit in spans)
    if (
        not spans
        or joined != re.sub(r"\s", "", text.lower())
        or any(u not in _UNITS for _, u in spans)
    ):
        raise ValueError(f'"{text}" is no span of time; write it like 90s, 30m or 2h')
    return sum(float(number) * _UNITS[unit] for number, unit in spans)


def find_home(given: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Find the folder in which status/, outputs/ and issues/ live; NoHome where there is none."""
    if named := given or environ.get(PREFIX + "HOME"):
        return Path(named).expanduser().absolute()
    here = Path.cwd()
    if (here / FILE).is_file() or any(here.glob("status/*/processing_queue.json")):
        return here
    if found := checkout():
        return found
    raise NoHome()


def checkout() -> Path | None:
    """Return the checkout that this code runs from; None where it was installed."""
    root = Path(__file__).absolute().parents[2]
    whole = (root / "pyproject.toml").is_file() and (root / "utilities" / "mediakeep").is_dir()
    return root if whole else None


def spoken(door: str, home: Path | None = None) -> str:
    """Write a command as a person starts it: by its door in a checkout, else by its name.

    A home that is not the checkout itself is named, so that the command can be pasted anywhere.
    """
    here = checkout()
    name = f"python utilities/{door}" if here else door.removesuffix(".py").replace("_", "-")
    return name if home in (None, here) else f"{name} --home {files.quote_path(home)}"


def with_commands(text: str) -> str:
    """Return a text with the scripts that it names as the user starts them.

    "Run embed_cover.py ALBUM" becomes "Run embed-cover ALBUM" where mediakeep was installed.
    """
    return re.sub(r"\b[a-z_]+\.py\b", lambda match: spoken(match[0]), text)


def setting(home: Path, name: str, environ: Mapping[str, str] = os.environ) -> Any:
    """Return a setting for which no flag was given; BadSetting where mediakeep.toml is wrong."""
    default = getattr(Settings(), name)
    return environ.get(PREFIX + name.upper()) or load(home).get(name, default)


def load(home: Path) -> dict[str, Any]:
    """Read what a home's mediakeep.toml sets; BadSetting names the file and the key."""
    path = home / FILE
    if not path.is_file():
        return {}
    import tomllib  # only where there is something to read: --help must be quick

    try:
        given = tomllib.loads(path.read_text())
        if unknown := sorted(set(given) - set(Settings.__struct_fields__)):
            raise BadSetting(path, " ".join(map(_unknown, unknown)))
        msgspec.convert(given, Settings)
    except msgspec.ValidationError as error:
        raise BadSetting(path, _mistyped(str(error))) from error
    except (OSError, ValueError) as error:
        raise BadSetting(path, error) from error
    return given


def _unknown(name: str) -> str:
    """Say that there is no setting of a name, and which one is near, else which there are."""
    known = Settings.__struct_fields__
    near = suggest.did_you_mean(name.replace("-", "_"), known)
    text = f"there is no setting {files.printable(name)}"
    return f"{text}.{near}" if near else f"{text}; there are {', '.join(known)}."


def _mistyped(text: str) -> str:
    """Name the setting first whose value has the wrong type."""
    found = re.fullmatch(r"(.*) - at `\$\.(\w+)`", text)
    return f"{found[2]}: {found[1].lower()}." if found else text


def check_environment(environ: Mapping[str, str] = os.environ) -> None:
    """Refuse a variable that is no setting and almost one: BadSetting names it.

    Otherwise a slip of the pen would leave a setting as it is, and nobody would know. What is
    unlike any setting may be meant for another program.
    """
    known = {name: PREFIX + name.upper() for name in (*Settings.__struct_fields__, *_OTHERS)}
    for name in sorted(set(environ) - set(known.values())):
        if name.startswith(PREFIX) and environ[name]:
            near = suggest.suggest(name.removeprefix(PREFIX), known, 1, _SLIP)
            if near:
                raise BadSetting(files.printable(name), f"there is no such setting.{near}")
