"""Albums whose tracks get other tags or another sound after they were published."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import mutagen
import pytest
from mutagen.flac import FLAC, Picture

from mediakeep.albums import measure_loudness
from mediakeep.item import Status
from mediakeep.media.audio import essence
from mediakeep.media.encoding import encoder
from mediakeep_samples.music import track_files
from tests import job_home, job_kinds
from tests.albums.test_albums import ALBUM
from tests.job_kinds import AlbumHome
from tests.sampling import each_row

COVER = track_files.read_seed_file("cover.jpg")


def list_audio(albums: AlbumHome) -> dict[str, str]:
    tracks = sorted((albums.output / ALBUM).glob("[!.]* T.*"))
    return {path.stem: essence.compute_audio_hash(path) for path in tracks}


def list_gains(albums: AlbumHome) -> Iterator[list[str]]:
    for path in sorted((albums.output / ALBUM).glob("[!.]* T.*")):
        items = sorted(mutagen.File(path).items())  # mutagen gives no order
        yield [f"{name} {value}" for name, value in items if "gain" in name.lower()]


def find_track(albums: AlbumHome, number: int) -> Path:
    return albums.library / ALBUM / f"{number:02} T.flac"


def change_tags(albums: AlbumHome) -> None:
    """Give the first track another title and a picture."""
    track, picture = FLAC(find_track(albums, 1)), Picture()
    track["title"] = ["Other"]
    picture.type, picture.mime, picture.data = 3, "image/jpeg", COVER
    track.add_picture(picture)
    track.save()


def rename_track(albums: AlbumHome) -> None:
    find_track(albums, 3).rename(find_track(albums, 4))


def change_sound(albums: AlbumHome) -> None:
    change_tags(albums)
    (albums.root / "third.flac").rename(find_track(albums, 2))


def change_twin(albums: AlbumHome) -> None:
    change_tags(albums)
    job_kinds.tag(albums.output / ALBUM / "02 T.flac", title="By the user")


def link_twin(albums: AlbumHome) -> None:
    change_tags(albums)
    twin = albums.output / ALBUM / "02 T.flac"
    twin.rename(albums.path / "moved.flac")
    twin.symlink_to(albums.path / "moved.flac")


def forget_sounds(albums: AlbumHome) -> None:
    """Change the report to what earlier versions wrote."""
    change_tags(albums)
    (path,) = (albums.path / "outputs" / "albums").glob("*.json")
    report = json.loads(path.read_text())
    for row in report["tracks"]:
        del row["sound"]
    path.write_text(json.dumps(report))


def choose_again(albums: AlbumHome) -> None:
    """Want an album that is the same to be converted again."""
    albums.reset(ALBUM)


Change = Callable[[AlbumHome], None]
RULE = '[[rules]]\nformats = ["FLAC"]\naction = "encode"\nprofile = "flac"\n'


@pytest.mark.long
@each_row(
    "change, options, encoded",
    [
        (change_tags, {}, 0),
        (rename_track, {}, 0),
        (change_sound, {}, 1),
        (change_twin, {}, 1),
        (link_twin, {}, 1),
        (change_tags, {"verify": "length"}, 3),
        (forget_sounds, {}, 3),
        (choose_again, {}, 3),
    ],
)
def test_only_tracks_with_another_sound_are_encoded(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Change,
    options: dict[str, str],
    encoded: int,
) -> None:
    albums, work = AlbumHome(tmp_path), Counter[str]()
    for module, name in ((measure_loudness, "measure"), (encoder, "encode_file")):
        function = getattr(module, name)

        def count(*args, _name=name, _function=function, **more):  # type: ignore[no-untyped-def]
            work[_name] += 1
            return _function(*args, **more)

        monkeypatch.setattr(module, name, count)
    albums.make(ALBUM, tracks=3)
    for count, name in ((22_000, f"library/{ALBUM}/02 T.flac"), (21_000, "third.flac")):
        (tmp_path / name).write_bytes(job_kinds.make_flac(count))
    work.clear()
    (albums.path / "mediakeep.toml").write_text(RULE)
    albums.convert(profile="flac", mirror=True)
    assert work == {"measure": 3, "encode_file": 3}
    audio, gains = list_audio(albums), list(list_gains(albums))
    work.clear()
    change(albums)
    albums.convert(profile="flac", mirror=True, **options)
    assert work == Counter(measure=3, encode_file=encoded)  # all are decoded, as damage counts
    assert albums.item(ALBUM).status is Status.COMPLETED
    replaced = [] if change is choose_again else [str(albums.output / ALBUM)]
    assert job_home.quarantined(albums.output) == replaced
    rows = albums.report(ALBUM)["tracks"]
    assert sum(row.get("kept", False) for row in rows) == 3 - encoded
    if change is rename_track:
        audio = {name.replace("03", "04"): one for name, one in audio.items()}
    if change is change_sound:
        assert list_audio(albums) != audio
    else:
        assert (list_audio(albums), list(list_gains(albums))) == (audio, gains)
        assert {row["verified"] for row in rows} == {options.get("verify", "full")}
    first = FLAC(albums.output / ALBUM / "01 T.flac")
    if change not in (rename_track, choose_again):
        assert (first["title"], [one.data for one in first.pictures]) == (["Other"], [COVER])


@pytest.mark.parametrize("profile", ["opus", "mp3-v0", "aac", "alac"])
def test_the_audio_of_a_retagged_track_is_that_of_the_published_one(
    albums: AlbumHome, profile: str
) -> None:
    albums.make(ALBUM)
    albums.convert(profile=profile)
    audio, gains = list_audio(albums), list(list_gains(albums))
    change_tags(albums)
    albums.convert(profile=profile)
    assert [row.get("kept") for row in albums.report(ALBUM)["tracks"]] == [True, True]
    assert (list_audio(albums), list(list_gains(albums))) == (audio, gains)
    assert f"2 tracks: 2 {profile} (only tags rewritten)" in albums.log()
    (first,) = (albums.output / ALBUM).glob("01 T.*")
    assert b"Other" in first.read_bytes()
