"""Queues and settings that are deeply nested or no regular files: named, and nothing is lost."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from mediakeep import untrusted_files
from mediakeep.errors import MediakeepError, NotCopied, Unreadable, UsageError
from mediakeep.media.chapters import chapter_files
from mediakeep.music.reports import audit_files
from mediakeep.queue import sessions
from mediakeep.views import review
from mediakeep.workspace import folder_owners, job_files, publish, quarantine
from tests.commands.conftest import Home
from tests.sampling import each_row

DEEP = 100_000  # levels; Python's recursion limit is 1,000
DEEP_JSON = "[" * DEEP + "]" * DEEP
READERS = (
    ("music_queue_manager", "--show-summary"),
    ("music_queue_manager", "--validate-queue"),
    ("process_music_batch",),
    ("weekly_report",),
    ("media_dashboard", "--once"),
)


def nest_field(before: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, f'"planted": {DEEP_JSON}, {before}', 1))

    return change


def replace_by(create: Callable[[Path], None]) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.unlink(missing_ok=True)
        create(path)

    return change


def make_sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, untrusted_files.MAX_STATE_SIZE + 1)


def link_to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(nest_field('"kind"'), "nested too deeply", id="deep head"),
        pytest.param(nest_field('"status"'), "nested too deeply", id="deep item"),
        pytest.param(replace_by(link_to_device), "not a regular file", id="device"),
        pytest.param(replace_by(os.mkfifo), "not a regular file", id="pipe"),
        pytest.param(replace_by(Path.mkdir), "not a regular file", id="folder"),
        pytest.param(replace_by(make_sparse), "larger than", id="huge"),
    ],
)
def test_a_queue_that_cannot_be_read_is_named_and_rebuilt(
    home: Home, change: Callable[[Path], None], reason: str
) -> None:
    home.scan()
    items = home.snapshot()["artists"]
    path = home.queue / "processing_queue.json"
    change(path)
    for script, *words in READERS:
        done = home.call(script, *words)
        output = done.stdout + done.stderr
        assert (done.returncode, str(path) in output, reason in output) == (3, True, True), output
    assert "rebuilt" in home.ok("--repair")
    assert home.snapshot()["artists"] == items
    assert "valid" in home.ok("--validate-queue")


def test_a_refused_folder_is_closed(tmp_path: Path) -> None:
    def next_descriptor() -> int:
        with open(os.devnull) as stream:
            return stream.fileno()

    before = next_descriptor()
    with pytest.raises(OSError, match="not a regular file"):
        untrusted_files.open_regular_file(tmp_path)
    assert next_descriptor() == before


YAML_BOMB = "profiles:\n  a: &a0 {x: 1}\n" + "".join(
    f"  b{n}: &a{n + 1} {{p: *a{n}, q: *a{n}}}\n" for n in range(40)
)


@pytest.mark.long
@each_row(
    "suffix, content, reason",
    [
        ("toml", f"x = {DEEP_JSON}", "nested too deeply"),
        ("yaml", f"profiles: {DEEP_JSON}", "nested too deeply"),
        ("yaml", YAML_BOMB, "more than 100,000 values"),
        ("yaml", "profiles: &p\n  x: *p\n", "more than 100,000 values"),
        ("yaml", "profiles:\n  a: &a {}\n  b: {<<: *a}\n", "line 3 has a merge key (<<)"),
        (
            "yaml",
            "profiles:\n  a: &a {}\n  b:\n    ? <<\n    : *a\n",
            "line 4 has a merge key (<<)",
        ),
        ("yaml", "profiles:\n  a: &a {}\n  b: {!!merge k: *a}\n", "line 3 has a merge key (<<)"),
        (
            "toml",
            '"." = 1 # ..\n' + "a." * 20_000 + "a = 1",
            "line 2 has a name of more than 100 dotted parts",
        ),
        (
            "toml",
            'x = {a = """\n\' """", ' + "'a b' . " * 20_000 + "a = 1}",
            "line 2 has a name of more than 100 dotted parts",
        ),
        ("yaml", "#" * (untrusted_files.MAX_SETTINGS_SIZE + 1), "larger than"),
        ("toml", None, "not a regular file"),
        ("yaml", None, "not a regular file"),
    ],
)
def test_settings_that_cannot_be_read_are_named(
    tmp_path: Path, suffix: str, content: str | None, reason: str
) -> None:
    path = tmp_path / f"mediakeep.{suffix}"
    if content is None:
        link_to_device(path)
    else:
        path.write_text(content)
    words = ("--config", path) if suffix == "yaml" else ()
    done = Home(tmp_path, tmp_path).call("convert_albums", tmp_path, *words, "--dry-run")
    output = done.stdout + done.stderr
    assert (done.returncode, str(path) in output, reason in output) == (2, True, True), output


@pytest.mark.parametrize(
    "content",
    [
        'x = """\n' + "a." * 120 + '"""',
        "x = {" + ", ".join(f"a.b{number} = 1" for number in range(101)) + "}",
        f"x = [{', '.join(['1.5'] * 101)}]",
        "a." * 99 + "a = 1",
    ],
    ids=["text", "keys", "numbers", "parts"],
)
def test_settings_with_many_dots_are_read(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mediakeep.toml"
    path.write_text(content)
    assert untrusted_files.parse_settings(path, lambda data: tomllib.loads(data.decode()))


@each_row(
    "read, place, expected",
    [
        (review.count_reviews, review.FILE, None),
        (lambda folder: sessions.read_live_status(folder, "x"), "live/x.json", None),
        (folder_owners.read_owners, ".mediakeep-owners.json", ()),
        (lambda folder: chapter_files.find_own_file([folder]), "metadata.json", None),
        (lambda folder: audit_files.read_issues(folder / "x"), "x", Unreadable),
        (lambda folder: chapter_files.check_marks(folder / "x"), "x", UsageError),
        (job_files.SOURCE_FILES.load, "source.json", NotCopied),
        (lambda folder: publish.read_recorded_target(folder / "x"), "x", NotCopied),
        (quarantine.list_entries, f"{quarantine.FOLDER}/e/record.json", NotCopied),
    ],
    ids=str,
)
@pytest.mark.parametrize("create", [os.mkfifo, link_to_device])
def test_a_state_file_that_is_not_regular_is_missing_or_named(
    tmp_path: Path,
    create: Callable[[Path], None],
    read: Callable[[Path], object],
    place: str,
    expected: object,
) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name("content").touch()
    create(path)
    if isinstance(expected, type) and issubclass(expected, MediakeepError):
        with pytest.raises(expected, match="it is not a regular file"):
            read(tmp_path)
    else:
        assert read(tmp_path) == expected


def test_a_batch_replaces_a_review_list_that_is_not_a_file(home: Home) -> None:
    home.scan()
    path = home.path / review.FILE
    path.parent.mkdir(exist_ok=True)
    link_to_device(path)
    done = home.batch()
    assert "Traceback" not in done.stdout + done.stderr
    assert path.is_file()
