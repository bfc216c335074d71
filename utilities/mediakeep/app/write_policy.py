"""The write policy of a home's settings."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import config, suggestions
from mediakeep.errors import BadSetting
from mediakeep.policy import WritePolicy

_NAMES = ("hardlinks", "links", "other_tags", "keep_mtime", "id3", "cover_art", "cover_size", "nfo")


def read_policy(home: Path) -> WritePolicy:
    """Return the policy of variables and mediakeep.toml; raise BadSetting if one is invalid."""
    values = {name: config.get_setting(home, name) for name in _NAMES}
    policy = msgspec.convert(values, WritePolicy, strict=False)
    locked = parse_locked_fields(config.get_setting(home, "locked_fields"))
    return msgspec.structs.replace(policy, locked_fields=locked)


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
