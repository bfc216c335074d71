"""After a power loss at any moment an NFO is the old one or the new one, and can be undone."""

from __future__ import annotations

import functools
import itertools
import os
from dataclasses import replace
from pathlib import Path

import pytest

from mediakeep.media.safewrite import atomic_replace, sidecar_file
from mediakeep.media.safewrite.record_and_replace import NO_STAMP, UndoContext
from mediakeep.media.undo.record import FieldChange
from mediakeep.media.undo.store import UndoStore
from mediakeep.movies.item import MOVIES
from tests.crash.test_tag_power_loss import CallLog, cases, judge, try_cases

FIELDS = {"title": FieldChange(("Old",), ("New",), "nfo")}
VERSIONS = [
    b"<movie><title>Old</title></movie>",
    b"<movie><title>New</title></movie>",
    b"<movie><plot>" + os.urandom(6000).hex().encode() + b"</plot></movie>",
    b"<movie/>",  # after one that no record of a line holds
]


@pytest.fixture
def life(memory: Path) -> CallLog:
    """Replace a file thrice, and undo that."""
    life = CallLog.begin(memory, "movies/a.nfo", VERSIONS[0])
    store = UndoStore(life.home / "status" / "undo")
    context = UndoContext(store, NO_STAMP, atomic_replace.ReplaceRules(), MOVIES.name)
    life.live(
        store,
        [
            functools.partial(sidecar_file.write, life.path, data, was, FIELDS, context)
            for was, data in itertools.pairwise(VERSIONS)
        ],
    )
    return life


@pytest.mark.loop
@pytest.mark.parametrize("every", [60, pytest.param(1, marks=pytest.mark.slow)])
def test_the_old_file_or_the_new_one_is_there_with_its_way_back(life: CallLog, every: int) -> None:
    outcomes = try_cases(life, itertools.islice(cases(life), 0, None, every))
    assert outcomes.total() > 50
    assert set(outcomes) == {""}


@pytest.mark.slow
def test_without_the_sync_of_its_record_that_would_not_hold(life: CallLog) -> None:
    first = life.events.index(life.versions[0])
    events = [
        event
        for event in life.events[first:]
        if isinstance(event, bytes) or event.name != "sync" or not event.path.endswith(".jsonl")
    ]
    less = replace(life, events=[*life.events[:first], *events])
    chosen = [*cases(less)][::-3]
    assert next(filter(None, (judge(less, case) for case in chosen)), "")
