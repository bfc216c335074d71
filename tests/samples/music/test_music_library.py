"""The sample library has exactly the defects that its manifest lists."""

from __future__ import annotations

import errno
import os
import resource
from dataclasses import replace
from importlib import resources
from pathlib import Path, PurePath

import mutagen
import pytest
from mutagen.mp3 import MP3

from mediakeep.errors import BadSetting, ItemFailed, UsageError
from mediakeep.sample_library import MARKER
from mediakeep_samples.music import music_defects, music_library
from mediakeep_samples.music.music_defects import PlantedDefect
from mediakeep_samples.music.music_library import MusicLibraryManifest
from mediakeep_samples.music.track_files import SOUND_NAMES
from mediakeep_simulator import sample_artists
from tests.sampling import each_row

IMAGES = (".jpg", ".png")
BROKEN = ("empty-file", "not-audio", "truncated-audio")
NEEDED = {
    "title": "missing-title",
    "artist": "missing-artist",
    "album": "missing-album",
    "date": "missing-date",
    "tracknumber": "missing-track-number",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> MusicLibraryManifest:
    return music_library.make_library(tmp_path_factory.mktemp("demo") / "music")


def artist_folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.name != MARKER]


def audio_files(root: Path) -> list[Path]:
    return [
        p
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.suffix not in IMAGES and p.name != MARKER
    ]


def contents(root: Path) -> dict[bytes, bytes]:
    paths = (p for p in root.rglob("*") if p.is_file() and p.name != MARKER)
    return {os.fsencode(p.relative_to(root)): p.read_bytes() for p in paths}


def opened(path: Path, easy: bool = True) -> mutagen.FileType | None:
    try:
        return mutagen.File(path, easy=easy)
    except mutagen.MutagenError:
        return None


def has_picture(path: Path) -> bool:
    audio = opened(path, easy=False)
    if audio is None:
        return False
    tags = audio.tags or {}
    names = ("APIC:Cover", "covr", "metadata_block_picture")
    return bool(getattr(audio, "pictures", None)) or any(name in tags for name in names)


def is_cut(data: bytes, suffix: str) -> bool:
    """Return whether audio is truncated, by the length that its format declares."""
    if suffix == ".mp3":  # LAME's header counts the bytes from the beginning of its own frame
        at = max(data.find(b"Xing"), data.find(b"Info"))
        return at > 0 and int.from_bytes(data[at + 12 : at + 16]) > len(data) - at + 36
    if suffix == ".flac":  # all blocks but the last are of one size, and the frames are numbered
        samples = int.from_bytes(data[18:26]) & 0xFFFFFFFFF
        last = data[data.rfind(b"\xff\xf8") + 4]
        return data[:4] == b"fLaC" and last + 1 < samples / int.from_bytes(data[10:12])
    if suffix == ".m4a":
        size, at = len(data), 0
        while data[4:8] == b"ftyp" and at < size:
            at += int.from_bytes(data[at : at + 4])
        return at > size
    last_page = data.rfind(b"OggS")
    segments = data[last_page + 27 :][: data[last_page + 26]] if last_page >= 0 else b""
    whole = last_page + 27 + len(segments) + sum(segments) == len(data)
    return last_page >= 0 and not (whole and data[last_page + 5] & 4)


def track_defects(path: Path) -> set[str]:
    audio, data = opened(path), path.read_bytes()
    if not data:
        return {"empty-file"}
    if is_cut(data, path.suffix):
        return {"truncated-audio"}
    if audio is None:
        return {"not-audio"}
    kinds = {kind for field, kind in NEEDED.items() if not audio.get(field)}
    texts = [audio[f][0] for f in ("title", "artist", "album", "albumartist") if audio.get(f)]
    if any(text != " ".join(text.split()) for text in texts):
        kinds.add("whitespace")
    if audio["genre"][0] in music_defects.PLACEHOLDERS:
        kinds.add("placeholder-genre")
    return kinds


def all_defects(root: Path) -> set[PlantedDefect]:
    paths = audio_files(root)
    defects = {
        PlantedDefect(kind, PurePath(path.relative_to(root)))
        for path in paths
        for kind in track_defects(path)
    }
    covered = {path.parent for path in paths if has_picture(path)}
    covered |= {path.parent for path in root.rglob("cover.*")}
    bare = {path.parent for path in paths if opened(path)} - covered
    return defects | {PlantedDefect("missing-cover", PurePath(p.relative_to(root))) for p in bare}


def test_the_manifest_lists_every_defect_and_no_other(demo: MusicLibraryManifest) -> None:
    assert all_defects(demo.root) == set(demo.planted)
    assert len(demo.planted) == len(set(demo.planted))


def test_every_kind_of_defect_is_planted_and_most_tracks_are_intact(
    demo: MusicLibraryManifest,
) -> None:
    assert {p.kind for p in demo.planted} == {
        *music_defects.TRACK_DEFECTS,
        music_defects.MISSING_COVER,
    }
    assert len(demo.planted) < demo.tracks / 5


def test_all_other_files_are_real_audio_of_different_lengths(demo: MusicLibraryManifest) -> None:
    broken = {demo.root / p.path for p in demo.planted if p.kind in BROKEN}
    healthy = [path for path in audio_files(demo.root) if path not in broken]
    lengths = [mutagen.File(path).info.length for path in healthy]
    assert len(lengths) > 100
    assert all(2 < length < 10 for length in lengths)
    assert len({round(length, 1) for length in lengths}) > 50
    assert {path.suffix for path in healthy} == {".mp3", ".m4a", ".flac", ".ogg", ".opus"}


def test_counts_match_the_files_on_disk(demo: MusicLibraryManifest) -> None:
    assert demo.tracks == len(audio_files(demo.root))
    assert demo.artists == len(artist_folders(demo.root))


def test_intact_tracks_have_all_tags(demo: MusicLibraryManifest) -> None:
    path = demo.root / "Salt_Pepper Choir" / "50_50" / "02 - 1_2.mp3"
    tags = {key: value[0] for key, value in mutagen.File(path, easy=True).items()}
    assert tags == {
        "title": "1/2",
        "artist": "Salt/Pepper Choir",
        "albumartist": "Salt/Pepper Choir",
        "album": "50/50",
        "date": "1989",
        "tracknumber": "2/5",
        "genre": "Gospel",
    }


def test_hostile_names_occur(demo: MusicLibraryManifest) -> None:
    names = {path.name for path in artist_folders(demo.root)}
    assert {"-Minus-", "..And Then Silence", "月曜日の灯台", "=Sum of Us"} <= names
    folds_case = (demo.root / "velvet harbour").exists()
    assert ("VELVET HARBOUR" in names) is not folds_case
    old_rip = os.listdir(os.fsencode(demo.root / "Ångström Kör" / "Café Brûlé"))
    latin, plain = ("04 - Garçon à l'Envers.mp3".encode(form) for form in ("latin-1", "utf-8"))
    assert latin in old_rip or plain in old_rip


@pytest.mark.parametrize("artists", [5, pytest.param(16, marks=pytest.mark.slow)])
def test_the_same_call_makes_the_same_bytes_and_another_seed_others(
    tmp_path: Path, artists: int
) -> None:
    made = {
        name: music_library.make_library(tmp_path / name, artists=artists) for name in ("a", "b")
    }
    other = music_library.make_library(tmp_path / "c", artists=artists, seed=2)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert made["a"] == replace(made["b"], root=made["a"].root)
    assert contents(tmp_path / "a") != contents(tmp_path / "c")
    assert made["a"].planted != other.planted


@pytest.mark.parametrize(
    ("artists", "tracks"), [(17, 340), pytest.param(20, 400, marks=pytest.mark.slow)]
)
def test_a_larger_library_has_the_requested_size_and_one_defect_in_twenty_tracks(
    tmp_path: Path, artists: int, tracks: int
) -> None:
    library = music_library.make_library(tmp_path, artists=artists, tracks=tracks)
    assert len(audio_files(tmp_path)) == library.tracks == tracks
    assert len(artist_folders(tmp_path)) == library.artists
    assert 0.04 < len(library.planted) / library.tracks < 0.07
    assert all_defects(tmp_path) == set(library.planted)


def test_a_single_artist_has_every_defect_and_intact_tracks(tmp_path: Path) -> None:
    library = music_library.make_library(tmp_path, artists=1)
    assert {p.kind for p in library.planted} == {
        *music_defects.TRACK_DEFECTS,
        music_defects.MISSING_COVER,
    }
    assert any(not track_defects(path) for path in audio_files(tmp_path))


@each_row(("artists", "count"), [(0, None), (14, 10), (14, 10_000), (20, 146)])
def test_impossible_numbers_are_rejected_before_anything_is_written(
    tmp_path: Path, artists: int, count: int | None
) -> None:
    with pytest.raises(BadSetting):
        music_library.make_library(tmp_path / "music", artists=artists, tracks=count)
    assert not (tmp_path / "music").exists()


def test_a_folder_with_files_is_rejected_and_unchanged(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        music_library.make_library(tmp_path)
    assert contents(tmp_path) == {b"mine.txt": b"mine"}


def test_a_file_in_place_of_the_folder_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "music").write_text("mine")
    with pytest.raises(UsageError, match="cannot be made"):
        music_library.make_library(tmp_path / "music")
    assert (tmp_path / "music").read_text() == "mine"


def test_a_write_error_is_reported_in_one_sentence(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(ItemFailed, match=r"stays unfinished: .*File too large"):
            music_library.make_library(tmp_path / "music")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_on_a_case_insensitive_file_system_the_twin_is_omitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(music_library, "_is_case_insensitive", lambda root, name: True)
    library = music_library.make_library(tmp_path)
    names = {path.name for path in artist_folders(tmp_path)}
    assert "Velvet Harbour" in names
    assert "VELVET HARBOUR" not in names
    assert library.artists == len(names) == sample_artists.DEFAULT_ARTISTS - 1
    assert all_defects(tmp_path) == set(library.planted)


def test_where_names_must_be_utf8_the_old_rip_gets_a_utf8_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []
    write = Path.write_bytes

    def strict(path: Path, data: bytes) -> int:
        if path.name.encode(errors="ignore").decode() != path.name:
            refused.append(path.name)
            raise OSError(errno.EILSEQ, os.strerror(errno.EILSEQ), str(path))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", strict)
    library = music_library.make_library(tmp_path)
    assert len(refused) == 1
    assert len(audio_files(tmp_path)) == library.tracks
    old_rip = tmp_path / "Ångström Kör" / "Café Brûlé"
    assert mutagen.File(old_rip / "04 - Garçon à l'Envers.mp3") is not None


def test_seeds_are_small_and_have_no_tags() -> None:
    folder = resources.files("mediakeep_samples.music") / "seeds"
    sizes = [len(entry.read_bytes()) for entry in folder.iterdir()]
    assert sum(sizes) < 150_000
    with resources.as_file(folder) as seeds:
        sounds = [path for path in seeds.iterdir() if path.suffix not in IMAGES]
        assert len(sounds) == 5 * len(SOUND_NAMES)
        assert [path.name for path in sounds if mutagen.File(path).tags] == []
        frames = [path.read_bytes()[:200] for path in seeds.glob("*.mp3")]
        assert all(b"Xing" in frame or b"Info" in frame for frame in frames)
        assert not any(MP3(path).info.sketchy for path in seeds.glob("*.mp3"))
