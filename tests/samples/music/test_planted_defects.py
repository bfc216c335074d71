"""In a sample library of any size exactly the planted defects are diagnosed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mediakeep import path_text
from mediakeep.media.audio import essence
from mediakeep.music import diagnose, duplicate_audio, scan
from mediakeep_samples.music import music_library
from mediakeep_simulator import sample_artists
from tests.sampling import some

# What is true of healthy albums, too, and of some names in the catalogue.
NOTES = {"external-cover-not-embedded", "mixed-formats", "name-not-portable"}


def check(root: Path, artists: int, tracks: int | None, seed: int) -> None:
    manifest = music_library.make_library(root, artists=artists, tracks=tracks, seed=seed)
    expected = Counter(
        (defect.kind, path_text.escape_path(defect.path)) for defect in manifest.planted
    )
    counts: Counter[tuple[str, str]] = Counter()
    for item in scan.find_artists(root):
        read = duplicate_audio.add_essence_hashes(
            scan.read_artist(Path(path_text.unescape_path(item.path))), essence.compute_audio_hash
        )
        for issue in diagnose.find_issues(read, item.key):
            if diagnose.needs_decision(issue):
                counts[(issue.kind, f"{item.key}/{issue.path or issue.album}")] += 1
            else:
                assert issue.kind in NOTES, issue
    assert counts == expected


@pytest.mark.parametrize("seed", some(range(1, 6), 5))
def test_the_library_of_the_demo(tmp_path: Path, seed: int) -> None:
    check(tmp_path, sample_artists.DEFAULT_ARTISTS, None, seed)


@pytest.mark.parametrize(
    ("artists", "tracks", "seed"),
    some([(54, 193, 2), (70, 1500, 1), (214, 448, 6), (94, 258, 4)], 4),
)
def test_libraries_of_short_and_of_long_albums(
    tmp_path: Path, artists: int, tracks: int, seed: int
) -> None:
    check(tmp_path, artists, tracks, seed)


@pytest.mark.slow
@pytest.mark.parametrize("artists", [250, 930])
def test_large_libraries(tmp_path: Path, artists: int) -> None:
    check(tmp_path, artists, None, 1)
