"""Sample movie libraries have common file names and exactly the planted defects."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pymediainfo import MediaInfo

from mediakeep.errors import UsageError
from mediakeep.media import pictures
from mediakeep_samples.movies import movie_library, video_files
from mediakeep_samples.movies.file_naming import LAYOUTS, Layout
from mediakeep_samples.movies.movie_library import MovieLibraryManifest
from mediakeep_simulator.tmdb import movie_catalogue
from mediakeep_simulator.tmdb.model import CatalogueMovie, MovieCatalogue
from tests.sampling import each_row
from tests.work import count_calls

COUNT = 60
VIDEOS = (".mkv", ".mp4", ".m4v")
KINDS = {*movie_library.PLANTERS, "duplicate-movie"}


@pytest.fixture(scope="module")
def known() -> MovieCatalogue:
    return movie_catalogue.generate_catalogue(movie_catalogue.DEFAULT_MOVIES)


@pytest.fixture(scope="module")
def libraries(
    known: MovieCatalogue, tmp_path_factory: pytest.TempPathFactory
) -> dict[Layout, MovieLibraryManifest]:
    root = tmp_path_factory.mktemp("libraries")
    return {
        layout: movie_library.make_library(root / layout, known, COUNT, layout)
        for layout in LAYOUTS
    }


@pytest.fixture(scope="module")
def films(known: MovieCatalogue) -> dict[int, CatalogueMovie]:
    return {film.id: film for film in known.films}


def defect_path(library: MovieLibraryManifest, kind: str) -> Path:
    """Return the path with the defect of a kind."""
    (place,) = (defect.place for defect in library.planted if defect.kind == kind)
    return library.root / place


def find_video(where: Path) -> Path:
    """Return the first video of a movie, which is a file or a folder."""
    if where.is_file():
        return where
    paths = (path for path in where.iterdir() if path.suffix in VIDEOS)
    return min(path for path in paths if not path.stem.endswith("-trailer"))


def find_sidecar(where: Path, ending: str) -> Path:
    """Return the file with an ending next to a video, or in the folder of a movie."""
    folder = where.parent if where.is_file() else where
    stem = where.stem if where.is_file() else ""
    (path,) = (p for p in folder.iterdir() if p.name.endswith(ending) and stem in p.name)
    return path


def read_media_info(where: Path) -> MediaInfo:
    return MediaInfo.parse(find_video(where))


@each_row("layout", LAYOUTS)
def test_items_are_distinct_and_each_defect_is_planted_once(
    libraries: dict[Layout, MovieLibraryManifest], layout: Layout
) -> None:
    library = libraries[layout]
    places = [item.place for item in library.items]
    assert len(set(places)) == len(places) == COUNT
    assert all(find_video(library.root / place).stat().st_size for place in places)
    assert {(library.root / place).is_file() for place in places} == {layout == "flat"}
    assert Counter(defect.kind for defect in library.planted) == dict.fromkeys(KINDS, 1)
    assert {defect.place for defect in library.planted} <= set(places)


@each_row("layout", LAYOUTS)
def test_videos_last_as_long_as_the_movies(
    libraries: dict[Layout, MovieLibraryManifest], layout: Layout, films: dict[int, CatalogueMovie]
) -> None:
    library = libraries[layout]
    damaged = {defect.place for defect in library.planted}
    for item in library.items[:20]:
        where = library.root / item.place
        if (
            item.place in damaged
            or not films[item.tmdb_id].runtime
            or "cd1" in find_video(where).name
        ):
            continue
        (general,) = read_media_info(where).general_tracks
        assert abs(general.duration / 60_000 - films[item.tmdb_id].runtime) < 1, item


def test_the_same_seed_gives_the_same_library(known: MovieCatalogue, tmp_path: Path) -> None:
    first = movie_library.make_library(tmp_path / "a", known, 20)
    again = movie_library.make_library(tmp_path / "b", known, 20)
    other = movie_library.make_library(tmp_path / "c", known, 20, seed=2)
    assert (first.items, first.planted) == (again.items, again.planted)
    assert first.items != other.items
    for path in (tmp_path / "a").rglob("*"):
        twin = tmp_path / "b" / path.relative_to(tmp_path / "a")
        assert path.is_dir() or path.read_bytes() == twin.read_bytes()


def test_file_names_have_all_common_styles(known: MovieCatalogue, tmp_path: Path) -> None:
    library = movie_library.make_library(tmp_path / "flat", known, 150)
    names = " | ".join(item.place for item in library.items)
    for part in ("[tmdbid-", "{imdb-tt", ".1080p.BluRay.", "{edition-", "_and_the_", " - cd1", "ü"):
        assert part in names, part
    assert "u\u0308" in names  # in two characters, as macOS has it
    assert {Path(item.place).suffix for item in library.items} == set(VIDEOS)


def test_jellyfin_and_kodi_layouts_have_their_own_sidecars(
    libraries: dict[Layout, MovieLibraryManifest],
) -> None:
    jellyfin, kodi = libraries["jellyfin"].root, libraries["kodi"].root
    for pattern in ("*/movie.nfo", "*/poster.jpg", "*/backdrop.jpg", "*/extras/*.mp4"):
        assert list(jellyfin.glob(pattern)), pattern
    assert list(jellyfin.glob("* - 720p.mkv")) == []
    assert list(jellyfin.glob("*/* - 720p.mkv"))
    ids = [ElementTree.parse(nfo).findtext("tmdbid") for nfo in jellyfin.glob("*/movie.nfo")]
    assert len([tmdb_id for tmdb_id in ids if tmdb_id]) >= len(ids) - 1  # one is a planted defect
    for poster in kodi.glob("*/*-fanart.jpg"):
        assert pictures.read_picture_info(poster) == ("image/jpeg", 1920, 1080)
        assert poster.with_name(poster.name.replace("-fanart.jpg", ".nfo")).exists()


@each_row("layout", LAYOUTS)
def test_planted_names_have_their_defects(
    libraries: dict[Layout, MovieLibraryManifest],
    layout: Layout,
    films: dict[int, CatalogueMovie],
    known: MovieCatalogue,
) -> None:
    library = libraries[layout]
    items = {library.root / item.place: item.tmdb_id for item in library.items}
    for kind in ("no-match", "ambiguous-match", "name-not-parsed"):
        assert items[defect_path(library, kind)] == 0
    ambiguous = defect_path(library, "ambiguous-match")
    title = ambiguous.stem if ambiguous.is_file() else ambiguous.name
    assert len([film for film in known.films if film.title.replace(": ", " - ") == title]) > 1
    assert any(
        f"tmdbid-{gone}]" in defect_path(library, "removed-id").name for gone in known.removed
    )
    conflict = defect_path(library, "id-conflict")
    text = ElementTree.parse(find_sidecar(conflict, ".nfo")).findtext("uniqueid")
    assert text == str(items[conflict])
    assert f"tmdb-{text}" not in conflict.name
    wrong = films[items[defect_path(library, "wrong-year")]]
    assert f"({int(wrong.release_date[:4]) - 3})" in defect_path(library, "wrong-year").name
    doubled = items[defect_path(library, "duplicate-movie")]
    assert list(items.values()).count(doubled) == 2
    orphaned = defect_path(library, "orphan-sidecar")
    folder = orphaned.parent if layout == "flat" else orphaned
    (left,) = folder.glob("*.en.srt")
    assert not any(left.name.startswith(path.stem) for path in folder.glob("*.m*"))


@each_row("layout", LAYOUTS)
def test_planted_videos_have_their_defects(
    libraries: dict[Layout, MovieLibraryManifest], layout: Layout, films: dict[int, CatalogueMovie]
) -> None:
    library = libraries[layout]
    assert not read_media_info(defect_path(library, "no-audio")).audio_tracks
    assert read_media_info(defect_path(library, "low-resolution")).video_tracks[0].height == 270
    silent = read_media_info(defect_path(library, "missing-subtitles"))
    assert [track.language for track in silent.audio_tracks] == ["sv"]
    assert not silent.text_tracks
    short = defect_path(library, "runtime-differs")
    items = {item.place: item.tmdb_id for item in library.items}
    runtime = films[items[str(short.relative_to(library.root))]].runtime
    assert read_media_info(short).general_tracks[0].duration / 60_000 == pytest.approx(
        0.7 * runtime, abs=1
    )
    cut = read_media_info(defect_path(library, "truncated-video"))
    assert cut.general_tracks[0].istruncated == "Yes" or not cut.video_tracks


@each_row("layout", LAYOUTS)
def test_planted_sidecars_have_their_defects(
    libraries: dict[Layout, MovieLibraryManifest], layout: Layout
) -> None:
    library = libraries[layout]
    scene = find_sidecar(defect_path(library, "scene-nfo"), ".nfo").read_bytes()
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(scene)
    edited = ElementTree.parse(find_sidecar(defect_path(library, "edited-nfo"), ".nfo")).getroot()
    assert edited.findtext("shelfmark") == "B-17"
    assert edited.findtext("playcount") == "2"
    locked = ElementTree.parse(find_sidecar(defect_path(library, "locked-nfo"), ".nfo")).getroot()
    assert locked.findtext("lockdata") == "true"
    poster = find_sidecar(defect_path(library, "corrupt-image"), "poster.jpg").read_bytes()
    assert not poster.endswith(b"\xff\xd9")


def test_a_small_library_has_intact_movies_too(known: MovieCatalogue, tmp_path: Path) -> None:
    library = movie_library.make_library(tmp_path / "three", known, 3)
    assert len(library.items) == 3
    assert len(library.planted) == 2


def test_169_movies_are_made_quickly(known: MovieCatalogue, tmp_path: Path) -> None:
    make = partial(movie_library.make_library, tmp_path / "all", known, 169, "kodi")
    count_calls(make, 3_000_000)


def test_folders_with_files_and_too_many_movies_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious.mkv").touch()
    with pytest.raises(UsageError, match="not empty"):
        movie_library.make_library(tmp_path / "mine", movie_catalogue.generate_catalogue(), 3)
    with pytest.raises(UsageError, match="Cannot create 13 movies"):
        movie_library.make_library(tmp_path / "new", movie_catalogue.generate_catalogue(), 13)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["precious.mkv"]
    assert not (tmp_path / "new").exists()


def test_without_pyav_nothing_is_written_and_the_error_names_the_extra(
    known: MovieCatalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_files, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r'pip install "mediakeep\[video\]"'):
        movie_library.make_library(tmp_path / "new", known, 3)
    assert not (tmp_path / "new").exists()
