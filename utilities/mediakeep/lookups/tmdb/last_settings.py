"""Host and language of the last TMDb lookups, for commands that only read the cache.

Cached responses are found by their URL, which contains both.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep.lookups.http.models import Service
from mediakeep.lookups.lookup_store import LookupStore
from mediakeep.lookups.service_config import Locale, ServiceConfig
from mediakeep.lookups.tmdb.context import DISABLED, TmdbContext

_META_NAME = "asked"


class _LastSettings(msgspec.Struct):
    """The hosts and the language of the last TMDb lookups."""

    host: str
    pictures: str
    locale: Locale


def save(store: LookupStore, config: ServiceConfig) -> None:
    """Save the hosts and the language of a configuration in the store."""
    settings = _LastSettings(config.catalogue.host, config.pictures.host, config.locale)
    text = msgspec.json.encode(settings).decode()
    if store.get_meta(_META_NAME) != text:
        store.set_meta(_META_NAME, text)


def load_disabled_config(folder: Path) -> ServiceConfig:
    """Return a configuration with the last hosts and language, with which no request is sent.

    Raise NoCache if the store cannot be read.
    """
    context = TmdbContext(folder, DISABLED)
    if not context.has_cache_file:
        return DISABLED
    with contextlib.closing(context):
        text = context.store.get_meta(_META_NAME)
    try:
        last = msgspec.json.decode(text, type=_LastSettings)
    except msgspec.DecodeError:  # nothing saved yet
        return DISABLED
    return structs.replace(
        DISABLED,
        catalogue=_with_host(DISABLED.catalogue, last.host),
        pictures=_with_host(DISABLED.pictures, last.pictures),
        locale=last.locale,
    )


def _with_host(service: Service, host: str) -> Service:
    return structs.replace(service, host=host)
