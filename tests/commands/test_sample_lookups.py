"""The sample library, looked up in its own catalogue: all that the demo is to show comes out."""

from __future__ import annotations

import contextlib
import json
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mediakeep import path_text
from mediakeep.errors import MediakeepError
from mediakeep.media.audio import tags
from mediakeep_samples.music import music_library
from mediakeep_samples.music.music_defects import MISSING_COVER
from mediakeep_samples.music.music_library import MusicLibraryManifest
from mediakeep_simulator import sample_artists
from tests.commands import simulated_home

Found = dict[str, Counter[str]]  # places by the kind of issue


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> MusicLibraryManifest:
    return music_library.make_library(tmp_path_factory.mktemp("again") / "music")


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Found]:
    """Work through a library of the same seed; give it, and what its audits tell."""
    with simulated_home.open_home(
        tmp_path_factory.mktemp("sample"), sample_artists.DEFAULT_ARTISTS
    ) as home:
        home.batch("--all")
        return home.music, issues(home.path / "outputs")


def issues(outputs: Path) -> Found:
    found: Found = defaultdict(Counter)
    for path in outputs.glob("*_audit.json"):
        audit: dict[str, Any] = json.loads(path.read_bytes())
        for one in audit["issues"]:
            found[one["kind"]][f"{audit['key']}/{one['path'] or one['album']}"] += 1
    return found


@pytest.mark.long
def test_what_only_look_ups_find_is_found_and_nothing_else(
    music: tuple[Path, Found], planted: MusicLibraryManifest
) -> None:
    for kind in sample_artists.LOOKUP_DEFECTS:
        hidden = Counter(
            path_text.escape_path(defect.path)
            for defect in planted.lookup_defects
            if defect.kind == kind
        )
        assert music[1][kind] == hidden, kind
        assert hidden, kind


def test_albums_that_the_catalogue_lacks_are_told_and_no_other(music: tuple[Path, Found]) -> None:
    assert music[1]["not-on-musicbrainz"] == Counter(
        f"{artist.name}/{album.title}".replace("Salt/Pepper", "Salt_Pepper")
        for artist in sample_artists.generate_artists(
            sample_artists.DEFAULT_ARTISTS, None, Random(1)
        )
        for album in artist.albums
        if not album.known
    )


def test_a_sign_in_the_tags_makes_an_edition_certain_and_others_are_tied(
    music: tuple[Path, Found],
) -> None:
    root, found = music
    certain = set()
    for path in (path for path in root.rglob("[0-9]*.*") if path.is_file()):
        with contextlib.suppress(MediakeepError):  # some are no audio
            certain |= {path.parent} if tags.read(path).tags.musicbrainz_albumid else set()
    tied = {root / place for place in found["tied-editions"]}
    signed = {
        root / artist.name.replace("/", "_") / album.title.replace("/", "_")
        for artist in sample_artists.generate_artists(
            sample_artists.DEFAULT_ARTISTS, None, Random(1)
        )
        for album in artist.albums
        if album.sign
    }
    assert signed <= certain
    assert len(tied) > 5
    assert not tied & certain


def test_a_missing_cover_is_put_in_where_the_catalogue_has_one(
    music: tuple[Path, Found], planted: MusicLibraryManifest
) -> None:
    bare = [one.path for one in planted.planted if one.kind == MISSING_COVER]
    left = music[1][MISSING_COVER]
    assert any(path_text.escape_path(path) not in left for path in bare)
