"""Albums right in the library's root, as "Artist - Album (Year)", looked up as nested ones are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mediakeep import path_text
from mediakeep.errors import MediakeepError
from mediakeep.media.audio import tags
from mediakeep_samples.music.track_files import read_seed_file
from tests.commands import covered, simulated_home
from tests.commands.simulated_home import SimulatedHome
from tests.music import shelf

Groups = dict[str, str]  # MBIDs of release groups, by "Artist/Album"


@pytest.mark.parametrize("albums", [6, pytest.param(40, marks=pytest.mark.slow)])
def test_a_flat_library_is_matched_as_the_nested_one_is(tmp_path: Path, albums: int) -> None:
    with simulated_home.open_home(tmp_path / "place", artists=albums // 2 + 2) as nested:
        folders = sorted(path for path in nested.music.glob("*/*") if path.is_dir())
        for path in folders[albums:]:
            shutil.rmtree(path)
        moved = {
            f"{path.parent.name} - {path.name} ({year(path)})": path for path in folders[:albums]
        }
        flat = SimulatedHome(tmp_path / "home", tmp_path / "flat", nested.server, nested.temporary)
        flat.path.mkdir()
        for name, path in moved.items():
            shutil.copytree(path, flat.music / name)
        flat.scan()
        nested.ok("--scan", nested.music, "--yes")  # some artists have no album any more
        wanted, requests = looked_up(nested)
        assert len(wanted) > 0.8 * albums
        found, more = looked_up(flat)
        table = flat.table.read_text() if flat.table.exists() else ""
    assert {place(moved[name]): group for name, group in found.items()} == wanted
    # Of an artist who is browsed once each further album takes a search for who it is.
    assert more <= requests + albums
    assert ",album,not owned," not in table  # other albums lie in folders of their own
    untouched = [name for name, one in flat.artists().items() if one["status"] != "completed"]
    assert (untouched, set(flat.artists())) == ([], {path_text.escape_path(name) for name in moved})


def place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def year(album: Path) -> str:
    for path in sorted(album.iterdir()):
        try:
            return tags.read(path).tags.date[0][:4]
        except (MediakeepError, IndexError):
            continue
    return "1999"


def looked_up(home: SimulatedHome) -> tuple[Groups, int]:
    """Run a batch; return what each album is, and how many requests that took."""
    before = len(home.server.requests)
    done = home.batch("--all")
    assert done.returncode == 0, done.stderr
    found: Groups = {}
    for path in sorted((home.path / "outputs").glob("*_audit.json")):
        audit = json.loads(path.read_bytes())
        name = path_text.unescape_path(audit["artist"])
        for one in audit.get("musicbrainz", {}).get("matches", ()):
            below = f"/{path_text.unescape_path(one['folder'])}" if one["folder"] else ""
            found[name + below] = one["release_group_mbid"]
    return {album: group for album, group in found.items() if group}, len(
        home.server.requests
    ) - before


def test_an_album_in_the_root_gets_its_cover_and_its_tags(tmp_path: Path) -> None:
    for desk in covered.made(tmp_path):
        covered.fill(desk)
        flat = desk.home.music / "Vera - Dawn (1974)"
        desk.album.rename(flat)
        desk.album.parent.rmdir()
        desk.home.scan()
        desk.ok("process_music_batch", "--all", "--cover-art", "both")
        assert (flat / "cover.png").exists()
        tracks = [tags.read(path).tags for path in sorted(flat.glob("*.mp3"))]
        assert [len(track.pictures) for track in tracks] == [1, 1, 1]
        group = desk.world.groups[0].id
        assert {track.musicbrainz_releasegroupid for track in tracks} == {(group,)}


def test_loose_tracks_beside_other_albums_are_matched_and_nothing_else_is_written(
    tmp_path: Path,
) -> None:
    for desk in covered.made(tmp_path):
        covered.fill(desk)
        artist = desk.album.parent
        for path in list(desk.album.iterdir()):
            path.rename(artist / path.name)
        desk.album.rmdir()
        other = shelf.put(artist / "Dusk" / "01.mp3", artist="Vera", albumartist="Vera", album="x")
        (artist / "folder.jpg").write_bytes(read_seed_file("cover.jpg"))
        desk.home.scan()
        desk.ok("process_music_batch", "--all")
        tracks = [tags.read(path).tags for path in sorted(artist.glob("*.mp3"))]
        assert len({track.musicbrainz_releasegroupid for track in tracks}) == 1
        assert tracks[0].musicbrainz_releasegroupid == (desk.world.groups[0].id,)
        assert [len(track.pictures) for track in tracks] == [0, 0, 0]  # it may show the artist
        assert not tags.read(other).tags.musicbrainz_releasegroupid
