"""The processors by name: the built-in ones, imported when they are needed, and plugins."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from mediakeep import kinds, plugins
from mediakeep.errors import UsageError
from mediakeep.processors import interface
from mediakeep.processors.interface import Processor

GROUP = "mediakeep.processors"  # of entry points
BUILT_IN: Mapping[str, str] = {
    "converter": "mediakeep.processors.converter:PROCESSOR",
    "splitter-fixed": "mediakeep.processors.splitters:FIXED",
    "splitter-silence": "mediakeep.processors.splitters:SILENCE",
    "splitter-timestamps": "mediakeep.processors.splitters:TIMESTAMPS",
    "metadata": "mediakeep.processors.metadata:PROCESSOR",
}  # name: "module:PROCESSOR"


@functools.cache
def load_plugins() -> tuple[plugins.Plugin, ...]:
    """Return the processors of other distributions, also those that cannot be used."""
    return tuple(plugins.load_plugins(GROUP, _check))


def list_names() -> list[str]:
    """Return the names of all processors that can be used, those of mediakeep first."""
    return [*BUILT_IN, *(plugin.name for plugin in load_plugins() if not plugin.problem)]


def get_processor(name: str) -> Processor:
    """Return a processor; raise UsageError if there is none of this name."""
    if name in BUILT_IN:
        processor: Processor = kinds.load(BUILT_IN[name])
        return processor
    for plugin in load_plugins():
        if plugin.name == name and not plugin.problem:
            return plugin.value  # type: ignore[no-any-return]
    raise UsageError(f'There is no processor "{name}". Use one of: {", ".join(list_names())}.')


def _check(name: str, value: Any) -> None:
    """Raise ValueError if an entry point is no processor that can be used."""
    if not isinstance(value, Processor):
        raise ValueError("its entry point names no Processor")
    plugins.check_interface(value.interface, interface.INTERFACE)
    if name in BUILT_IN or name != value.description.name:
        raise ValueError(f'the name "{name}" is taken, or not that of its description')
