"""No library of movies is a trap: odd names, links, lost rights, many files, any tree at all."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediakeep import path_text
from mediakeep.errors import MediakeepError, Unreadable
from mediakeep.item import ScannedItem
from mediakeep.media import folder_listing, ignore_rules
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.scan import file_types, library_scan
from tests import memory_folder
from tests.music import shelf
from tests.sampling import tried


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def put(root: Path, *places: str) -> None:
    for place in places:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).touch()


def read(root: Path, item: ScannedItem) -> LocalMovie:
    movie = library_scan.read_movie(Path(path_text.unescape_path(item.path)), item.key, root)
    assert movie.fingerprint == item.fingerprint
    return movie


# Any tree

WORDS = ("Heat", "Heat (1995)", "heat", "Alien", "Alien 3", "cd1", "CD2", "VIDEO_TS", "BDMV", "a",
         "extras", "trailers", "Shorts", "sample", "Subs", "Heat (1995) - 4K", "Heat cd1",
         "Heat cd2", "Heat part 1", "Heat part 2", "Heat-trailer", "Heat-other", "x-sample",
         "Heat-poster", "poster", "movie", "Heat.en", "index", "#recycle", ".hidden",
         "...")  # fmt: skip
SUFFIXES = (".mkv", ".avi", ".MKV", ".nfo", ".jpg", ".srt", ".vob", ".bdmv", ".ifo", ".txt", "",
            "-metadata.json", ".mediakeep-lock")  # fmt: skip
FILES = st.builds(
    lambda above, stem, suffix: "/".join([*above, f"{stem}{suffix}"]),
    st.lists(st.sampled_from(WORDS), max_size=3),
    st.sampled_from(WORDS),
    st.sampled_from(SUFFIXES),
)


@tried(20)
@given(st.lists(FILES, max_size=14))
def test_in_any_tree_each_video_belongs_to_one_movie_or_is_loose(tree: list[str]) -> None:
    with tempfile.TemporaryDirectory(dir=memory_folder.temporary_parent()) as name:
        root = Path(name)
        for place in tree:
            try:
                put(root, place)
            except OSError:  # a file and a folder of one name
                continue
        check(root)


def check(root: Path) -> None:
    movies = list(library_scan.find_movies(root))
    assert [one.key for one in movies] == sorted({one.key for one in movies})
    counts: Counter[str] = Counter()
    for item in movies:
        movie = read(root, item)
        assert item.fields["file_count"] == (len(movie.videos) or 1)
        assert movie.disc or movie.videos
        below = os.path.relpath(movie.root, root)
        videos = [video.place for video in movie.videos]
        counts.update(os.path.normpath(f"{below}/{place}") for place in videos)
        counts.update(
            os.path.normpath(f"{below}/{place}") for place in (*movie.extras, *movie.samples)
        )
        if movie.disc:
            counts.update(inside_disc(root, Path(movie.root), counts))
    assert all(count == 1 for count in counts.values()), counts
    assert sum(counts.values()) + len(library_scan.find_unassigned_files(root)[0]) == sum(
        1 for _ in videos_of(root)
    )


def inside_disc(root: Path, folder: Path, counts: Counter[str]) -> Iterator[str]:
    """The videos that a copy of a disc consists of are not listed one by one."""
    for path in videos_of(folder):
        place = str(path.relative_to(root))
        inside = {"video_ts", "bdmv"} & set(str(path).lower().split("/"))
        if place not in counts and (inside or path.suffix in file_types.DISC_STREAM_SUFFIXES):
            yield place


def videos_of(top: Path) -> Iterator[Path]:
    """All videos below a folder but those in hidden and foreign folders."""
    past = {".hidden", *file_types.SKIPPED_FOLDERS, *ignore_rules.SYSTEM_FOLDERS}
    for above, folders, names in os.walk(top):
        folders[:] = [folder for folder in folders if folder.lower() not in past]
        seen = [name for name in names if name[0] != "." or name.startswith("..")]
        yield from (
            Path(above) / name
            for name in seen
            if Path(name).suffix.lower() in file_types.VIDEO_SUFFIXES
        )


def test_a_tree_of_every_word_is_read(tmp_path: Path) -> None:
    for folder, stem in itertools.product(("Heat", "VIDEO_TS", "cd1", "Shorts"), WORDS[:24]):
        put(tmp_path, f"{folder}/{stem}.mkv", f"{folder}/{stem}/{stem}.avi", f"{folder}/{stem}.nfo")
    check(tmp_path)


# Odd names, links, rights


def test_names_of_every_kind_are_read_and_written_as_valid_text(tmp_path: Path) -> None:
    latin = shelf.odd_name(tmp_path)
    odd = ("new\nline", "-rf", "'\"`$(x)", "a\\b", "\x1b[31m", latin, "=cmd", "%s", "{0}")
    for name in odd:
        put(tmp_path, f"{name}.mkv", f"{name} x/{name}.mkv")
    put(tmp_path, f"{'n' * 250}.mkv")
    movies = list(library_scan.find_movies(tmp_path))
    assert len(movies) == 2 * len(odd) + 1
    for item in movies:
        assert item.key.encode()
        movie = read(tmp_path, item)
        root = Path(path_text.unescape_path(movie.root))
        assert all((root / path_text.unescape_path(v.place)).is_file() for v in movie.videos)
        assert movie.name.title.encode().decode() == movie.name.title


def test_links_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    root = tmp_path / "library"
    put(root, "Heat/Heat.mkv")
    put(tmp_path, "elsewhere/Alien.mkv")
    (root / "Alien").symlink_to(tmp_path / "elsewhere")
    (root / "Alien again").symlink_to(tmp_path / "elsewhere")
    (root / "Heat" / "up").symlink_to(root)
    (root / "Heat" / "self").symlink_to("self")
    (root / "gone.mkv").symlink_to("nowhere")
    assert [movie.key for movie in library_scan.find_movies(root)] == ["Alien", "Heat", "gone.mkv"]
    for movie in library_scan.find_movies(root):
        read(root, movie)


def test_a_folder_without_rights_is_reported_and_not_taken_for_empty(public: Path) -> None:
    put(public, "Heat/Heat.mkv", "Alien/Subs/Alien.srt", "Alien/Alien.mkv", "Ran.mkv")
    healthy = {movie.key: movie.fingerprint for movie in library_scan.find_movies(public)}
    with shelf.deny_access(public / "Heat"):
        movies = {movie.key: movie for movie in library_scan.find_movies(public)}
    assert set(movies) == {"Alien", "Heat", "Ran.mkv"}
    assert movies["Heat"].fields == {"file_count": 0}
    assert movies["Heat"].fingerprint == library_scan.UNREADABLE_FINGERPRINT
    with shelf.deny_access(public / "Alien" / "Subs"):
        movies = {movie.key: movie for movie in library_scan.find_movies(public)}
        with pytest.raises(Unreadable, match=r"Subs: Permission denied\. .*chmod"):
            library_scan.read_movie(public / "Alien", "Alien", public)
    assert movies["Alien"].fingerprint == library_scan.UNREADABLE_FINGERPRINT
    assert movies["Ran.mkv"].fingerprint == healthy["Ran.mkv"]


def test_a_library_that_refuses_is_an_error(public: Path) -> None:
    with shelf.deny_access(public), pytest.raises(MediakeepError, match="Permission denied"):
        library_scan.find_movies(public)


def test_a_very_deep_tree_is_read(tmp_path: Path) -> None:
    put(tmp_path, f"{'d/' * 900}Heat.mkv")
    (movie,) = library_scan.find_movies(tmp_path)
    assert movie.key.endswith("d/d")


# Large flat folders


class Clock:
    """A clock that the test sets, in place of the module `time`."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of listings, each of which takes a second."""
    clock_, right_in = Clock(), library_scan.folder_listing.list_folder

    def slow(path: Path, ignored: tuple[str, ...]) -> folder_listing.ListedFolder:
        clock_.now += 1.0
        return right_in(path, ignored)

    monkeypatch.setattr(library_scan, "time", clock_)
    monkeypatch.setattr(
        library_scan, "folder_listing", mock.Mock(wraps=folder_listing, list_folder=slow)
    )
    return clock_


@pytest.mark.parametrize("worth", [20, pytest.param(0, marks=pytest.mark.slow)])
def test_a_large_folder_is_listed_once_for_many_movies(
    memory: Path, clock: Clock, worth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_scan, "_LIFETIME_FACTOR", worth)
    for number in range(1500):
        (memory / f"Some Title {number} (1999).mkv").touch()
    movies = list(library_scan.find_movies(memory))
    listed, scandir = [], os.scandir

    def noted(path: Any = ".") -> Any:
        listed.append(os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", noted)
    for item in movies[:150]:
        clock.now += 0.5
        movie = read(memory, item)
        for tail in (".nfo", "-metadata.json", "-poster.jpg"):
            (memory / f"{movie.base}{tail}").touch()
        movie = library_scan.read_movie(memory / item.key, item.key, memory)
        assert (len(movie.nfos), len(movie.images)) == (1, 1)
        assert movie.metadata_file
    # A listing serves for 20 seconds, thus for 40 movies; without that each of 300 looks needs one.
    assert listed == [str(memory)] * (4 if worth else 300)


def test_what_is_known_of_a_large_folder_is_not_believed_for_long(
    memory: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_scan, "_MIN_CACHED_FILES", 1)  # else it takes a thousand files
    put(memory, "Heat.mkv", "Alien.mkv", "Ran.mkv")
    read(memory, next(library_scan.find_movies(memory)))
    put(memory, "Heat.en.srt")
    assert not library_scan.read_movie(memory / "Heat.mkv", "Heat.mkv", memory).subtitles
    clock.now += 20.0
    assert len(library_scan.read_movie(memory / "Heat.mkv", "Heat.mkv", memory).subtitles) == 1
    (memory / "Heat.nfo").symlink_to("/none.nfo")
    for links, nfos in {"follow": ("Heat.nfo",), "refuse": ()}.items():
        patterns = ignore_rules.parse_settings("", links)
        assert library_scan.read_movie(memory / "Heat.mkv", "x", memory, patterns).nfos == nfos
    (memory / "Heat.mkv").unlink()
    with pytest.raises(Unreadable):
        library_scan.read_movie(memory / "Heat.mkv", "Heat.mkv", memory)
