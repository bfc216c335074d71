"""The interface of a subject: what batches and managers need, and the options of its worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.issue import Issue
from mediakeep.item import Item, NewItem, OutputRemoval, ScannedItem, SecondOutputs
from mediakeep.kinds import Kind
from mediakeep.lookups.service_config import LookupEstimate, ServiceConfig
from mediakeep.media import ignore_rules
from mediakeep.outcome import Outcome, WorkerFactory
from mediakeep.policy import READ_ONLY, WritePolicy
from mediakeep.queue.state import QueueState

Settings = Mapping[str, Any]  # the values of a kind's own options, by name


class ReviewOptions(msgspec.Struct, frozen=True):
    """The options of a worker of a reviewed kind.

    `policy` is about files of the library. `by_hand` is set if a command of the user has changed
    them, and the worker only takes note. `access` names the services, or None for none.
    `lookup_key` is the cache key of a lookup if it is not the item's key. `choose` asks the user to
    identify an item. `force` replaces existing images.
    """

    deep: bool = False
    accept_audio_change: bool = False
    policy: WritePolicy = READ_ONLY
    by_hand: bool = False
    access: ServiceConfig | None = None
    lookup_key: str = ""
    choose: Any = None
    force: bool = False


class WorkerOptions(msgspec.Struct, frozen=True):
    """The options of a worker of any kind.

    `ignored` says which files to skip. `settings` are the values of the kind's own
    options, by name.
    """

    write: bool
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
    settings: Settings = {}
    review: ReviewOptions = ReviewOptions()


class UnassignedFiles(msgspec.Struct, frozen=True):
    """The files in a library that belong to no item, and sidecars without a video, escaped."""

    files: tuple[str, ...] = ()  # by their paths
    sidecars: tuple[str, ...] = ()  # by their places


# Called with an item's key, and a file's path below the item and its full path: a context in which
# a command changes the file without changing its media.
WriteHook = Callable[[str, str, Path], AbstractContextManager[None]]


class ReviewedSubject(msgspec.Struct, frozen=True):
    """The functions of a subject whose items have issues for the user to review."""

    # Both take the home. `read_reviews` returns the pending reviews of an item, `read_issues` None
    # if they are not written yet.
    read_reviews: Callable[[Path, Item], list[dict[str, str]]]
    read_issues: Callable[[Path, Item], list[Issue] | None]
    # lines on the changes in a dry run's facts
    format_dry_run: Callable[[Mapping[str, Any]], list[str]]
    fix_hint: Callable[[Path, str], str]  # takes the home and an issue kind; returns what to do
    write_exports: Callable[[Path, QueueState], list[str]]  # takes the home; returns warnings
    # takes the home
    estimate_lookups: Callable[[Path, ServiceConfig, Mapping[str, Item]], LookupEstimate]
    # Fingerprints of an item's media, independent of file names: recorded in its outputs, and
    # measured on disk without ignored files.
    recorded_media: Callable[[Path, Item], Counter[Hashable]]
    measure_media: Callable[[ScannedItem, ignore_rules.IgnoreSettings], Counter[Hashable]]
    # Takes the home, and new key and path by old key: renames entries in caches and databases.
    follow_renames: Callable[[Path, Mapping[str, tuple[str, str]]], None]
    # Takes the folder of the queue: opens the data about files that writes keep up to date.
    open_write_hook: Callable[[Path], AbstractContextManager[WriteHook]] = lambda _: nullcontext(
        lambda *_: nullcontext()
    )
    # Takes an item, its old and its new path; yields sidecars that were renamed with it.
    find_renamed_files: Callable[[Item, str, str], Iterable[tuple[str, str]]] = lambda *_: ()
    # Takes the home and an issue kind; returns the command that accepts all its proposals, or "".
    accept_command: Callable[[Path, str], str] = lambda *_: ""
    # Takes all items; returns the keys of those whose reports are outdated.
    outdated_items: Callable[[Mapping[str, Item]], list[str]] = lambda _: []


class JobActions(msgspec.Struct, frozen=True, kw_only=True):
    """The functions of a subject whose items are jobs, which pass through stages.

    Most take the home, an item and the settings. All may be called again after a kill.
    """

    # Returns a line for each stage that would run, to the last one, or the outcome of an item that
    # would not reach it. It is pure: a dry run shows it.
    plan: Callable[[Path, Item, Settings], list[str] | Outcome]
    # Raises a MediakeepError if no item could be processed with the settings. Called before the
    # queue is created or changed.
    check_settings: Callable[[Settings], None] = lambda _: None
    # Takes what the user adds, and the settings; returns the new item. Raises UsageError if it
    # cannot become one. The former is an absolute path, or a text if the kind has `item_examples`:
    # then it returns None for a text that is unlike them.
    build_item: Callable[[Any, Settings], NewItem | None]
    # The escaped paths of an item's sources, and that of its output, "" if it has none.
    list_sources: Callable[[Item], Sequence[str]] = lambda item: [item.path]
    find_output: Callable[[Item], str] = lambda item: getattr(item, "output_path", "")
    # Returns the folder in which an item's output was published, next to those of other items; None
    # if the user need not be told when the output is missing.
    find_output_folder: Callable[[Item], Path | None] = lambda _: None
    # Describes what exists of an unfinished item, "" if nothing.
    describe_progress: Callable[[Path, Item, Settings], str] = lambda *_: ""
    # Raises UsageError if an item cannot be rolled back now.
    check_roll_back: Callable[[Path, Item, Settings], None] = lambda *_: None
    # Removes the item's outputs and restores its source. Returns the new values of its fields, and
    # lines on what was done. None if the kind cannot do that.
    roll_back: Callable[[Path, Item, Settings], tuple[dict[str, Any], list[str]]] | None = None
    # The working files and folders of an item that has ended.
    find_working_files: Callable[[Path, Item, Settings], list[str]] = lambda *_: []
    remove_working_files: Callable[[Path, Item, Settings], object] = lambda *_: None
    # Takes the home and the settings: returns the folders that items write, besides the home and
    # the library. All hosts of a batch must see them.
    list_folders: Callable[[Path, Settings], Sequence[Path]] = lambda *_: ()
    # Removes the outputs of an item whose source has vanished, if the settings want that and the
    # last argument is true. Returns None if there is nothing to do.
    remove_outputs: Callable[[Path, Item, Settings, bool], OutputRemoval | None] | None = None
    # Takes all items: returns the keys of those that wait for something that the settings now have.
    find_unblocked: Callable[[Mapping[str, Item], Settings], Sequence[str]] = lambda *_: ()
    # Takes all items: finds those that are done with other settings. Raises UsageError if second
    # outputs would replace the first ones.
    find_second_outputs: Callable[[Mapping[str, Item], Settings], SecondOutputs] = lambda *_: (
        SecondOutputs()
    )


class Subject(msgspec.Struct, frozen=True):
    """The functions that every subject has, and those of reviewed kinds and of jobs."""

    kind: Kind
    # Takes the library's folder, or the text of a collection if the kind has `item_examples`, and
    # what the user ignores.
    scan_library: Callable[[Any, ignore_rules.IgnoreSettings], Iterator[ScannedItem]]
    worker_factory: Callable[[Path, WorkerOptions], WorkerFactory]  # takes the home
    # A completed item's outputs, relative to the home; those of jobs need not be made again.
    list_outputs: Callable[[Item], list[str]] = lambda _: []
    # Takes the library's folder and what the user ignores.
    unassigned_files: Callable[[Path, ignore_rules.IgnoreSettings], UnassignedFiles] = lambda *_: (
        UnassignedFiles()
    )
    # Called before a batch with its home, options and items: checks caches, tools and folders, and
    # returns warnings. Raises a MediakeepError if no item could be processed.
    before_batch: Callable[[Path, WorkerOptions, Mapping[str, Item]], list[str]] = lambda *_: []
    reviewed: ReviewedSubject | None = None
    jobs: JobActions | None = None
