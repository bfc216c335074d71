"""The settings, and how they are read and checked.

A setting comes from the command-line flag, else the environment variable, else mediakeep.toml, else
the default.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import home_folder, path_text, secret_file, suggestions, untrusted_files
from mediakeep.errors import BadSetting

FILE_NAME = home_folder.SETTINGS_FILE
ENV_PREFIX = "MEDIAKEEP_"

# Variables that are no settings: the home, secrets, and what an alert command receives.
_OTHER_VARIABLES = (
    *("home", "program", "tmdb_token", "alert_webhook"),
    *("alert_event", "alert_kind", "alert_message", "alert_next"),
)
_MIN_SIMILARITY = (
    0.75  # how similar to a setting a variable is that counts as misspelt (difflib ratio)
)
_WEB_SETTINGS = "mediakeep.web.settings:WebSettings"
_TYPE_NOUNS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text in quotes",
    "array": "a list",
    "object": "a section",
}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings with their defaults; flags and environment variables have the same names."""

    batch_size: int = 10
    workers: int = 0  # 0: one per core
    scheduler: str = ""  # of Dask: "tcp://HOST:PORT", "tls://HOST:PORT" or "local:N"
    scheduler_timeout: str | float = "60s"
    scheduler_ca: str = ""  # files with certificates, for tls://
    scheduler_cert: str = ""
    scheduler_key: str = ""
    max_attempts: int = 3
    retry_delay: str | float = "10m"  # durations: "90s", "2h", or a number of seconds
    item_timeout: str | float = "30m"
    time_budget: str | float = ""
    jobs: int = 0  # 0: as many as there are workers
    stall: str | float = "5m"
    memory_limit: str | int = "0"  # sizes: "2G", "500M", or a number of bytes; 0: none
    log_to: str = ""  # where jobs send their debug log: "stdout", "syslog", "syslog:HOST:PORT"
    between: str = ""  # time windows of jobs, such as "22:00-06:00"
    checkpoint_every: int = 50
    keep_checkpoints: int = 0  # 0: all
    archive_logs: int = 0  # days; 0: never
    backup_to: str = ""
    backup_every: str | float = "7d"
    fix: str = "safe"
    locked_fields: str = ""  # comma-separated names
    hardlinks: str = "refuse"
    links: str = "follow"  # or "read", "refuse": how to treat symbolic links
    nfo: str = "keep"  # or "set-aside": how to treat an NFO that cannot be read
    other_tags: str = "update"
    keep_mtime: bool = False
    id3: str = "keep"
    cover_art: str = "embed"  # where downloaded covers go
    cover_size: str = "1200"  # pixels, or "full"
    report_formats: str = "md,html"
    daily_reports: bool = False
    alert_webhook_file: str = ""  # the URL itself is a secret, not a setting
    alert_command: str = ""
    alert_after: int = 5
    alert_insecure: bool = False
    contact: str = ""  # an e-mail address or a URL, which MusicBrainz requires
    offline: bool = False
    musicbrainz_host: str = "https://musicbrainz.org"
    musicbrainz_interval: float = 1.1  # seconds between requests; 0: no rate limit
    coverart_host: str = "https://coverartarchive.org"
    tmdb_token_file: str = ""  # the token itself is a secret, not a setting
    tmdb_host: str = "https://api.themoviedb.org"
    tmdb_image_host: str = "https://image.tmdb.org"
    tmdb_interval: float = 0.25  # seconds between requests: 40 in 10 s
    language: str = "en-US"  # of movie titles and texts
    country: str = "US"  # whose certifications are used
    ignore: str = ""  # comma-separated patterns of files and folders


def get_setting(home: Path, name: str, environ: Mapping[str, str] = os.environ) -> Any:
    """Return the value of a setting from the environment, mediakeep.toml or its default.

    Raise BadSetting if mediakeep.toml is invalid.
    """
    default = getattr(Settings(), name)
    return environ.get(ENV_PREFIX + name.upper()) or load_file(home).get(name, default)


def load_file(home: Path) -> dict[str, Any]:
    """Return the settings in a home's mediakeep.toml, or {} if there is no such file.

    Its sections are left out and not checked, as that imports all kinds; see `load_sections`. Raise
    BadSetting, naming the file and the key, if the file is invalid.
    """
    path = home / FILE_NAME
    return _check_general(path, _load_toml(path))[0]


def load_sections(home: Path, other: Path | None = None) -> dict[str, Any]:
    """Return the sections of mediakeep.toml and of another file, which takes precedence.

    The other file is TOML, or YAML if its name ends with .yaml or .yml. Only the keys that a file
    has are returned. Raise BadSetting if a file is invalid.
    """
    sections = _split_sections(home / FILE_NAME, _load_toml(home / FILE_NAME))[1]
    for name, table in (load_other(other) if other else {}).items():
        sections[name] = _merge(sections.get(name), table)
    return sections


def check_secret(home: Path, other: Path | None, place: tuple[str, ...], alternative: str) -> None:
    """Raise BadSetting if a settings file has a secret, and other users can access the file.

    `place` are the names of its section, of the tables below that, and of the key. `alternative` is
    the setting of a file for the secret alone.
    """
    files = {home / FILE_NAME: load_sections(home), **({other: load_other(other)} if other else {})}
    for path, sections in files.items():
        has_secret = functools.reduce(_get_table, place[:-1], sections).get(place[-1])
        if has_secret and secret_file.is_accessible_to_others(str(path)):
            raise BadSetting(
                path,
                f"{place[-1]} is a secret, and this file is accessible to others. Run: chmod 600"
                f" {path_text.quote_path(path)}, or store it in a file of its own, and set"
                f" {alternative}.",
            )


def _merge(old: Any, new: Any) -> Any:
    """Return a value of a file that takes precedence; of a table, only the keys that it has."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {**old, **{name: _merge(old.get(name), value) for name, value in new.items()}}


def load_other(path: Path) -> dict[str, Any]:
    """Return the sections of another settings file, as `load_sections` does."""
    if not path.exists():
        raise BadSetting(path, "no such file. Correct --config.")
    if path.suffix.lower() not in (".yaml", ".yml"):
        return _refuse_settings(path, *_split_sections(path, _load_toml(path)))
    import yaml  # deferred, as above

    from mediakeep import yaml_settings

    try:
        values = untrusted_files.parse_settings(path, yaml_settings.parse_yaml) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", error)
        raise BadSetting(path, f"{reason}. Correct it and run again.") from error
    if not isinstance(values, dict):
        raise BadSetting(path, "it has no keys. Write sections such as paths and processing.")
    return _refuse_settings(path, *_split_sections(path, values))


def _refuse_settings(
    path: Path, values: dict[str, Any], sections: dict[str, Any]
) -> dict[str, Any]:
    """Return the sections; raise BadSetting if there are settings, which --config does not read."""
    if values:
        names = ", ".join(values)
        raise BadSetting(path, f"{names}: read from {FILE_NAME} of the home only. Move it there.")
    return sections


def _load_toml(path: Path) -> dict[str, Any]:
    """Return the values of a TOML file, {} if there is no file."""
    if not path.exists():
        return {}
    import tomllib  # deferred: --help must be fast

    values: dict[str, Any]
    try:
        values = untrusted_files.parse_settings(path, lambda data: tomllib.loads(data.decode()))
    except (OSError, ValueError) as error:
        raise BadSetting(path, getattr(error, "strerror", error)) from error
    return values


def _check_general(path: Path, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values of a file without a section, which are checked, and all others."""
    general = {name: values[name] for name in Settings.__struct_fields__ if name in values}
    _convert(path, general, Settings)
    return general, {name: value for name, value in values.items() if name not in general}


def _split_sections(path: Path, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check the values of a file; return those without a section, and the sections."""
    general, sections = _check_general(path, values)
    if sections:
        _check_sections(path, sections)
    return general, sections


def _convert(path: Path, values: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    """Raise BadSetting if values are not those of a Struct."""
    for text in _list_wrong_values(values, kind):
        raise BadSetting(path, text)


def _list_wrong_values(values: dict[str, Any], kind: type[msgspec.Struct]) -> Iterator[str]:
    """Yield the error text of each value that a Struct does not take."""
    rest = values
    while True:
        try:
            msgspec.convert(rest, kind)
        except msgspec.ValidationError as error:
            match = re.fullmatch(r"(.*) - at `\$\.([\w.]+)`", str(error))
            names = match[2].split(".") if match else []
            parent = functools.reduce(_get_table, names[:-1], rest)
            if match is None or names[-1] not in parent:
                if rest is values:  # else a value is missing that was wrong
                    yield str(error)
                return
            yield f"{match[2]}: {_describe_wrong_value(match[1], parent[names[-1]])}."
            rest = _remove_value(rest, names)
        else:
            return


def _remove_value(table: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return a copy of a table without a value in it, or in a table below."""
    name, *below = names
    if below:
        return {**table, name: _remove_value(table[name], below)}
    return {key: value for key, value in table.items() if key != name}


def _describe_wrong_value(text: str, value: Any) -> str:
    """Return what is wrong with a value, from an error text of msgspec."""
    match = re.fullmatch(r"Expected `([\w |]+)`, got `\w+`", text)
    if not match:
        return text.lower()
    expected = " or ".join(_TYPE_NOUNS.get(name, name) for name in match[1].split(" | "))
    if isinstance(value, dict | list):
        return f"{expected} is expected, not a {'section' if isinstance(value, dict) else 'list'}"
    return f"{expected} is expected, not {msgspec.json.encode(value).decode()}"


def list_problems(
    path: Path,
    environ: Mapping[str, str] = os.environ,
    check_value: Callable[[str, Any], str] = lambda _name, _value: "",
) -> list[BadSetting]:
    """Return everything that is wrong with a file such as mediakeep.toml, and with variables.

    `check_value` takes the name of a setting and a value of its type, and returns what is wrong
    with that, such as an unknown word.
    """
    problems: list[BadSetting] = []

    def check(place: str, name: str, value: Any) -> None:
        if problem := check_value(name, value):
            problems.append(BadSetting(place, problem))

    try:
        values = _load_toml(path)
    except BadSetting as error:
        problems.append(error)
        values = {}
    known = Settings.__struct_fields__
    for name in known:
        if name in values:
            wrong = list(_list_wrong_values({name: values[name]}, Settings))
            problems += (BadSetting(path, text) for text in wrong)
            if not wrong:
                check(f"{path_text.display_path(path)}: {name}", name, values[name])
    sections = {name: value for name, value in values.items() if name not in known}
    problems += _list_section_problems(path, sections) if sections else ()
    try:
        check_environment(environ)
    except BadSetting as error:
        problems.append(error)
    for name in known:
        if text := environ.get(variable := ENV_PREFIX + name.upper()):
            check(variable, name, text)
    return list({str(problem): problem for problem in problems}.values())


def _check_sections(path: Path, sections: dict[str, Any]) -> None:
    """Raise BadSetting for sections that no kind has, or wrong ones."""
    for problem in _list_section_problems(path, sections):
        raise problem


def _list_section_problems(path: Path, sections: dict[str, Any]) -> Iterator[BadSetting]:
    """Yield what is wrong with sections: one that no kind has, an unknown name, a wrong value."""
    from mediakeep import setting_fields  # here, as few homes have sections

    own = {kind: setting_fields.list_sections(kind) for kind in list_settings_types()}
    known = dict.fromkeys(name for names in own.values() for name in names)
    tables = {name: value for name, value in sections.items() if isinstance(value, dict)}
    for name in sorted(tables.keys() - known.keys()):
        yield BadSetting(path, _describe_unknown_section(name, known))
    others = {name: value for name, value in sections.items() if name not in tables}
    yield from _find_unknown(str(path), others, Settings.__struct_fields__, known)
    for place, names in setting_fields.list_tables(own).items():
        table = functools.reduce(_get_table, place, sections)
        title = f"{path}, section [{'.'.join(place)}]"
        yield from _find_unknown(title, table, names)
    for kind, names in own.items():
        found = {name: sections[name] for name in names if name in sections}
        yield from (BadSetting(path, text) for text in _list_wrong_values(found, kind))


def _get_table(table: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a table below another one, {} if it is something else, which is found later."""
    found = table.get(name)
    return found if isinstance(found, dict) else {}


def list_settings_types() -> list[type[msgspec.Struct]]:
    """Return the Structs of the settings of all kinds, and of the web server."""
    from mediakeep import kinds  # here, as above

    names = [kind.settings for kind in kinds.list_kinds().values() if kind.settings]
    return [kinds.load(name) for name in (*names, _WEB_SETTINGS)]


def _find_unknown(
    origin: str, table: dict[str, Any], names: Iterable[str], sections: Iterable[str] = ()
) -> Iterator[BadSetting]:
    """Yield what is wrong with a table whose keys are none of its names or sections."""
    if unknown := sorted(set(map(str, table)) - {*names, *sections}):
        texts = (describe_unknown(name, names, sections) for name in unknown)
        yield BadSetting(origin, " ".join(texts))


def _describe_unknown_section(name: str, sections: Iterable[str]) -> str:
    """Return the error text for an unknown section: a similar one, or else all."""
    sections = list(sections)
    near = suggestions.suggest_closest_name(name.replace("-", "_"), sections)
    text = f"there is no section {path_text.to_printable(name)}"
    return f"{text}.{near}" if near else f"{text}. Sections: {', '.join(sections)}."


def describe_unknown(name: str, names: Iterable[str], more: Iterable[str] = ()) -> str:
    """Return the error text for an unknown setting: a similar name, or else all `names`.

    `more` are names that are suggested, but not listed.
    """
    names = list(names)
    near = suggestions.suggest_closest_name(name.replace("-", "_"), [*names, *more])
    text = f"unknown setting {path_text.to_printable(name)}"
    return f"{text}.{near}" if near else f"{text}. Settings: {', '.join(names)}."


def check_environment(environ: Mapping[str, str] = os.environ) -> None:
    """Raise BadSetting for a MEDIAKEEP_ variable whose name looks like a misspelt setting.

    Without this check, such a variable would be ignored silently. Variables with other names may
    belong to another program.
    """
    names = [*Settings.__struct_fields__, *_OTHER_VARIABLES]
    given = {name for name in environ if name.startswith(ENV_PREFIX) and environ[name]}
    if given <= {ENV_PREFIX + name.upper() for name in names}:
        return
    from mediakeep import setting_fields  # here, as few commands need it

    fields = setting_fields.list_file_fields(list_settings_types())
    names += (field.name for field in fields)
    variables = {name: ENV_PREFIX + name.upper() for name in names}
    for name in sorted(given - set(variables.values())):
        near = suggestions.suggest_names(
            name.removeprefix(ENV_PREFIX), variables, 1, _MIN_SIMILARITY
        )
        if near:
            raise BadSetting(path_text.to_printable(name), f"unknown setting.{near}")
