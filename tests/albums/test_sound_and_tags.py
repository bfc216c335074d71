"""The sound and the tags of converted albums, compared by other programs."""

from __future__ import annotations

import json
import shutil
import subprocess
from array import array
from pathlib import Path

import mutagen
import pytest

from mediakeep.item import Status
from mediakeep.media.audio import essence
from mediakeep.media.encoding import pcm_source
from mediakeep.media.transfer import read_tags
from tests import job_home, job_kinds
from tests.albums import test_commands
from tests.job_kinds import AlbumHome
from tests.media import encoded
from tests.media.encoding import sounds
from tests.media.transfer import tagged_sources

ALBUM = "Art/One"
FFMPEG = shutil.which("ffmpeg")
needs_ffmpeg = pytest.mark.needs("ffmpeg")


def decode_with_ffmpeg(path: Path) -> array[int]:
    """Return the samples of a file as the ffmpeg command decodes it."""
    assert FFMPEG
    line = [FFMPEG, "-v", "error", "-i", str(path), "-f", "s16le", "-"]
    return array("h", subprocess.run(line, capture_output=True, check=True).stdout)


def cut_master(albums: AlbumHome, cuts: tuple[int, ...]) -> array[int]:
    """Make an album of one continuous recording, cut at arbitrary samples."""
    master = sounds.noise_and_tone(cuts[-1])
    folder = albums.library / ALBUM
    folder.mkdir(parents=True)
    albums.path.mkdir()
    for number, (begin, end) in enumerate(zip((0, *cuts), cuts, strict=False)):
        wav = sounds.write_wav(folder / f"{number}.wav", master[2 * begin : 2 * end].tobytes())
        sounds.convert(wav, wav.with_suffix(".flac"), "flac")
        wav.unlink()
    return master


@needs_ffmpeg
@pytest.mark.parametrize("profile", ["alac", "mp3-v0"])
def test_no_sample_is_lost_between_the_tracks_of_a_continuous_master(
    albums: AlbumHome, profile: str
) -> None:
    master = cut_master(albums, (20_011, 41_777, 60_001))
    albums.convert(profile=profile)
    tracks = sorted((albums.output / ALBUM).glob("[!.]*"))
    found = [decode_with_ffmpeg(track) for track in tracks]
    assert [len(samples) // 2 for samples in found] == [20_011, 21_766, 18_224]
    joined = array("h", (sample for samples in found for sample in samples))
    if profile == "alac":
        assert joined == master
    else:
        assert sounds.find_shift(master[::2].tolist(), joined[::2].tolist()) == 0


@needs_ffmpeg
def test_flac_of_another_depth_is_decoded_alike_by_ffmpeg(albums: AlbumHome) -> None:
    albums.make(ALBUM, tracks=1)
    track = albums.library / ALBUM / "01 T.flac"
    samples = decode_with_ffmpeg(track)
    albums.values = {"profile": "small"}
    (albums.path / "mediakeep.toml").write_text(
        '[profiles.small]\nbase = "flac"\ncodec_options = {compression_level = "0"}\n'
        '[[rules]]\naction = "encode"\nformats = ["FLAC"]\n'
    )
    albums.convert()
    assert albums.report(ALBUM)["tracks"][0]["reason"] == "rule 1"
    assert decode_with_ffmpeg(albums.output / ALBUM / "01 T.flac") == samples


LOSSLESS = ("16.wav", "24.wav", "a.aiff", "alac.m4a", "a.wv", "a.tta", "flac.oga", "s.ape", "h.dsf")
LOSSY = ("cbr.mp3", "aac.m4a", "a.aac", "a.ogg", "a.opus", "a.wma")


def make_mixed_album(folder: Path) -> None:
    """Write a track in every format, half of the lossless ones with tags."""
    folder.mkdir(parents=True)
    for name in (*LOSSLESS[:-2], *LOSSY):
        encoded.write(folder / name, name)
    (folder / "s.ape").write_bytes(encoded.ape())
    (folder / "h.dsf").write_bytes(encoded.dsf())
    for name in ("s.ape", "a.wv", "flac.oga"):
        job_kinds.tag(folder / name, Title="Tide", Album="One", Artist="Art")


def test_inputs_of_rare_formats(albums: AlbumHome) -> None:
    folder = albums.library / ALBUM
    folder.mkdir(parents=True)
    albums.path.mkdir()
    (folder / "s.ape").write_bytes(encoded.ape())
    for name in ("a.tta", "a.wma"):
        encoded.write(folder / name, name)
    albums.convert(profile="flac", verify="length")
    assert albums.item(ALBUM).status is Status.COMPLETED
    for name, output in (("s.ape", "s.flac"), ("a.tta", "a.flac")):
        assert sounds.read_left(albums.output / ALBUM / output) == sounds.read_left(folder / name)
    assert (albums.output / ALBUM / "a.wma").exists()


@needs_ffmpeg
@pytest.mark.slow
def test_all_inputs(albums: AlbumHome) -> None:
    make_mixed_album(albums.library / ALBUM)
    albums.path.mkdir()
    test_commands.convert(
        *(albums, albums.library, "--output", albums.output, "--profile", "flac", "--all")
    )
    item = albums.item(ALBUM)
    assert item.status is Status.COMPLETED, item.error_message
    rows = {row["source"]: row for row in albums.report(ALBUM)["tracks"]}
    assert {name for name, row in rows.items() if row["encoder"] == "copy"} == set(LOSSY)
    for name, row in rows.items():
        source, output = albums.library / ALBUM / name, albums.output / ALBUM / row["output"]
        if name in LOSSY:
            assert essence.compute_audio_hash(output) == essence.compute_audio_hash(source), name
        elif name == "24.wav":
            assert sounds.read_left(output) == sounds.read_left(source)  # ffmpeg would dither
        elif name != "h.dsf":  # its sampling rate is another one
            assert decode_with_ffmpeg(output) == decode_with_ffmpeg(source), name
    assert rows["h.dsf"]["source_samples"] > rows["h.dsf"]["samples"] > 44_000
    for name in ("s.ape", "a.wv", "flac.oga"):
        assert mutagen.File(albums.output / ALBUM / rows[name]["output"])["title"] == ["Tide"]


def test_long_names_and_ignored_files(albums: AlbumHome) -> None:
    folder = albums.library / ALBUM
    (folder / "Bonus").mkdir(parents=True)
    albums.path.mkdir()
    encoded.write(folder / "a.wv", "a.wv")
    letters = "é" * 126  # two bytes each
    for name in ("x" * 252, f"{letters}"):
        shutil.copyfile(folder / "a.wv", folder / f"{name}.wv")
    for name in ("booklet.pdf", "Scan.PDF", "notes.txt", "Bonus/booklet.pdf", "Bonus/b.txt"):
        (folder / name).write_text("?")
    encoded.write(folder / "Bonus/b.wv", "a.wv")
    (albums.library / ".mediakeepignore").write_text("Scan.*\n")
    elsewhere = Path(shutil.copytree(folder / "Bonus", albums.root / "elsewhere"))
    (folder / "Else").symlink_to(elsewhere)
    (folder / "c.wv").symlink_to(elsewhere / "b.wv")
    albums.convert(ignored=("booklet.pdf", "Bonus/"), links="refuse")
    assert albums.item(ALBUM).status is Status.COMPLETED, albums.item(ALBUM).error_message
    found = job_home.names(albums.output / ALBUM)
    assert found == sorted(["a.opus", "notes.txt", "x" * 250 + ".opus", letters[:125] + ".opus"])
    kept = set(job_home.names(albums.archive / ALBUM))
    assert {"booklet.pdf", "Scan.PDF", "Bonus/b.wv"} < kept
    assert not {"c.wv", "Else/b.wv"} & kept, "what links lead to is not even copied"


KEPT = ("cbr.mp3", "aac.m4a", "a.opus", "a.wma")


def test_kept_tracks_get_the_gains_and_the_cover_of_the_album(albums: AlbumHome) -> None:
    albums.make(ALBUM, tracks=1)
    folder = albums.library / ALBUM
    for name in (*KEPT, "a.aac"):
        encoded.write(folder / name, name)
    job_kinds.tag(folder / "a.opus", title="Mine", r128_album_gain="0")
    (folder / "folder.png").write_bytes(tagged_sources.BACK)
    albums.convert(enrich=True, profile="mp3-v0")
    copied = "1 aac copied, 1 opus copied, 1 wma copied, 1 m4a copied, 1 mp3 copied"
    assert f"6 tracks: 1 mp3-v0, {copied}" in albums.log()
    rows = {row["source"]: row for row in albums.report(ALBUM)["tracks"]}
    gain = mutagen.File(albums.output / ALBUM / "01 T.mp3")["TXXX:REPLAYGAIN_ALBUM_GAIN"].text
    for name in KEPT:
        output = albums.output / ALBUM / name
        assert rows[name]["verified"] == "essence"
        assert essence.compute_audio_hash(output) == essence.compute_audio_hash(folder / name)
        found = read_tags.read_all_tags(output)
        gains = {item.name: item.values for item in found.items if "_album_gain" in item.name}
        if name == "a.opus":
            fields = {item.name.lower(): item.values for item in found.items}
            assert fields["title"] == ("Mine",)
            (r128,) = fields["r128_album_gain"]
            assert int(r128) == pytest.approx((float(gain[0].split()[0]) - 5) * 256, abs=2)
        else:
            assert gains == {"replaygain_album_gain": tuple(gain)}
        assert [one.data for one in found.pictures] == [tagged_sources.BACK]
    assert job_home.contents(albums.output)[f"{ALBUM}/a.aac"] == (folder / "a.aac").read_bytes()
    (lost,) = rows["a.aac"]["not_carried"]
    assert "only read" in lost["reason"]


PROFILES = {"opus": "opus", "mp3-v0": "mp3", "aac": "m4a", "flac": "flac", "alac": "m4a"}


@pytest.mark.parametrize("profile", PROFILES)
def test_all_fields_are_carried_or_listed(albums: AlbumHome, profile: str) -> None:
    folder = albums.library / ALBUM
    folder.mkdir(parents=True)
    albums.path.mkdir()
    shutil.copyfile(albums.master, folder / "1.flac")
    source = mutagen.File(folder / "1.flac")
    source.update(tagged_sources.FIELDS)
    source.save()
    albums.convert(profile=profile)
    found = tagged_sources.read_fields(albums.output / ALBUM / f"1.{PROFILES[profile]}")
    (row,) = albums.report(ALBUM)["tracks"]
    listed = {one["field"].upper() for one in row.get("not_carried", ())}
    found |= {name.replace("R128", "REPLAYGAIN"): found[name] for name in found if "R128" in name}
    missing = {name for name in tagged_sources.FIELDS if name not in found} - listed
    assert len(tagged_sources.FIELDS) > 55
    assert missing == set()
    for name in ("TITLE", "ORIGINALDATE", "ORIGINALYEAR"):
        assert found[name] == tagged_sources.FIELDS[name]


@pytest.mark.needs("ffprobe")
@pytest.mark.parametrize("profile", ["opus", "aac"])
def test_ffprobe_reads_the_tags(albums: AlbumHome, profile: str) -> None:
    albums.make(ALBUM, tracks=1)
    albums.convert(profile=profile)
    (track,) = (albums.output / ALBUM).glob("01 T.*")
    show = ("format_tags:stream_tags", "-of", "json")
    line = ["ffprobe", "-v", "error", "-show_entries", *show, str(track)]
    found = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)
    tags = found["format"].get("tags", {}) | found["streams"][0].get("tags", {})
    read = {name.lower(): text for name, text in tags.items()}
    assert (read["title"], read["album"], read["artist"]) == ("T 1", "One", "Art")


def test_a_cover_is_embedded_if_that_is_set(albums: AlbumHome) -> None:
    albums.make(ALBUM, tracks=1)
    (albums.library / ALBUM / "cover.jpg").write_bytes(tagged_sources.FRONT)
    albums.convert(enrich=True, profile="mp3-v0")
    (picture,) = tagged_sources.read_pictures(albums.output / ALBUM / "01 T.mp3")
    assert picture[3] == tagged_sources.FRONT
    assert "cover.jpg" in job_home.names(albums.output / ALBUM)


def test_album_gain_is_measured_over_all_tracks(albums: AlbumHome) -> None:
    folder = albums.library / ALBUM
    folder.mkdir(parents=True)
    albums.path.mkdir()
    for name, level in (("1", -10.0), ("2", -20.0)):
        wav = sounds.write_wav(folder / f"{name}.wav", sounds.tone(1, level), 48_000)
        sounds.convert(wav, wav.with_suffix(".flac"), "flac")
        wav.unlink()
    albums.convert(profile="mp3-v0")
    gains = [mutagen.File(path) for path in sorted((albums.output / ALBUM).glob("[!.]*"))]
    tracks = [float(str(one["TXXX:REPLAYGAIN_TRACK_GAIN"])[:-3]) for one in gains]
    album = {str(one["TXXX:REPLAYGAIN_ALBUM_GAIN"]) for one in gains}
    assert tracks[1] - tracks[0] == pytest.approx(10, abs=0.1)
    assert len(album) == 1
    assert tracks[0] < float(album.pop()[:-3]) < tracks[1]
    assert pcm_source.count_samples(albums.output / ALBUM / "1.mp3") == 48_000


def test_peaks_are_measured_only_for_formats_that_store_them(albums: AlbumHome) -> None:
    albums.make(ALBUM, tracks=1)
    albums.archive.write_text("not a folder")
    albums.convert(profile="opus")
    assert albums.item(ALBUM).processing_stage == "failed_archive"
    (measured,) = albums.working.glob("*_state/loudness/*.json")
    assert json.loads(measured.read_bytes())["peak"] is None
    albums.archive.unlink()
    albums.reset(ALBUM, "converting")
    albums.process(profile="aac")
    track = mutagen.File(albums.output / ALBUM / "01 T.m4a")
    stored = track["----:com.apple.iTunes:REPLAYGAIN_TRACK_PEAK"]
    peak = sounds.measure(albums.master).peak
    assert [one.decode() for one in stored] == [f"{peak:.6f}"]
