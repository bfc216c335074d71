"""The processors by name: the built-in ones, imported when they are needed, and plugins."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from mediakeep import kinds, path_text, plugins, setting_fields, suggestions
from mediakeep.errors import UnknownProcessorError
from mediakeep.processors import interface
from mediakeep.processors.interface import Parameters, Processor

GROUP = "mediakeep.processors"  # of entry points
BUILT_IN: Mapping[str, str] = {
    "converter": "mediakeep.processors.converter:PROCESSOR",
    "splitter-fixed": "mediakeep.processors.splitters:FIXED",
    "splitter-silence": "mediakeep.processors.splitters:SILENCE",
    "splitter-timestamps": "mediakeep.processors.splitters:TIMESTAMPS",
    "metadata": "mediakeep.processors.metadata:PROCESSOR",
    "visualizer": "mediakeep.processors.visualizer:PROCESSOR",
    "statistics": "mediakeep.processors.statistics:PROCESSOR",
    "transcriber": "mediakeep.processors.transcriber:PROCESSOR",
    "aligner": "mediakeep.processors.aligner:PROCESSOR",
    "noise-reduce": "mediakeep.processors.voice:NOISE_REDUCE",
    "dynamics": "mediakeep.processors.voice:DYNAMICS",
    "trimmer": "mediakeep.processors.voice:TRIMMER",
    "voice-enhance": "mediakeep.processors.voice:ENHANCE",
}  # name: "module:PROCESSOR"


@functools.cache
def load_plugins() -> tuple[plugins.Plugin, ...]:
    """Return the processors of other distributions, also those that cannot be used."""
    taken = dict.fromkeys(BUILT_IN, "mediakeep")

    def check(name: str, processor: Any) -> None:
        _check(name, processor, taken)
        taken[name] = "another plugin"

    return tuple(plugins.load_plugins(GROUP, check))


def list_names() -> list[str]:
    """Return the names of all processors that can be used, those of mediakeep first."""
    warn_left_out()
    return [*BUILT_IN, *(plugin.name for plugin in load_plugins() if not plugin.problem)]


def get_processor(name: str) -> Processor:
    """Return a processor; raise UnknownProcessorError if there is none of this name."""
    if name in BUILT_IN:
        processor: Processor = kinds.load(BUILT_IN[name])
        return processor
    for plugin in load_plugins():
        if plugin.name == name and not plugin.problem:
            return plugin.value  # type: ignore[no-any-return]
    known = list_names()
    near = suggestions.suggest_closest_name(name, known)
    text = f'There is no processor "{path_text.to_printable(name)}".{near}'
    raise UnknownProcessorError(f"{text} Use one of: {', '.join(known)}.")


@functools.cache
def warn_left_out() -> None:
    """Warn once of the plugins that cannot be used; worker processes do not call this."""
    for plugin in load_plugins():
        if plugin.problem:
            plugins.warn_left_out("processor", plugin.name, plugin.problem)


def _check(name: str, processor: Any, taken: Mapping[str, str]) -> None:
    """Raise an error if an entry point is no processor that can be used."""
    if not isinstance(processor, Processor):
        raise ValueError("its entry point names no Processor")
    plugins.check_interface(processor.interface, interface.INTERFACE)
    own = processor.description.name
    if own != name:
        raise ValueError(f'its entry point has another name than its description, "{own}"')
    if name in taken:
        raise ValueError(f'the name "{name}" is taken by {taken[name]}')
    if not issubclass(processor.description.parameters, Parameters):
        raise ValueError("its parameters are no Struct of the class Parameters")
    for field in setting_fields.list_fields(processor.description.parameters, (name,)):
        if not field.help:
            raise ValueError(f'its parameter "{field.name}" has no description')
