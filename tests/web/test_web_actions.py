"""Each action leaves what its command leaves: records of the queue, undo records, and files."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner

from mediakeep.app.console import CollectingConsole
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.queue_admin.item_actions import ACTIONS
from mediakeep.commands import jobs, queue_manager, undo_changes
from mediakeep.kinds import Kind
from mediakeep.media.undo.store import UndoStore
from mediakeep.music.item import MUSIC
from mediakeep.queue import journal
from mediakeep.queue.queue import locate_queue
from tests.commands import hands
from tests.queue import rig
from tests.reference.recording import KIND
from tests.sampling import each_row
from tests.web import sample_home, serving

# The item that each action is tried on: each row of the table of actions needs one here.
ITEMS = {
    "reset": (KIND, "Failed"),
    "prioritize": (KIND, "New"),
    "complete": (KIND, "Failed"),
    "unpark": (KIND, "Waiting"),
    "cancel": (KIND, "New"),
    "forget": (KIND, "Gone"),
    "retire": (KIND, "Done"),
    "undo": (MUSIC, "Vera"),
}
COMMANDS: Mapping[str, click.Command] = {"jobs": jobs.main, "undo_changes": undo_changes.main}
# What differs between two runs: times, sessions, and ids of undo records.
_CHANGING = re.compile(
    r"\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)|\d{8}_\w+?_[0-9a-f]{3,6}|\d{8}T\d+\w*|[0-9a-f]{8,}|inode=\d+"
)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The homes of the kinds, with an item for each action, and copies next to them."""
    place = tmp_path_factory.mktemp("actions") / "music"
    place.mkdir()
    home = hands.scanned(hands.library(place))
    track = next((home.music / "Vera" / "Dawn").glob("*.flac"))
    hands.ok(home, "fix_metadata", "genre", track, "Waltz", "--yes")
    with sample_home.open_recordings(tmp_path_factory.mktemp("actions")) as recordings:
        recordings.make("Waiting")
        recordings.convert(publish_after=3600)
        recordings.make("Failed", damaged=1)
        recordings.make("Done")
        recordings.convert()
        folder = recordings.make("Gone", "New").with_name("Gone")
        recordings.prepare()
        shutil.rmtree(folder)
        recordings.prepare()
        places = {MUSIC.name: place, KIND.name: recordings.root}
        for place in places.values():
            shutil.copytree(place, place.with_name(f"{place.name} copy"), symlinks=True)
        yield places


def describe(place: Path, kind: Kind) -> dict[str, Any]:
    """Return what queue, undo records and files of a home say, except what always changes."""
    location = locate_queue(place / "home" / "status" / kind.name)
    paths = rig.journals(location)
    records = [record for path in paths for record in journal.read(path).records]
    store = UndoStore(place / "home" / "status" / "undo")
    undone = [entry.record for entry in store.iter_newest()] if store.folder.is_dir() else []
    store.close()
    own = (place / "home" / "status" / "web", place / "home" / "status" / "cache")
    files = {
        _mask(str(path.relative_to(place)))
        for path in place.rglob("*")
        if not any(path.is_relative_to(folder) for folder in own)
        and not path.name.startswith("history.db")  # the index of what is shown
    }
    library = hands.state(
        *(place / name for name in ("music", "library") if (place / name).exists())
    )
    return {
        "records": [_mask(repr(record)) for record in records],
        "undo": [_mask(repr(msgspec.structs.replace(it, old=it.new))) for it in undone],
        "files": files,
        "library": {path: digest for path, (digest, _) in library.items()},
    }


def _mask(text: str) -> str:
    return _CHANGING.sub("*", text)


def restore(place: Path) -> None:
    shutil.rmtree(place)
    shutil.copytree(place.with_name(f"{place.name} copy"), place, symlinks=True)


def test_each_row_of_the_table_is_compared() -> None:
    assert ITEMS.keys() == ACTIONS.keys()


@each_row("action", ITEMS)
def test_an_action_leaves_the_records_of_its_command(action: str, homes: dict[str, Path]) -> None:
    kind, name = ITEMS[action]
    place = homes[kind.name]
    restore(place)
    before = describe(place, kind)
    with serving.serve(place / "home") as served:
        (key,) = (it["key"] for it in served.api("/items", kind=kind.name, q=name)["items"])
        assert action in served.api(f"/items/{kind.name}/{key}")["actions"]
        body = {"action": action, "keys": [key]}
        answer = served.post(f"/api/v1/items/{kind.name}/actions", json=body).json()
    by_web = describe(place, kind)
    restore(place)
    script, *words = ACTIONS[action].command.replace("NOUN", kind.noun).split()
    command = COMMANDS.get(script) or queue_manager.build_manager(kind)
    line = [*words[:-1], key, "--home", str(place / "home")]
    done = CliRunner().invoke(command, line, input="y\n")
    assert done.exit_code == 0, done.output
    by_command = describe(place, kind)
    for part, found in by_command.items():
        assert by_web[part] == found, part
    assert by_web != before
    assert answer["lines"]
    assert {_mask(line) for line in answer["lines"]} <= {*map(_mask, done.output.splitlines())}


def test_an_undo_follows_the_settings_of_the_home(homes: dict[str, Path]) -> None:
    place = homes[MUSIC.name]
    restore(place)
    for number, track in enumerate((place / "music" / "Vera").rglob("*.flac")):
        os.link(track, place / f"{number}.flac")
    context = ManagerContext(place / "home", MUSIC, CollectingConsole())
    assert ACTIONS["undo"].function(context, "Vera").code == 1
    (place / "home" / "mediakeep.toml").write_text('hardlinks = "break"\n')
    assert ACTIONS["undo"].function(context, "Vera").code == 0


@each_row("name", ["prioritize", "complete", "forget"])
def test_an_action_that_is_offered_is_not_refused(name: str, tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 5) as queue:
        queue.begin_session()
        rig.settle(queue, 1)
        rig.settle(queue, 1, rig.FAILED)
        rig.settle(queue, 1, rig.SKIPPED)
        rig.settle(queue, 1, rig.GONE)
        queue.end_session()
    context = ManagerContext(tmp_path, MUSIC, CollectingConsole())
    action = ACTIONS[name]
    offered = [key for key, item in context.read_state().items.items() if action.fits(MUSIC, item)]
    assert offered
    for key in offered:
        assert action.function(context, key).code == 0
