"""Without a home, a user at a terminal is asked for a folder and told two commands."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mediakeep.app import library_guess
from mediakeep.app.library_guess import ALBUMS, ARTISTS, BOOKS, MOVIES
from tests.commands.conftest import environment
from tests.music import shelf
from tests.sampling import each_row
from tests.scripts import SCRIPTS
from tests.vt import Terminal

# Files of a library, a genre of their tags, and what it holds.
LIBRARIES = [
    (["U2/Boy/1.mp3", "U2/War/CD 1/1.mp3", "Vera/Dawn/1.mp3"], "Rock", {ARTISTS: 2}),
    (["Boy/1.mp3", "War/CD 1/1.mp3", "War/CD 2/1.mp3"], "Rock", {ALBUMS: 2}),
    (["Ulysses/1.mp3", "Emma/CD1/1.mp3"], "Audiobook", {BOOKS: 2}),
    (["Joyce/Ulysses/1.mp3", "Joyce/Dubliners/1.mp3"], "Hörbuch", {BOOKS: 2}),
    (["Emma/Emma.m4b", "Persuasion.m4b"], "", {BOOKS: 2}),
    (["Heat (1995)/Heat.mkv", "Ran (1985)/CD1/a.avi", "Alien.mp4"], "", {MOVIES: 3}),
    (["Heat (1995)/Heat.mkv", ".trash/Boy/1.mp3", "@eaDir/1.mp3", "notes.txt"], "", {MOVIES: 1}),
    (["Heat/Heat.mkv", "Heat/Heat-trailer.mkv", "Heat/a.mkv"], "", {MOVIES: 1}),
    (["Films/Heat.mkv", "Films/Ran.mkv", "Films/Alien.mkv"], "", {}),  # their folder is the library
    (["notes.txt"], "", {}),
]


def fill(folder: Path, files: list[str], genre: str) -> None:
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".mp3":
            shelf.put(path, genre=genre)
        else:
            path.touch()


@each_row("files, genre, content", LIBRARIES)
def test_what_a_folder_holds_is_found(
    files: list[str], genre: str, content: dict[str, int], tmp_path: Path
) -> None:
    fill(tmp_path, files, genre)
    assert dict(library_guess.guess_content(tmp_path)) == content


@each_row(
    ("files", "is_above"),
    [
        (["Loose/Boy/1.mp3", "Films/Heat/Heat.mkv", "Films/Ran/Ran.mkv"], True),
        (["U2/Boy/1.mp3", "Vera/Dawn/1.mp3", "Compilations/Vera/Dusk/1.mp3"], False),
        (["Heat/Heat.mkv", "Ran/Ran.mkv", "Alien/Alien.mkv"], False),
        (["U2/Boy/1.mp3", *(f"Classical/{name}/Mass/1.mp3" for name in "ABC")], False),
    ],
)
def test_a_folder_above_libraries_is_none(files: list[str], is_above: bool, tmp_path: Path) -> None:
    fill(tmp_path, files, "Rock")
    counts = library_guess.guess_content(tmp_path)
    assert counts
    assert library_guess.is_above_libraries(tmp_path, counts) is is_above


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has installed mediakeep, and has no home."""
    package = tmp_path / "site"
    package.mkdir()
    (package / "mediakeep").symlink_to(SCRIPTS / "mediakeep")
    return environment({"PYTHONPATH": str(package), "HOME": str(tmp_path / "me")})


@pytest.mark.long
@each_row("typed", ["{}", "'{}'", "{0.parent}/above/../my\\ music "])
def test_the_next_two_commands_are_told_and_work(
    tmp_path: Path, installed: dict[str, str], typed: str
) -> None:
    library = tmp_path / "my music"
    films = tmp_path / "above" / "Films"
    fill(films, ["Heat (1995)/Heat.mkv", "Ran (1985)/Ran.mkv"], "")
    fill(library, ["U2/Boy/1.mp3", "Vera/Dawn/1.mp3", "Heat/Heat.mkv"], "Rock")
    command = [sys.executable, "-c", f"import os; os.chdir({str(tmp_path)!r}); {_RUN}"]
    with Terminal(command, installed, 120) as terminal:
        terminal.until(lambda _: "Which folder holds" in terminal.screen.printed)
        terminal.type(b"nowhere\n")
        terminal.until(lambda _: "is not a folder" in terminal.screen.printed)
        terminal.type(f"{tmp_path / 'above'}\n".encode())
        terminal.until(lambda _: "Give one of them." in terminal.screen.printed)
        terminal.type(f"{typed.format(library)}\n".encode())
        terminal.until(lambda _: "export MEDIAKEEP_HOME=" in terminal.screen.printed)
        assert terminal.end() == 0
        told = terminal.screen.printed
    home = Path(installed["HOME"]) / "mediakeep"
    assert "above holds no music, movies or audiobooks. Below it: " in told.replace("\n", " ")
    assert "Films (2 movies)" in told
    assert "my music holds 2 artists, 1 movie. Next:" in told
    first = f"python -m mediakeep scan --home {home} '{library}'"
    assert first in told
    assert f"python -m mediakeep batch --home {home} --dry-run" in told
    assert not home.exists()
    words = [sys.executable, *shlex.split(first)[1:]]
    done = subprocess.run(words, env=installed, capture_output=True, text=True, cwd=tmp_path)
    assert "New queue: 2 artists" in done.stdout, done.stderr
    shutil.rmtree(home)


_RUN = "from mediakeep.commands.main import run; run([])"


def test_without_a_terminal_the_error_is_the_usual_one(
    tmp_path: Path, installed: dict[str, str]
) -> None:
    shown = {("batch",): "scan PATH --home DIR (", ("scan", "my music"): "scan 'my music' --home"}
    for words, hint in shown.items():
        command = [sys.executable, "-m", "mediakeep", *words]
        done = subprocess.run(
            command, env=installed, capture_output=True, text=True, cwd=tmp_path, input=""
        )
        assert done.returncode == 2
        assert done.stderr.startswith("No mediakeep home found. Create one with: ")
        assert f"mediakeep {hint}" in done.stderr


def test_other_commands_than_scan_name_the_error_at_a_terminal_too(
    tmp_path: Path, installed: dict[str, str]
) -> None:
    run = "from mediakeep.commands.main import run; run(['queue', 'reset', 'A', 'B'])"
    command = [sys.executable, "-c", f"import os; os.chdir({str(tmp_path)!r}); {run}"]
    with Terminal(command, installed, 120) as terminal:
        assert terminal.end() == 2
        assert "No mediakeep home found" in terminal.screen.printed


@pytest.mark.long
def test_a_home_that_nothing_named_is_told_first(tmp_path: Path) -> None:
    checkout, music = tmp_path / "checkout", tmp_path / "music"
    (checkout / "utilities").mkdir(parents=True)
    (checkout / "pyproject.toml").touch()
    (checkout / "utilities" / "mediakeep").symlink_to(SCRIPTS / "mediakeep")
    fill(music, ["Vera/Dawn/1.mp3"], "Rock")
    env = environment({"PYTHONPATH": str(checkout / "utilities")})

    def run(*words: object, cwd: Path = tmp_path) -> list[str]:
        command = [sys.executable, "-m", "mediakeep", *map(str, words)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return done.stderr.splitlines()

    line = f"Home: {checkout}, library: {music}"
    assert run("scan", music) == [line]
    assert run("batch", "--workers", 1)[0] == line
    assert run("batch", "--workers", 1, "-q") == []
    assert run("batch", "--workers", 1, "--home", checkout) == []
    assert run("batch", "--workers", 1, cwd=checkout) == []
