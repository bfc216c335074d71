"""An index torn by a power loss costs no undo: it is rebuilt, or missing records are reported."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.record import RecordState, encode_line
from mediakeep.media.undo.record_index import FILE_NAME, RecordIndex
from mediakeep.media.undo.store import UndoStore
from mediakeep.outcome import Stamp
from mediakeep.queue.history import index as history_index
from mediakeep.sqlite import clean_flag
from mediakeep.sqlite.disposable import DisposableSqlite
from tests.commands.conftest import Home
from tests.media import writable_files
from tests.media.failing_writes import logs, rename
from tests.views import months

COUNT = 12  # files that the session changed
FILLED = 60  # records of other sessions after each of them
PAGE = 4096
SESSION = "20251217_session_001"
STAMP = Stamp(SESSION, "Velvet Harbour", 7, 7)


@dataclass
class Workspace:
    """A home whose files were changed, and what its index was at several times since."""

    kept: Path
    home: Home
    first: dict[str, bytes]
    ages: list[bytes]

    def restore(self) -> None:
        shutil.rmtree(self.home.path.parent, ignore_errors=True)
        shutil.copytree(self.kept, self.home.path.parent)

    @property
    def index(self) -> Path:
        return self.home.path / "status" / "undo" / FILE_NAME

    def undone(self) -> bool:
        return {path.name: path.read_bytes() for path in self.home.music.iterdir()} == self.first


@pytest.fixture(scope="module")
def workspace(disk_folder: Path) -> Workspace:
    """Change files one by one, close the index each time, and keep what it is then."""
    root = Path(tempfile.mkdtemp(dir=disk_folder, prefix="torn"))  # it may be made more than once
    home = Home(root / "now" / "home", root / "now" / "music")
    home.path.mkdir(parents=True)
    home.music.mkdir()
    workspace_ = Workspace(root / "kept", home, {}, [])
    for number in range(COUNT):
        path = home.music / f"{number:02}.mp3"
        path.write_bytes(writable_files.whole("bare.mp3") + bytes([number]))
        workspace_.first[path.name] = path.read_bytes()
    for number, name in enumerate(workspace_.first):
        with closing(UndoStore(home.path / "status" / "undo")) as store:
            record = rename(home.music / name, store, f"Ebb {number}", STAMP)
            fill(home, number, record)
            store.find(RecordQuery(id="none"))
        workspace_.ages.append(workspace_.index.read_bytes())
    shutil.copytree(home.path.parent, workspace_.kept)
    return workspace_


def fill(home: Home, number: int, record: structs.Struct) -> None:
    """Add records of other sessions, so that every table has several pages."""
    with logs(home.path)[0].open("ab") as stream:
        for other in range(FILLED):
            name = f"{number:04x}{other:08x}"
            more = {"session": f"2024{number:04}_session_{other:03}", "item": f"Artist {other}"}
            path = f"/nowhere/{other}/{name}.mp3"
            one = structs.replace(record, id=name, path=path, **more)  # type: ignore[type-var]
            stream.write(encode_line(one) + b"\n" + encode_line(RecordState(name, "done")) + b"\n")


def pages(data: bytes) -> list[bytes]:
    return [data[at : at + PAGE] for at in range(0, len(data), PAGE)]


def mix_pages(chance: random.Random, ages: list[bytes]) -> bytes:
    """Each page is that of one of two ages, as when only some reached the disk."""
    old, new = sorted(chance.sample(range(len(ages)), 2))
    both = zip(pages(ages[new]), [*pages(ages[old]), *[bytes(PAGE)] * len(ages[new])], strict=False)
    share = chance.random()
    return b"".join(older if chance.random() < share else newer for newer, older in both)


def mix_body(chance: random.Random, ages: list[bytes]) -> bytes:
    """The first page is new, as it is written last, and some of the others are old."""
    torn = mix_pages(chance, ages[-2:])
    return ages[-1][:PAGE] + torn[PAGE:]


def forget_pages(chance: random.Random, ages: list[bytes]) -> bytes:
    """A few pages stayed as they were some changes ago."""
    new, old = pages(ages[-1]), pages(chance.choice(ages[:-1]))
    for number in chance.sample(range(1, len(old)), chance.randrange(1, 4)):
        new[number] = old[number]
    return b"".join(new)


def advance_first_page(chance: random.Random, ages: list[bytes]) -> bytes:
    """The page with the read position of the log is new, and all others are old."""
    base = sqlite3.connect(":memory:", isolation_level=None)
    base.deserialize(ages[-1])
    (row,) = base.execute("SELECT file, offset FROM log").fetchall()
    base.deserialize(ages[chance.randrange(len(ages) - 1)])
    base.execute("UPDATE log SET offset = ? WHERE file = ?", row[::-1])
    found = base.serialize()
    base.close()
    return found


def truncate(chance: random.Random, ages: list[bytes]) -> bytes:
    data = chance.choice(ages)
    return data[: chance.choice([0, chance.randrange(len(data)), PAGE * chance.randrange(20)])]


def punch_holes(chance: random.Random, ages: list[bytes]) -> bytes:
    pages_ = pages(ages[-1])
    for _ in range(chance.randrange(1, 4)):
        pages_[chance.randrange(1, len(pages_))] = bytes(PAGE)
    return b"".join(pages_)


def use_old_index(chance: random.Random, ages: list[bytes]) -> bytes:
    return chance.choice(ages)


TEARS: list[Callable[[random.Random, list[bytes]], bytes]] = [
    mix_pages,
    mix_body,
    forget_pages,
    advance_first_page,
    truncate,
    punch_holes,
    use_old_index,
]


def states(workspace: Workspace, count: int) -> Iterator[bytes]:
    for number in range(count):
        yield TEARS[number % len(TEARS)](random.Random(number), workspace.ages)


def undo(workspace: Workspace, torn: bytes) -> str:
    """Undo the session with such an index, and return the result."""
    workspace.restore()
    workspace.index.write_bytes(torn)
    done = workspace.home.call("undo_changes", "--session", SESSION)
    if workspace.undone():
        return f"undone, exit {done.returncode}"
    return f"incomplete, exit {done.returncode}"


@pytest.mark.loop
@pytest.mark.parametrize("count", [14, pytest.param(100, marks=pytest.mark.slow)])
def test_every_change_is_undone_with_any_remains_of_the_index(
    workspace: Workspace, count: int
) -> None:
    counts = Counter(undo(workspace, torn) for torn in states(workspace, count))
    print(f"{counts.total()} states: {dict(counts)}")
    assert counts == {"undone, exit 0": count}


def test_the_same_check_catches_an_index_that_is_believed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RecordIndex, "verify", lambda _: True)
    monkeypatch.setattr(clean_flag, "is_clean", lambda *_: False)
    assert (
        undo(workspace, advance_first_page(random.Random(1), workspace.ages))
        == "incomplete, exit 0"
    )


# The clean mark


def forge(index: Path) -> None:
    """Make an index wrong without any sign of it."""
    with closing(sqlite3.connect(index)) as base, base:
        base.execute("DELETE FROM record WHERE session = ?", (SESSION,))


def count_pages(workspace: Workspace) -> int:
    with closing(UndoStore(workspace.home.path / "status" / "undo")) as store:
        return len(store.find(RecordQuery(session=SESSION)))


def test_an_index_that_was_not_closed_before_the_system_stopped_is_rebuilt(
    workspace: Workspace,
) -> None:
    workspace.restore()
    store = UndoStore(workspace.home.path / "status" / "undo")
    rename(workspace.home.music / "00.mp3", store, "Flood", Stamp("other", "", 0, 0))
    assert len(store.find(RecordQuery(session=SESSION))) == COUNT
    store._lookup._index._database._close_connection()  # as a kill leaves it
    forge(workspace.index)
    assert (
        count_pages(workspace) == 0
    )  # the same system runs: nothing is lost, and nothing is rebuilt
    with closing(sqlite3.connect(workspace.index)) as base, base:
        base.execute("UPDATE clean_mark SET value = replace(value, '-', '+')")  # another start
    assert count_pages(workspace) == COUNT


def test_a_copy_of_an_index_that_was_being_written_is_rebuilt(workspace: Workspace) -> None:
    workspace.restore()
    store = UndoStore(workspace.home.path / "status" / "undo")
    rename(workspace.home.music / "00.mp3", store, "Flood", Stamp("other", "", 0, 0))
    store.find(RecordQuery(session=SESSION))
    store._lookup._index._database._close_connection()
    forge(workspace.index)
    copy = workspace.index.with_suffix(".copy")
    shutil.copyfile(workspace.index, copy)
    copy.replace(workspace.index)
    assert count_pages(workspace) == COUNT


def test_the_mark_costs_two_syncs_however_much_is_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.restore()
    written, real = list[str](), clean_flag._write_mark

    def counted(base: sqlite3.Connection, value: str) -> None:
        written.append(value)
        real(base, value)

    monkeypatch.setattr(clean_flag, "_write_mark", counted)
    with closing(UndoStore(workspace.home.path / "status" / "undo")) as store:
        for number in range(5):
            rename(workspace.home.music / "00.mp3", store, f"Flood {number}", STAMP)
            store.find(RecordQuery(session=SESSION))
        assert len(written) == 1  # cleared before the first write
        for _ in range(5):
            store.find(RecordQuery(session=SESSION))
    assert [bool(value) for value in written] == [True, False]
    with closing(UndoStore(workspace.home.path / "status" / "undo")) as store:
        store.find(RecordQuery(session=SESSION))
    assert len(written) == 2  # who only reads writes no mark


def test_the_mark_is_not_set_next_to_a_writer_that_goes_on(workspace: Workspace) -> None:
    workspace.restore()
    one, other = (UndoStore(workspace.home.path / "status" / "undo") for _ in range(2))
    rename(workspace.home.music / "00.mp3", one, "Flood", STAMP)
    one.find(RecordQuery(id="none"))
    rename(workspace.home.music / "00.mp3", other, "Flow", STAMP)
    other.find(RecordQuery(id="none"))
    one.close()
    assert mark(workspace.index) == ""  # all that both have written is synced by now
    rename(workspace.home.music / "00.mp3", other, "Fall", STAMP)
    other.find(RecordQuery(id="none"))
    assert mark(workspace.index) != ""  # and cleared again before the next write
    other.close()
    assert mark(workspace.index) == ""


def mark(index: Path) -> str:
    with closing(sqlite3.connect(index)) as base:
        (value,) = base.execute("SELECT value FROM clean_mark").fetchone()
    return str(value)


def test_a_file_without_a_mark_asks_for_none(tmp_path: Path) -> None:
    cabinet = DisposableSqlite(tmp_path / "plain.db", "CREATE TABLE one(n INTEGER)", 1)
    with cabinet.write_transaction() as base:
        assert base
        tables = base.execute("SELECT name FROM sqlite_master").fetchall()
    cabinet.close()
    assert tables == [("one",)]


# The log itself


@pytest.mark.parametrize("damage", [(b'{"op"', b"\xff"), (b'"old":{', b'"old":7,"o":{')])
def test_a_line_that_cannot_be_read_is_reported_and_all_others_are_undone(
    workspace: Workspace, damage: tuple[bytes, bytes]
) -> None:
    workspace.restore()
    (log,) = logs(workspace.home.path)
    lines = log.read_bytes().splitlines(keepends=True)
    (place,) = (
        n for n, line in enumerate(lines) if b'"op":"change"' in line and b"/05.mp3" in line
    )
    lines[place] = lines[place].replace(*damage, 1)
    log.write_bytes(b"".join(lines))
    done = workspace.home.call("undo_changes", "--session", SESSION)
    assert done.returncode == 3
    assert f"{log.name}, byte {sum(map(len, lines[:place])):,}" in done.stderr
    now = {path.name: path.read_bytes() for path in workspace.home.music.iterdir()}
    assert [name for name in now if now[name] != workspace.first[name]] == ["05.mp3"]
    other = workspace.home.call("undo_changes", "--session", "20991217_session_009")
    assert other.returncode == 3  # the damaged line may be of just that session
    assert "Session 20991217_session_009 changed no files" in other.stderr


def test_lost_marks_are_no_damage(workspace: Workspace) -> None:
    workspace.restore()
    (log,) = logs(workspace.home.path)
    data = log.read_bytes()
    last = data.rindex(b'{"op":"mark"')
    log.write_bytes(data[:last] + bytes(30) + data[last + 30 :])  # a sector that was not written
    done = workspace.home.call("undo_changes", "--session", SESSION)
    assert (done.returncode, workspace.undone()) == (0, True)


def test_a_lost_blob_is_reported_with_the_code_of_damage(workspace: Workspace) -> None:
    workspace.restore()
    path = workspace.home.music / "00.mp3"
    with closing(UndoStore(workspace.home.path / "status" / "undo")) as store:
        record = rename(path, store, "A" * 9000, Stamp("other", "", 0, 0))
        assert record.details
    for blob in (workspace.home.path / "status" / "undo" / "blobs").rglob(record.details):
        blob.unlink()
    assert workspace.home.call("undo_changes", "--session", "other").returncode == 3


# The index of the history


def test_a_torn_index_of_the_history_is_rebuilt(tmp_path: Path) -> None:
    folder = tmp_path / "status" / "music"
    months_ = months.Months(tmp_path, artists=months.ARTISTS[:9])
    months_.batch(5)
    asked = "SELECT count(*) FROM event"

    def count() -> int:
        with history_index.open_for_query(folder) as base:
            return int(base.execute(asked).fetchone()[0])

    whole = count()
    assert whole > 1
    index = folder / history_index.FILE
    assert mark(index) == ""
    with closing(sqlite3.connect(index)) as base, base:
        base.execute("DELETE FROM event WHERE seq > 1")
    assert count() == 1  # its mark is set, and it is believed
    with closing(sqlite3.connect(index)) as base, base:
        base.execute("UPDATE clean_mark SET value = 'another start of the system 1 1'")
    assert count() == whole
    assert mark(index) == ""
