"""The kinds of media, each of which is described in its package and loaded by name.

A kind of another distribution is an entry point of the group `mediakeep.kinds`, which names its
`Kind`.
"""

from __future__ import annotations

import functools
import importlib
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from mediakeep import path_text, plugins
from mediakeep.item import Item
from mediakeep.stages import StageTable

if TYPE_CHECKING:
    from mediakeep.outcome import Outcome

ViewSource = Literal["items", "stages"]

INTERFACE = 1  # of kinds and subjects; increased if those of other distributions have to change
_GROUP = "mediakeep.kinds"  # of entry points
FIRST_NAME = "music"  # of lists and records that name no kind: it was the only one
BUILT_IN = {
    "music": "mediakeep.music.item:MUSIC",
    "movies": "mediakeep.movies.item:MOVIES",
    "albums": "mediakeep.albums.item:ALBUMS",
    "audiobooks": "mediakeep.audiobooks.item:AUDIOBOOKS",
    "episodes": "mediakeep.episodes.item:EPISODES",
    "pipelines": "mediakeep.pipelines.item:PIPELINES",
}


class HistoryView(msgspec.Struct, frozen=True):
    """A view of the history index that other programs may SELECT from.

    `columns` maps each column name to the field that it shows: a field of the item's settles for
    the source "items", one row per item; a field of the stage rows or of their facts for the
    source "stages", one row per stage run.
    """

    name: str
    source: ViewSource
    columns: Mapping[str, str]


class ItemCounter(msgspec.Struct, frozen=True):
    """A number that summaries show for all completed items, such as the matched albums.

    It is the sum of the item field `name`. With a `field`, it is the number of items whose `field`
    has this `value`. Summaries show it as "12 certain" within its `group`, or as a count of a
    `noun`. A worker reports the change of the number in its facts, under the same name.
    """

    name: str
    label: str
    group: str = ""
    noun: str = ""
    field: str = ""
    value: str = ""


class JobMetric(msgspec.Struct, frozen=True):
    """A number that reports show of the jobs of a period, such as the bytes that they wrote.

    It is the sum of a `fact`, which each job has in the facts of one of its stages only; with
    `per`, that sum divided by the sum of another fact. `unit` is "s" for seconds, "B" for bytes,
    "x" for a factor, or "" for a count.
    """

    label: str
    fact: str
    per: str = ""
    unit: str = ""


class WorkingCopy(msgspec.Struct, frozen=True):
    """The working copy of an item's source: the field with its path, and the stage that needs it.

    Its methods are the `has_working_copy` and `reset_limit` of a kind.
    """

    field: str
    stage: str

    def exists(self, item: Item) -> bool:
        path = getattr(item, self.field)
        return bool(path) and Path(path_text.unescape_path(path)).is_dir()

    def limit_reset(self, item: Item) -> str:
        """Return the lowest stage for a reset: without its source, only the copy can be used."""
        has_source = Path(path_text.unescape_path(item.path)).is_dir()
        return self.stage if self.exists(item) and not has_source else ""


class Kind(msgspec.Struct, frozen=True):
    """A kind of media: its nouns, the Struct of its queue items, and its processing stages."""

    name: str
    noun: str
    plural: str
    manager_script: str  # the script that manages its queue
    batch_script: str  # the script that processes it
    item_type: type[Item]  # its Struct
    subject: str = ""  # its Subject, as "module:name"; imported on first use
    settings: str = ""  # the Struct of its settings, of a kind of jobs, named likewise
    interface: int = 0  # `INTERFACE` as it was written for; of kinds of other distributions
    rules: int = 1  # increased whenever a completed item would be processed differently
    create_script: str = ""  # the command that creates its queue; "" for the manager
    create_words: str = "--scan PATH"  # options of that command
    # Texts like those that its items are added by, such as "https://archive.org/details/..."; () if
    # its items are paths.
    item_examples: tuple[str, ...] = ()
    stages: StageTable = StageTable()
    # Whether each queue keeps the stages that it was created with in its head, because the table
    # above is read from a file.
    stores_stages: bool = False
    # Earliest stage that a reset returns an item to, unless the user names one; "" for no limit.
    reset_limit: Callable[[Item], str] | None = None
    # Fields of an item that a failed attempt changes, such as a list of its errors. Takes the item,
    # the outcome and the time.
    record_failure: Callable[[Item, Outcome, str], dict[str, Any]] | None = None
    # The class that keeps exports of the queue up to date, as "module:class": a `QueueFollower`
    # that takes the folder of the queue.
    follower: str = ""
    # The text, such as a date, in whose order items of equal priority are claimed; by default their
    # keys. Takes the item.
    claim_order: Callable[[Item], str] | None = None
    cleans_up: bool = False  # the worker is called once more after the last failed attempt
    consumes_source: bool = False  # completing an item can move or delete its source
    # Whether an item has consumed its source; None if all completed ones have. Takes the item.
    has_consumed_source: Callable[[Item], bool] | None = None
    # Whether the files of an unfinished item still exist elsewhere, such as in a working folder,
    # if its source is gone. Takes the item.
    has_working_copy: Callable[[Item], bool] | None = None
    history_views: tuple[HistoryView, ...] = ()
    part_noun: str = ""  # noun of the parts of an item, which settles count
    library_noun: str = ""  # what a library contains, such as "artist folders"
    stray_noun: str = ""  # noun of a file in the library that belongs to no item
    stray_fix: str = ""  # what to do about such files
    damage_kinds: tuple[str, ...] = ()  # the kinds of issues of damaged files
    counters: tuple[ItemCounter, ...] = ()
    measures: tuple[JobMetric, ...] = ()  # of a kind with stages
    attribution: str = ""  # text that the service requires wherever its data is used

    @property
    def main_name(self) -> str:
        """The name of the kind of the main queue."""
        return self.name.partition("/")[0]

    @property
    def queue(self) -> str:
        """The name of one of several queues of the kind, "" for the main one."""
        return self.name.partition("/")[2]

    @property
    def first_stage(self) -> str:
        """The name of the first processing stage, or "" for a kind without stages."""
        return self.stages.first

    def get_stage(self, item: Item) -> str:
        """Return the stage that an item has reached or failed in, or "" without stages."""
        return self.stages.get_current_stage(item.processing_stage, item.failed_stage)

    def get_next_stage(self, item: Item) -> str:
        """Return the stage in which an item runs next, or whose cleanup is due, "" without any."""
        return item.cleanup_stage or item.resume_stage or self.get_stage(item)

    def name_item(self, key: str, item: Item | None) -> str:
        """Return the name of an item for display: its key, or the name of one that was added."""
        return item.name if self.stages and item and item.name else key


# The numbers of jobs that encode audio.
AUDIO_METRICS = (
    JobMetric("times real time", "audio_seconds", per="stage_seconds", unit="x"),
    JobMetric("input", "input_bytes", unit="B"),
    JobMetric("output", "output_bytes", unit="B"),
)


def load(name: str) -> Any:
    """Return what "module:name" names; its module is imported."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def import_later(name: str) -> Callable[..., Any]:
    """Return a function that imports another one, as "module:function", when it is called."""
    return lambda *arguments: load(name)(*arguments)


def get_kind(name: str) -> Kind:
    """Return the kind of a name, such as "albums", or "albums/night" for that of a named queue.

    Raise KeyError if there is none.
    """
    base, _, queue = name.partition("/")
    kind: Kind = load(BUILT_IN[base]) if base in BUILT_IN else list_kinds()[base]
    return name_queue(kind, queue)


def name_queue(kind: Kind, queue: str) -> Kind:
    """Return a kind for one of its queues; its scripts are those for this queue."""
    if not queue:
        return kind
    words = f" --queue {queue}"
    scripts = {"manager_script": kind.manager_script + words}
    scripts["batch_script"] = kind.batch_script + words
    return msgspec.structs.replace(kind, name=f"{kind.name}/{queue}", **scripts)


@functools.cache
def list_kinds() -> Mapping[str, Kind]:
    """Return all kinds by name: those of mediakeep, then those of other distributions.

    One that cannot be used is left out, with a warning.
    """
    kinds = {name: get_kind(name) for name in BUILT_IN}
    for plugin in plugins.load_plugins(_GROUP, lambda _, kind: _check_foreign_kind(kind, kinds)):
        if plugin.problem:
            plugins.warn_left_out("kind", plugin.name, plugin.problem)
        else:
            kinds[plugin.value.name] = plugin.value
    return types.MappingProxyType(kinds)


@functools.cache
def has_usable_subject(name: str) -> bool:
    """Return whether the subject of a kind can be imported; if not, warn that it is left out.

    That of a kind of mediakeep is not imported for this.
    """
    try:
        return name in BUILT_IN or bool(load(get_kind(name).subject))
    except Exception as error:  # noqa: BLE001 - the code of others may fail in any way
        plugins.warn_left_out("kind", name, str(error))
        return False


def _check_foreign_kind(kind: Any, known: Mapping[str, Kind]) -> None:
    """Raise ValueError if an object is no kind, is of another interface, or has a taken name.

    Other errors are those of its settings, which are imported, and whose fields are listed.
    """
    if not isinstance(kind, Kind):
        raise ValueError("its entry point names no Kind")
    plugins.check_interface(kind.interface, INTERFACE)
    if kind.name in known:
        raise ValueError(f'the name "{kind.name}" is taken')
    if kind.settings:
        from mediakeep import setting_fields  # here, as few homes have such kinds

        setting_fields.list_tables([load(kind.settings)])
