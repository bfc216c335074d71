"""Files are placed whole, once, and never over another one."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from mediakeep.errors import DiskFull, NotEnoughSpace, WorkingFilesChanged
from mediakeep.workspace import disk_space, moves, place_file, quarantine
from mediakeep.workspace.place_file import PlacedFile, PlacingRules
from tests.crash import gate
from tests.crash.tap import FileCall, Tap
from tests.workspace import trees
from tests.workspace.test_synced import SyncLog

SOUND = b"sound" * 50_000
_PLACE = """
import sys
from pathlib import Path
from mediakeep.workspace.place_file import PlacingRules, place_file

home = Path(sys.argv[1])
for number in range(20):
    book = home / f"{number}.m4b"
    book.write_text(f"{home} {number}")
    rules = PlacingRules(home / f"{number}_state")
    place_file(book, Path(sys.argv[2]) / "Book.m4b", rules)
"""


class Scene:
    """A finished book of a job, and the output folder."""

    def __init__(self, folder: Path, other: Path | None = None) -> None:
        self.book = (other or folder) / "working" / "book.m4b"
        self.state, self.output = folder / "state", folder / "out"
        self.folders = [self.book.parent, self.state, self.output]
        self.own: PlacedFile | None = None

    def prepare(self) -> None:
        self.book.parent.mkdir(exist_ok=True)
        self.book.write_bytes(SOUND)

    def place(self, name: str = "Book", mode: int | None = None) -> Path:
        """Place the book, and return its path, relative to the output folder."""
        return self.place_in(self.output, name, mode).location.relative_to(self.output)

    def place_in(self, folder: Path, name: str = "Book", mode: int | None = None) -> PlacedFile:
        rules = PlacingRules(self.state, self.own, mode)
        return place_file.place_file(self.book, folder / f"{name}.m4b", rules)

    def quarantined(self) -> dict[str, bytes]:
        return {
            entry.original_path.name: (
                self.output / quarantine.FOLDER / entry.id / "content"
            ).read_bytes()
            for entry in quarantine.list_entries(self.output)
        }

    def names(self) -> list[str]:
        return sorted(path.name for path in self.output.iterdir() if path.is_file())

    def hidden(self) -> list[str]:
        return [path.name for path in self.output.glob(".*") if path.name != quarantine.FOLDER]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path)
    scene.prepare()
    return scene


@pytest.fixture
def other_disk(disk_folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=disk_folder))


def test_a_book_gets_its_name(scene: Scene) -> None:
    placed = scene.place_in(scene.output)
    assert placed.location == scene.output / "Book.m4b"
    assert placed.location.read_bytes() == SOUND
    assert placed.size == len(SOUND)
    assert not scene.book.exists()
    assert scene.place() == Path("Book.m4b")
    placed.location.unlink()
    with pytest.raises(WorkingFilesChanged, match=r"book\.m4b is not as recorded: it is missing"):
        scene.place()


def test_another_book_is_never_replaced(scene: Scene) -> None:
    scene.output.mkdir()
    (scene.output / "Book.m4b").write_bytes(SOUND)  # equal, but of another job
    (scene.output / "Book (2).m4b").symlink_to("nowhere")
    assert scene.place() == Path("Book (3).m4b")
    assert scene.names() == ["Book (3).m4b", "Book.m4b"]


def test_an_earlier_book_of_the_job_is_replaced(scene: Scene) -> None:
    scene.output.mkdir()
    (scene.output / "Book.m4b").write_bytes(b"other")
    placed = scene.place_in(scene.output)
    scene.own = PlacedFile(placed.path, placed.sha256)
    scene.book.write_bytes(b"new")
    (scene.output / "Book.m4b").unlink()
    assert scene.place() == Path("Book (2).m4b")
    assert scene.names() == ["Book (2).m4b"]
    assert scene.quarantined() == {"Book (2).m4b": SOUND}


@pytest.mark.parametrize("changed", [False, True])
def test_an_earlier_book_with_another_name(scene: Scene, changed: bool) -> None:
    scene.own = scene.place_in(scene.output)
    if changed:
        scene.own.location.write_bytes(b"mine")
    scene.prepare()
    scene.book.write_bytes(b"new")
    assert scene.place("New") == Path("New.m4b")
    assert scene.names() == (["Book.m4b", "New.m4b"] if changed else ["New.m4b"])
    assert len(scene.quarantined()) == (not changed)


def test_an_earlier_book_that_was_changed_stays(scene: Scene) -> None:
    scene.own = scene.place_in(scene.output)
    scene.own.location.write_bytes(b"mine")
    scene.prepare()
    assert scene.place() == Path("Book (2).m4b")
    assert (scene.output / "Book.m4b").read_bytes() == b"mine"
    assert not scene.quarantined()


def test_a_name_that_is_taken_at_the_last_moment(scene: Scene) -> None:
    def take(call: FileCall) -> None:
        if call.name == "link" and call.target.endswith("/Book.m4b"):
            Path(call.target).write_bytes(b"other")

    with Tap(take):
        assert scene.place() == Path("Book (2).m4b")
    assert (scene.output / "Book.m4b").read_bytes() == b"other"
    assert place_file.find_placed(scene.state) == scene.place_in(scene.output)


def test_books_that_are_placed_at_once_all_survive(tmp_path: Path) -> None:
    scenes = []
    for number in range(8):
        scenes.append(Scene(tmp_path / str(number)))
        scenes[-1].output = tmp_path / "out"
        scenes[-1].book.parent.mkdir(parents=True)
        scenes[-1].book.write_text(str(number))
    with ThreadPoolExecutor(8) as pool:
        placed = list(pool.map(lambda scene: scene.place_in(scene.output), scenes))
    texts = [book.location.read_text() for book in placed]
    assert texts == [str(number) for number in range(8)]


def test_two_processes_place_books_of_one_name(tmp_path: Path) -> None:
    output = tmp_path / "out"
    processes = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        line = [sys.executable, "-c", _PLACE, str(tmp_path / name), str(output)]
        environment = {**os.environ, "PYTHONPATH": "utilities"}
        root = Path(__file__).parents[2]
        processes.append(subprocess.Popen(line, env=environment, cwd=root))
    assert [process.wait() for process in processes] == [0, 0]
    texts = {path.read_text() for path in output.glob("Book*.m4b")}
    assert len(texts) == 40


def test_the_mode_of_a_book(scene: Scene) -> None:
    scene.place(mode=0o640)
    assert (scene.output / "Book.m4b").stat().st_mode & 0o7777 == 0o640


def test_a_book_for_another_file_system_is_verified(tmp_path: Path, other_disk: Path) -> None:
    scene = Scene(tmp_path, other_disk)
    scene.prepare()
    scene.output.mkdir()
    (scene.output / "Book.m4b").write_bytes(b"other")
    reports: list[tuple[int, int]] = []
    rules = PlacingRules(scene.state, mode=0o640)

    def report(done: int, of: int) -> None:
        reports.append((done, of))

    book = place_file.place_file(scene.book, scene.output / "Book.m4b", rules, report)
    assert book.location.name == "Book (2).m4b"
    assert reports[-1] == (4 * len(SOUND), 4 * len(SOUND))
    placed = scene.output / "Book (2).m4b"
    assert placed.read_bytes() == SOUND
    assert placed.stat().st_mode & 0o777 == 0o640
    assert not scene.book.exists()
    assert scene.hidden() == []


def test_the_space_on_the_other_file_system_is_checked(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "is_same_file_system", lambda *_: False)
    with monkeypatch.context() as patched:
        patched.setattr(disk_space, "_MARGIN", 1 << 62)  # no disk of a test is full
        with pytest.raises(NotEnoughSpace):
            scene.place()

    def fill(call: FileCall) -> None:
        if ".part" in call.path and call.name == "open" and call.flags & os.O_CREAT:
            raise OSError(errno.ENOSPC, "No space left on device", call.path)

    with pytest.raises(DiskFull), Tap(fill):
        scene.place()
    assert (scene.names(), scene.hidden()) == ([], [])
    assert scene.place() == Path("Book.m4b")


def test_a_disk_that_fills_up_meanwhile(tmp_path: Path, small_disk: Path) -> None:
    scene = Scene(tmp_path)
    scene.prepare()
    scene.output = small_disk / "out"
    scene.book.write_bytes(b"sound" * 300_000)
    filler = small_disk / "filler"

    def fill(call: FileCall) -> None:
        if ".part/content" in call.path and not filler.exists():
            filler.write_bytes(bytes(2_000_000))

    with pytest.raises(DiskFull, match=f"The file system {small_disk} is full"), Tap(fill):
        scene.place()
    assert (scene.names(), scene.hidden()) == ([], [])
    with pytest.raises(NotEnoughSpace, match=f"on {small_disk}"):
        scene.place()
    filler.unlink()
    assert scene.place() == Path("Book.m4b")
    assert not scene.book.exists()


def test_a_mount_point_within_one_device(scene: Scene) -> None:
    def cross(call: FileCall) -> None:  # as two bind mounts do
        if call.name == "link" and call.path == str(scene.book):
            raise OSError(errno.EXDEV, "Invalid cross-device link", call.path)

    scene.own = scene.place_in(scene.output)
    scene.book.write_bytes(b"new")
    with Tap(cross):
        assert scene.place() == Path("Book.m4b")
    assert scene.quarantined() == {"Book.m4b": SOUND}


def test_what_is_removed_is_what_was_placed(scene: Scene) -> None:
    placed = scene.place_in(scene.output)
    path = placed.location
    data = path.read_bytes()
    path.write_bytes(b"mine")
    assert placed.withdraw("test").startswith("Kept, because it was changed")
    assert path.read_bytes() == b"mine"
    path.write_bytes(data)
    assert placed.withdraw("test") == f"Moved to quarantine: {path}"
    assert scene.quarantined() == {"Book.m4b": SOUND}
    assert placed.withdraw("test") == ""


def test_an_equal_book_of_another_job_is_not_taken_for_the_placed_one(scene: Scene) -> None:
    placed = scene.place_in(scene.output)
    placed.location.unlink()
    (scene.output / "Book.m4b").write_bytes(SOUND)
    record = msgspec.structs.replace(placed, inode=1)
    (scene.state / "placed.json").write_bytes(msgspec.json.encode(record))
    assert place_file.find_placed(scene.state) is None
    scene.prepare()
    assert scene.place() == Path("Book (2).m4b")


def test_a_book_is_synced_before_it_gets_its_name(scene: Scene) -> None:
    with SyncLog(scene.output / "Book.m4b", scene.book) as log:
        handle = os.open(scene.book, os.O_WRONLY | os.O_CREAT)
        os.write(handle, b"new")
        os.close(handle)
        scene.place()
        assert log.published
        log.check_end(scene.output)


def test_the_new_name_is_synced_before_the_old_one_is_removed(scene: Scene) -> None:
    placed = scene.place_in(scene.output)
    with SyncLog(placed.location, scene.book) as log:
        os.link(placed.location, scene.book)
        os.unlink(placed.location)
        os.link(scene.book, placed.location)  # as a killed call leaves them
        assert scene.place() == Path("Book.m4b")
        log.check_end(scene.output)
    assert not scene.book.exists()


def kill_at_each_call(scene: Scene) -> int:
    """Place a book over an earlier one of its job, and next to another one."""
    placed: list[PlacedFile] = []

    def prepare() -> None:
        scene.own = None
        scene.prepare()
        scene.own = scene.place_in(scene.output)
        (scene.output / "Book (2).m4b").write_bytes(b"other")
        scene.prepare()
        scene.book.write_bytes(b"new" * 50_000)

    def act() -> None:
        placed[:] = [scene.place_in(scene.output)]
        assert scene.hidden() == []

    def check() -> None:
        assert (scene.output / "Book (2).m4b").read_bytes() == b"other"
        path, new = scene.output / "Book.m4b", b"new" * 50_000
        old = [path] if path.exists() and path.read_bytes() == SOUND else []
        assert old or scene.quarantined() == {"Book.m4b": SOUND}
        places = [it for it in (scene.book, path) if it.exists() and it.read_bytes() == new]
        assert places
        assert set(scene.names()) <= {"Book.m4b", "Book (2).m4b"}

    count = trees.die_at_each_call(scene.folders, prepare, act, check)
    assert placed[0].location == scene.output / "Book.m4b"
    assert not scene.book.exists()
    return count


def test_a_killed_process_has_placed_its_book_once(tmp_path: Path) -> None:
    """A real kill, between the two calls of a move."""
    home, output = tmp_path / "one", tmp_path / "out"
    home.mkdir()
    stopped = gate.Gate(tmp_path / "gate", 1, names="unlink", paths=r"/0\.m4b\n")
    line = [sys.executable, "-c", _PLACE, str(home), str(output)]
    process = subprocess.Popen(line, env={**os.environ, **stopped.environment})
    stopped.kill(process)
    book = home / "0.m4b"
    assert book.samefile(output / "Book.m4b")
    placed = place_file.place_file(book, output / "Book.m4b", PlacingRules(home / "0_state"))
    assert placed.location == output / "Book.m4b"
    assert not book.exists()
    assert [path.name for path in output.iterdir()] == ["Book.m4b"]


def test_killed_before_each_call(tmp_path: Path) -> None:
    assert kill_at_each_call(Scene(tmp_path)) > 12


def test_killed_before_each_call_on_the_way_to_another_file_system(
    tmp_path: Path, other_disk: Path
) -> None:
    assert kill_at_each_call(Scene(tmp_path, other_disk)) > 25
