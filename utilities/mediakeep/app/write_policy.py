"""The write policy of a command's options, or of a home's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from mediakeep import config, suggestions
from mediakeep.errors import BadSetting
from mediakeep.policy import READ_ONLY, FixLevel, WritePolicy

_NAMES = ("hardlinks", "links", "other_tags", "keep_mtime", "id3", "cover_art", "cover_size", "nfo")


def read_policy(home: Path) -> WritePolicy:
    """Return the policy of variables and mediakeep.toml; raise BadSetting if one is invalid."""
    values = {name: config.get_setting(home, name) for name in _NAMES}
    policy = msgspec.convert(values, WritePolicy, strict=False)
    locked = parse_locked_fields(config.get_setting(home, "locked_fields"))
    return msgspec.structs.replace(policy, locked_fields=locked)


def parse_policy(values: dict[str, Any]) -> WritePolicy:
    """Build the write policy from a command's options, which are removed from them.

    Raise BadSetting if a locked field is unknown.
    """
    return WritePolicy(
        fix=FixLevel(values.pop("fix", FixLevel.NONE)),
        redo=values.pop("redo", False),
        locked_fields=parse_locked_fields(values.pop("locked_fields", "")),
        hardlinks=values.pop("hardlinks"),
        links=values.pop("links", READ_ONLY.links),
        nfo=values.pop("nfo", READ_ONLY.nfo),
        other_tags=values.pop("other_tags", READ_ONLY.other_tags),
        keep_mtime=values.pop("keep_mtime", False),
        id3=values.pop("id3", READ_ONLY.id3),
        cover_art=values.pop("cover_art", READ_ONLY.cover_art),
        cover_size=values.pop("cover_size", READ_ONLY.cover_size),
    )


def parse_locked_fields(names: str) -> frozenset[str]:
    """Return the names of fields, separated by commas; raise BadSetting if one is unknown."""
    wanted = frozenset(filter(None, map(str.strip, names.split(","))))
    if wanted:
        from mediakeep.music.repairs import locks  # here, as --help must be quick

        for name in wanted:
            if not locks.is_lockable(locks.canonical_field(name)):
                near = suggestions.suggest_closest_name(name, locks.lockable_names())
                raise BadSetting("locked_fields", f'unknown field "{name}".{near}')
    return wanted
