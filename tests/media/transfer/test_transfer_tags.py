"""Tags and pictures of all formats in files of the formats of conversions."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mediakeep.media.audio import tags
from mediakeep.media.transfer.model import TransferReport
from mediakeep.media.transfer.transfer_tags import transfer_tags
from tests.media.transfer import tagged_sources
from tests.media.transfer.tagged_sources import BACK, FIELDS, FRONT

TARGETS = ("flac", "mp3", "m4a", "opus", "ogg", "wav")
ID3_TARGETS = ("mp3", "wav")
ID3_SOURCES = ("mp3", "v23.mp3", "aiff", "wav", "dsf")
NOT_IN_V23 = {"ALBUMSORT", "TITLESORT", "MOOD", "DISCSUBTITLE", "ARTISTSORT"}  # mutagen drops them
GAINS = {f"REPLAYGAIN_{kind}_{what}" for kind in ("TRACK", "ALBUM") for what in ("GAIN", "PEAK")}
USER = "Windows Media Player 9 Series"


def expected_fields(source: str, target: str) -> dict[str, list[str]]:
    """Return what a target has of `FIELDS`, by the differences between the formats."""
    fields = dict(FIELDS)
    if source == "v23.mp3":
        fields = {name: fields[name] for name in fields if name not in NOT_IN_V23}
        fields["ORIGINALDATE"] = ["1999"]
    if target in ID3_TARGETS:
        fields["RATING"] = ["196"]
    elif source in ID3_SOURCES:
        fields["RATING"] = ["80"]  # as players look for it
        fields[f"RATING:{USER}"] = ["0.8"]
        fields[f"PLAYCOUNT:{USER}"], fields["COMMENT:Source"] = ["7"], ["Vinyl"]
        fields["SYNCEDLYRICS"] = ["[00:01.230]The tide\n[01:01.500]is low"]
    if target == "opus" or source == "opus":
        fields = {name: fields[name] for name in fields if name not in GAINS}
        gains = {"TRACK": ("-6.50 dB", "-2944"), "ALBUM": ("-7.25 dB", "-3136")}
        for kind, (gain, r128) in gains.items():
            name = f"R128_{kind}_GAIN" if target == "opus" else f"REPLAYGAIN_{kind}_GAIN"
            fields[name] = [r128 if target == "opus" else gain]
    return fields


def expected_loss(source: str, target: str) -> set[str]:
    """Return the names of what a target cannot hold of a source."""
    lost = set()
    if source in ID3_SOURCES:
        lost |= {"TSSE"}
        if target not in ID3_TARGETS:
            lost |= {"PRIV:owner:\x01\x02", "language of comment", "language of comment:Source"}
            lost |= {"language of lyrics", "language of syncedlyrics"}
    if source in ("m4a", "wma"):
        lost |= {"m4a": {"\xa9too", "iTunSMPB"}, "wma": {"WMFSDKVersion"}}[source]
    if target == "opus" and source != "opus":
        lost |= {"replaygain_track_peak", "replaygain_album_peak"}
    if target == "m4a" and source != "m4a":
        lost |= {"type of a picture", "description of a picture"}
    return lost


def make_transfer(folder: Path, source: str, target: str) -> tuple[Path, Path, TransferReport]:
    old = tagged_sources.write_source(folder, source)
    new = folder / f"target.{target}"
    new.write_bytes(tagged_sources.plain(target))
    return old, new, transfer_tags(old, new)


@pytest.mark.parametrize("target", TARGETS)
def test_every_field_is_carried_or_listed(tmp_path: Path, target: str) -> None:
    for source in tagged_sources.SUFFIXES:
        old, new, report = make_transfer(tmp_path, source, target)
        stored = tagged_sources.read_fields(new)
        expected = expected_fields(source, target)
        differing = {name for name in expected if stored.get(name) != expected[name]}
        assert differing == set(), (source, {name: stored.get(name) for name in differing})
        assert {one.field for one in report.not_carried} == expected_loss(source, target), source
        assert len(report.carried) >= 60
        ours = [tags.read(path).tags for path in (old, new)]
        for field in set(ours[0].__struct_fields__) - {"pictures"}:
            assert getattr(ours[0], field) == getattr(ours[1], field), (source, field)
        shown = tagged_sources.read_pictures(new)
        if target == "m4a" or source == "m4a":
            assert [picture[3] for picture in shown] == [FRONT, BACK]
        else:
            front, back = (3, "image/jpeg", "", FRONT), (4, "image/png", "Rückseite", BACK)
            assert shown == [front, back], source


@pytest.mark.needs("ffprobe")
@pytest.mark.parametrize("target", TARGETS)
def test_ffprobe_reads_the_common_fields(tmp_path: Path, target: str) -> None:
    # FFmpeg discards the ID3v2 of a WAV that has a PRIV frame, as the MP3 does.
    for source in ("m4a",) if target == "wav" else ("mp3", "m4a"):
        _, new, _ = make_transfer(tmp_path, source, target)
        command = ["ffprobe", "-v", "error", "-select_streams", "a"]
        command += ["-show_entries", "format_tags:stream_tags"]
        done = subprocess.run([*command, "-of", "json", new], capture_output=True, check=True)
        probed = json.loads(done.stdout)
        found: dict[str, str] = {}
        for part in (*probed.get("streams", ()), probed["format"]):
            found |= {name.lower(): text for name, text in part.get("tags", {}).items()}
        assert found["title"] == "Low Tide"
        assert (found["album"], found["album_artist"]) == ("Tides", "Velvet Harbour")
        assert found["date"] == "2001-05-06"
        assert found["track"] in ("3/12", "3")
        assert found["comment"] == "Bought in Lisbon"
        assert found["copyright"] == "2001 Quay"
        for name in ("artist", "genre", "composer"):
            assert all(text in found[name] for text in FIELDS[name.upper()][:1])


def test_a_second_transfer_gives_the_same_file(tmp_path: Path) -> None:
    for target in TARGETS:
        old, new, report = make_transfer(tmp_path, "mp3", target)
        first = tagged_sources.read_fields(new), tagged_sources.read_pictures(new)
        assert transfer_tags(old, new) == report
        assert (tagged_sources.read_fields(new), tagged_sources.read_pictures(new)) == first
