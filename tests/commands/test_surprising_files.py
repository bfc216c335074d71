"""One file that surprises us costs that file alone: it is named, and the others are done."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import NotWritten
from mediakeep.media import file_errors, pictures
from mediakeep.media.audio.decode import damage
from mediakeep.media.cache.caching_reader import CachingReader
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.safewrite import tag_write_plan, write_tags
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.store import UndoStore
from mediakeep.music import scan
from mediakeep.music.deep_scan import full_decode
from mediakeep_samples.music import track_files
from tests.commands import hands
from tests.commands.conftest import Home
from tests.commands.hands import read, run
from tests.media import mutations_tags as tagging
from tests.music import shelf
from tests.sampling import each_row

# A tag of 2.3 that claims 268,435,455 bytes, and a size byte above 0x7F, which no tag has.
HEADER = bytes.fromhex("49 44 33 03 00 00 7F FF 7F 7F")
SURPRISES = [
    RuntimeError("generator raised StopIteration"),
    KeyError(b"TIT2"),
    RecursionError("too deep"),
    MemoryError(),
    StopIteration(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    OSError(5, "Input/output error"),
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return hands.library(tmp_path)


@pytest.fixture
def odd(home: Home) -> Path:
    """Give an album of five a sixth file, whose header hides its sound from the writer."""
    path = home.music / "Vera" / "Dawn" / "06 Odd.mp3"
    sound = track_files.read_seed_file("bell.mp3")
    path.write_bytes(HEADER + sound[len(sound) % 2 :] + tagging.id3v1())
    return path


def others(home: Home) -> list[Path]:
    return sorted((home.music / "Vera" / "Dawn").glob("0[1-5]*"))


def log_lines(home: Home) -> list[dict[str, Any]]:
    """Return all lines of the logs of all sessions."""
    logs = sorted((home.queue / "session_logs").glob("*.log"))
    return [json.loads(line) for path in logs for line in path.read_text().splitlines()]


def planted(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, surprise: BaseException, which: str
) -> None:
    """Have a function raise for files of a name; its first argument is the path, or has it."""
    real: Callable[..., Any] = getattr(owner, name)

    def surprising(first: Any, *rest: Any, **more: Any) -> Any:
        if which in str(getattr(first, "path", first)):
            raise surprise
        return real(first, *rest, **more)

    monkeypatch.setattr(owner, name, surprising)


# The header that was found in the wild


def test_a_header_that_claims_too_much_is_an_error_of_the_file(odd: Path, tmp_path: Path) -> None:
    before = odd.read_bytes()
    with pytest.raises(
        NotWritten, match=r"06 Odd\.mp3 cannot be written by mediakeep: its tags are damaged"
    ):
        write_tags.write(
            odd, [write_tags.SetField("title", ("A",))], UndoStore(tmp_path / "undo"), queue="music"
        )
    assert odd.read_bytes() == before


@pytest.mark.parametrize(
    ("door", "words"),
    [
        ("fix_metadata", ["genre", "{album}", "Shanty"]),
        ("batch_fix_metadata", ["genre", "Shanty", "{album}", "--where", "genre=Folk"]),
        ("batch_fix_metadata", ["genre", "Shanty", "{album}"]),
        ("embed_cover", ["{album}", "{image}", "--yes"]),
    ],
)
def test_commands_name_it_and_write_all_others(
    home: Home, odd: Path, tmp_path: Path, door: str, words: list[str]
) -> None:
    image = tmp_path / "new.jpg"
    image.write_bytes(track_files.read_seed_file("cover.jpg") + b"\xff\xd9")
    before = odd.read_bytes()
    told = run(home, door, *(word.format(album=odd.parent, image=image) for word in words))
    assert "5 files changed" in told.out
    assert odd.read_bytes() == before
    if "--where" in words:
        assert (told.code, "1 skipped" in told.out) == (0, True)
    else:
        assert told.code == 1
        assert "06 Odd.mp3" in told.err


def test_a_batch_finishes_its_artist_and_names_it(home: Home, odd: Path) -> None:
    spaced = home.music / "Vera" / "Dawn" / "01 Tide 1.mp3"
    shelf.put(spaced, title="Low  Tide", artist="Vera", albumartist="Vera", album="Dawn")
    data = odd.read_bytes()
    odd.write_bytes(data[:-128] + b"TAG" + b"Low  Tide".ljust(30, b"\0") + data[-95:])
    home.scan()
    done = home.batch("--all")
    assert done.returncode == 0, done.stdout + done.stderr
    assert home.statuses() == {"Vera": "completed"}
    assert read(spaced).title == ("Low Tide",)
    assert "06 Odd.mp3" in (home.path / "issues" / "music" / "Vera_library_issues.md").read_text()
    one = home.call("process_artist", home.music / "Vera", "--fix", "safe")
    assert one.returncode == 0, one.stdout + one.stderr


# Whatever else a file may raise


@pytest.mark.parametrize("surprise", SURPRISES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    ("owner", "stage"), [(tag_write_plan, "plan_edits"), (adapter, "save_tags")]
)
def test_any_surprise_is_named_and_logged_and_stops_no_other_file(
    home: Home, monkeypatch: pytest.MonkeyPatch, owner: object, stage: str, surprise: Exception
) -> None:
    hands.scanned(home)
    planted(monkeypatch, owner, stage, surprise, "02 Tide")
    told = run(home, "fix_metadata", "genre", home.music / "Vera" / "Dawn", "Shanty")
    assert told.code == 1
    assert "4 files changed; 1 failed" in told.out
    assert "02 Tide 2.m4a" in told.err
    if isinstance(surprise, OSError):  # translated where the file is open
        assert "Input/output error" in told.err
        return
    assert type(surprise).__name__ in told.err
    (line,) = [line for line in log_lines(home) if "traceback" in line]
    assert "02 Tide 2.m4a" in line["message"]
    assert line["level"] == "error"
    assert "in surprising" in line["traceback"]
    assert [read(path).genres for path in others(home)].count(("Shanty",)) == 4


@pytest.mark.parametrize("door", ["process_music_batch", "process_artist"])
def test_a_surprise_in_a_batch_is_named_in_report_and_log(
    home: Home, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    for number in (1, 2):
        path = home.music / "Anna" / "Noon" / f"0{number} One.mp3"
        shelf.put(path, title="Low  Tide", artist="Anna", albumartist="Anna", album="Noon")
    planted(monkeypatch, adapter, "save_tags", AssertionError("no such frame"), "02 One")
    home.scan()
    words = [home.music / "Anna"] if door == "process_artist" else ["--all", "--workers", 1]
    done = home.call(door, *words, "--fix", "safe")
    assert done.returncode == 0, done.stderr
    titles = [read(path).title for path in sorted((home.music / "Anna" / "Noon").iterdir())]
    assert titles == [("Low Tide",), ("Low  Tide",)]
    report = (home.path / "issues" / "music" / "Anna_library_issues.md").read_text()
    assert "02 One.mp3" in report
    assert "AssertionError: no such frame" in report
    (line,) = [line for line in log_lines(home) if "traceback" in line]
    assert "in surprising" in line["traceback"]


@pytest.mark.parametrize("surprise", SURPRISES[:3], ids=lambda one: type(one).__name__)
def test_undo_goes_on_behind_a_surprise(
    home: Home, monkeypatch: pytest.MonkeyPatch, surprise: Exception
) -> None:
    hands.scanned(home)
    before = {path: path.read_bytes() for path in others(home)}
    hands.ok(home, "fix_metadata", "genre", home.music / "Vera" / "Dawn", "Shanty")
    with monkeypatch.context() as patched:
        planted(patched, apply_undo, "replace_and_record", surprise, "02 Tide")
        told = run(home, "undo_changes", "--artist", "Vera")
    assert told.code == 1
    assert "02 Tide 2.m4a" in told.err
    assert type(surprise).__name__ in told.err
    same = [path.name for path in others(home) if path.read_bytes() == before[path]]
    assert len(same) == 4
    assert any("in surprising" in line.get("traceback", "") for line in log_lines(home))
    hands.ok(home, "undo_changes", "--artist", "Vera")
    assert {path: path.read_bytes() for path in others(home)} == before


@each_row("stop", [KeyboardInterrupt(), SystemExit(3), GeneratorExit()])
def test_a_stop_is_no_surprise(tmp_path: Path, stop: BaseException) -> None:
    with pytest.raises(type(stop)), file_errors.wrap_file_errors(tmp_path):
        raise stop


@each_row("number", [28, 122, 30])
def test_a_full_disk_is_not_laid_to_one_file(tmp_path: Path, number: int) -> None:
    with pytest.raises(OSError, match="full"), file_errors.wrap_file_errors(tmp_path):
        raise OSError(number, "full")


def test_an_odd_picture_is_named_and_the_artist_goes_on(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home.music / "Vera" / "Dusk" / "cover.jpg").write_bytes(
        track_files.read_seed_file("cover.jpg")
    )
    planted(monkeypatch, pictures, "read_picture_info", ZeroDivisionError("no width"), "cover.jpg")
    done = home.call("process_artist", home.music / "Vera", "--fix", "none")
    assert done.returncode == 0, done.stderr
    report = (home.path / "issues" / "music" / "Vera_library_issues.md").read_text()
    assert "cover.jpg" in report
    assert "ZeroDivisionError: no width" in report


def test_a_deep_scan_names_what_the_decoder_chokes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "Vera"
    for number in (1, 2):
        shelf.put(folder / f"0{number}.mp3")
    planted(monkeypatch, damage, "find_damage", AttributeError("layout"), "02.mp3")
    found, hearing, index = (
        scan.read_artist(folder),
        full_decode._DecodeResults(),
        CachingReader.open(tmp_path / "cache"),
    )
    for track in found.tracks:
        full_decode._decode_track(hearing, track, folder / track.place, index)
    index.close()
    damages = {place: track.damage for place, track in hearing.tracks.items()}
    assert damages["02.mp3"] == "decoding failed: AttributeError: layout"
    assert "01.mp3" in hearing.measured
