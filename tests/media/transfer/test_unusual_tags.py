"""Unusual tags, and tags that a target format cannot hold."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import msgspec
import mutagen
import pytest
from mutagen import apev2, flac, id3, mp4

from mediakeep.errors import ReadOnlyFormat, Unreadable
from mediakeep.media.audio import tags
from mediakeep.media.audio.write_options import Id3Version
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.mutagen_tags.tag_items import FileItems, TagPicture
from mediakeep.media.transfer import plan_pictures, read_tags
from mediakeep.media.transfer.model import TransferReport
from mediakeep.media.transfer.transfer_tags import transfer_tags
from tests.media import drawn_pictures, mutations_sounds, mutations_tags
from tests.media.transfer import tagged_sources
from tests.media.transfer.tagged_sources import BACK, FRONT
from tests.sampling import each_row

MOOD = "\u041d\u0430\u0441\u0442\u0440\u043e\u0439"  # a name in Cyrillic


def bare(folder: Path, suffix: str) -> Path:
    """Write an audio file whose tags are removed."""
    path = folder / f"bare.{suffix}"
    path.write_bytes(tagged_sources.plain(suffix))
    audio: Any = mutagen.File(path)  # type: ignore[attr-defined]
    audio.delete()
    return path


def with_comments(folder: Path, **values: list[str]) -> Path:
    path = bare(folder, "flac")
    audio = flac.FLAC(path)
    audio.update({name.replace("__", ":"): texts for name, texts in values.items()})
    audio.save()
    return path


def with_frames(folder: Path, *frames: Any) -> Path:
    path = bare(folder, "mp3")
    found = id3.ID3()
    for frame in frames:
        found.add(frame)
    found.save(path)
    return path


def transfer(source: Path, suffix: str) -> tuple[Any, dict[str, str], TransferReport]:
    """Return the new file as mutagen reads it, and the reasons for what is not carried."""
    folder = source.parent / "out"
    folder.mkdir(exist_ok=True)
    target = bare(folder, suffix)
    report = transfer_tags(source, target)
    opened: Any = mutagen.File(target)  # type: ignore[attr-defined]
    return opened, {one.field: one.reason for one in report.not_carried}, report


def test_an_untagged_file_gives_an_untagged_file(tmp_path: Path) -> None:
    for suffix in ("flac", "mp3", "m4a", "opus"):
        opened, lost, report = transfer(bare(tmp_path, "flac"), suffix)
        assert (lost, report.carried) == ({}, ())
        assert not opened.tags or set(opened.tags) <= {"encoder"}


def test_the_encoder_of_the_target_stays(tmp_path: Path) -> None:
    target = bare(tmp_path, "m4a")
    audio = mp4.MP4(target)
    audio["\xa9too"], audio["\xa9nam"] = ["New encoder"], ["Old title"]
    audio.save()
    source = with_comments(tmp_path, ENCODER=["Old encoder"], TITLE=["Low Tide"])
    report = transfer_tags(source, target)
    audio = mp4.MP4(target)
    assert (audio["\xa9too"], audio["\xa9nam"]) == (["New encoder"], ["Low Tide"])
    assert [one.field for one in report.not_carried] == ["ENCODER"]


def test_apev2_in_an_mp3_adds_what_id3_lacks(tmp_path: Path) -> None:
    source = with_frames(tmp_path, id3.TIT2(3, "Low Tide"))
    ape = apev2.APEv2()
    ape.update({"Title": "Cut", "REPLAYGAIN_TRACK_GAIN": "-3.00 dB", "Artist": "Anna"})
    ape["MP3GAIN_UNDO"] = "+001,+001,N"
    ape.save(source)
    opened, lost, _ = transfer(source, "flac")
    assert (opened["title"], opened["artist"]) == (["Low Tide"], ["Anna"])
    assert opened["replaygain_track_gain"] == ["-3.00 dB"]
    assert set(lost) == {"MP3GAIN_UNDO"}


def test_only_apev2_or_id3v1_in_an_mp3(tmp_path: Path) -> None:
    source = bare(tmp_path, "mp3")
    old_tag = mutations_tags.id3v1()
    source.write_bytes(source.read_bytes() + old_tag[:97] + b"Sea".ljust(30, b"\0") + b"\x05")
    old = tags.read(source).tags
    opened, _, report = transfer(source, "opus")
    assert opened["title"] == list(old.title) != []
    assert (opened["comment"], report.not_carried) == (["Sea"], ())


def test_tags_around_audio_that_has_none_of_its_own(tmp_path: Path) -> None:
    source = tmp_path / "a.aac"
    source.write_bytes(mutations_sounds.whole("aac"))
    opened, lost, _ = transfer(source, "flac")
    assert opened["artists"] == ["Velvet Harbour", "Anna"]
    assert opened["comment"] == ["Low Tide"]
    assert opened.pictures[0].data == FRONT
    assert set(lost) == {"CHAP:c1", "CTOC:toc", "language of comment"}


def test_riff_info(tmp_path: Path) -> None:
    chunk = mutations_sounds.chunk
    info = b"INFO" + chunk(b"INAM", b"Low Tide\0") + chunk(b"ICOP", b"2001 Quay\0")
    info += chunk(b"IKEY", b"sea\0") + chunk(b"ISFT", b"Lavf\0")
    head = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16))
    source = tmp_path / "a.wav"
    source.write_bytes(
        chunk(b"RIFF", b"WAVE" + head + chunk(b"LIST", info) + chunk(b"data", bytes(800)))
    )
    opened, lost, _ = transfer(source, "flac")
    assert (opened["title"], opened["copyright"]) == (["Low Tide"], ["2001 Quay"])
    assert opened["IKEY"] == ["sea"]
    assert set(lost) == {"ISFT"}


def test_values_that_mp4_cannot_store_as_numbers(tmp_path: Path) -> None:
    source = with_comments(
        tmp_path, TRACKNUMBER=["A1"], BPM=["128.5"], MOVEMENT=["99999"], DISCNUMBER=["02"]
    )
    opened, lost, _ = transfer(source, "m4a")
    assert opened["----:com.apple.iTunes:BPM"] == [b"128.5"]
    assert opened["----:com.apple.iTunes:MOVEMENT"] == [b"99999"]
    assert opened["disk"] == [(2, 0)]
    assert lost == {"track": "MP4 cannot store 'A1' there"}


def test_totals_without_numbers(tmp_path: Path) -> None:
    source = with_comments(tmp_path, TRACKTOTAL=["12"], DISCTOTAL=["2"])
    for suffix, expected in (("mp3", "/12"), ("m4a", (0, 12)), ("ogg", "12")):
        opened, lost, _ = transfer(source, suffix)
        name = {"mp3": "TRCK", "m4a": "trkn", "ogg": "tracktotal"}[suffix]
        assert (opened[name][0], lost) == (expected, {})


def test_names_in_any_script_in_mp4(tmp_path: Path) -> None:
    source = with_frames(tmp_path, id3.TXXX(3, MOOD, ["x"]))
    opened, lost, _ = transfer(source, "m4a")
    assert list(opened) == [f"----:com.apple.iTunes:{MOOD}".encode().decode("latin-1")]
    assert lost == {}
    opened, lost, _ = transfer(tmp_path / "out" / "bare.m4a", "mp3")
    assert (list(opened.tags), lost) == ([f"TXXX:{MOOD}"], {})


def test_identifiers_of_others(tmp_path: Path) -> None:
    frames = (id3.UFID(owner="http://cd.example", data=b"x7"), id3.UFID(owner="raw", data=b"\x01"))
    source = with_frames(tmp_path, *frames)
    opened, lost, _ = transfer(source, "mp3")
    assert {key: opened[key].data for key in opened} == {
        "UFID:http://cd.example": b"x7",
        "UFID:raw": b"\x01",
    }
    assert lost == {}
    opened, lost, _ = transfer(source, "opus")
    assert (opened["UFID:http://cd.example"], set(lost)) == (["x7"], {"UFID:raw"})


def test_ratings_of_users_that_id3_cannot_name(tmp_path: Path) -> None:
    source = bare(tmp_path, "m4a")
    audio = mp4.MP4(source)
    audio["----:com.apple.iTunes:RATING:J\xfcrgen"] = [mp4.MP4FreeForm(b"0.4")]
    audio.save()
    lost = transfer(source, "mp3")[1]
    assert set(lost) == {"rating:J\xfcrgen"}
    assert transfer(source, "m4a")[1] == {}


def test_ratings(tmp_path: Path) -> None:
    source = with_comments(tmp_path, RATING=["0.9"], **{"RATING__anna@example.org": ["0.1"]})
    opened, lost, _ = transfer(source, "mp3")
    assert opened.tags["POPM:"].rating == 226
    assert opened.tags["POPM:anna@example.org"].rating == 1
    assert lost == {"rating:anna@example.org": "it reads back as '0.2'"}
    source = with_frames(
        tmp_path, *(id3.POPM(email=f"{n}", rating=n, count=0) for n in (1, 13, 64, 250, 255))
    )
    for suffix in ("flac", "m4a"):
        _, lost, report = transfer(source, suffix)
        assert lost == {}
        assert [one.values[0] for one in report.carried if one.field == "rating:64"] == ["0.4"]


def test_gains_with_another_reference_loudness(tmp_path: Path) -> None:
    source = with_comments(
        tmp_path,
        REPLAYGAIN_TRACK_GAIN=["+2.00 dB"],
        REPLAYGAIN_ALBUM_GAIN=["loud"],
        REPLAYGAIN_REFERENCE_LOUDNESS=["83.0 dB"],
    )
    opened, lost, _ = transfer(source, "opus")
    assert opened["R128_TRACK_GAIN"] == [str((2 + 6 - 5) * 256)]
    assert set(lost) == {"replaygain_album_gain", "replaygain_reference_loudness"}


def test_relative_volume_becomes_replaygain(tmp_path: Path) -> None:
    track = id3.RVA2(desc="track", channel=1, gain=-6.5, peak=0.5)
    other = id3.RVA2(desc="bass", channel=1, gain=3, peak=0)
    opened, lost, _ = transfer(with_frames(tmp_path, track, other), "flac")
    assert opened["replaygain_track_gain"] == ["-6.50 dB"]
    assert opened["replaygain_track_peak"] == ["0.500000"]
    assert lost == {"RVA2:bass": "FLAC has no place for this binary data"}


def test_names_that_clash_or_are_not_possible(tmp_path: Path) -> None:
    frames = (
        *(id3.TDRC(3, "2001"), id3.TXXX(3, "DATE", ["1999"]), id3.TXXX(3, "Barcode", ["1"])),
        *(id3.TXXX(3, "Stimmung \xfc", ["x"]), id3.TXXX(3, "ALBUMARTIST", ["Anna"])),
        id3.TXXX(3, "GENRE", ["Jazz"]),
    )
    opened, lost, _ = transfer(with_frames(tmp_path, *frames), "ogg")
    assert (opened["date"], opened["albumartist"]) == (["2001"], ["Anna"])
    assert (opened["barcode"], opened["genre"]) == (["1"], ["Jazz"])
    assert set(lost) == {"DATE", "Stimmung \xfc"}  # by the name that the source has
    opened, lost, _ = transfer(with_frames(tmp_path, *frames), "mp3")
    assert lost == {}
    assert opened["TXXX:DATE"].text == ["1999"]


def test_a_vorbis_comment_with_several_names_of_a_field(tmp_path: Path) -> None:
    source = with_comments(
        tmp_path,
        DATE=["2001-05-06"],
        YEAR=["1999"],
        COMMENT=["one", "two"],
        DESCRIPTION=["three"],
        TOTALTRACKS=["12"],
        TRACKNUMBER=["3/12"],
    )
    opened, lost, _ = transfer(source, "mp3")
    assert lost == {}
    assert str(opened["TDRC"].text[0]) == "2001-05-06"
    assert opened["TXXX:YEAR"].text == ["1999"]
    assert opened["TXXX:DESCRIPTION"].text == ["three"]
    assert opened["COMM::XXX"].text == ["one", "two"]
    assert opened["TRCK"].text == ["3/12"]


FREEFORM = "----:com.apple.iTunes:"
SECOND_NAMES = """
flac  LABEL=a   PUBLISHER=b    | opus LABEL=a PUBLISHER=b        | mp3 TPUB=a TXXX:PUBLISHER=b
flac  LABEL=a   PUBLISHER=a    | m4a ----:com.apple.iTunes:LABEL=a
flac  DATE=2001 YEAR=1999      | opus DATE=2001 YEAR=1999        | mp3 TDRC=2001 TXXX:YEAR=1999
flac  ORIGINALYEAR=1999        | ogg ORIGINALYEAR=1999           | mp3 TXXX:ORIGINALYEAR=1999
m4a   ORIGINALDATE=2001 originalyear=1999 | flac ORIGINALYEAR=1999 ORIGINALDATE=2001
m4a   ORIGINALDATE=2001 originalyear=1999 | mp3 TXXX:ORIGINALYEAR=1999 TDOR=2001
m4a   soar=a    ARTISTSORT=b   | mp3 TSOP=a TXXX:ARTISTSORT=b
mp3   originalyear=1999        | m4a ----:com.apple.iTunes:ORIGINALYEAR=1999
mp3   originalyear=1999        | flac ORIGINALYEAR=1999
"""


@each_row(
    "source, target",
    [
        (row.split("|")[0].split(), target.split())
        for row in SECOND_NAMES.strip().splitlines()
        for target in row.split("|")[1:]
    ],
)
def test_a_second_name_of_a_field_is_carried_with_its_own_value(
    tmp_path: Path, source: list[str], target: list[str]
) -> None:
    path = bare(tmp_path, source[0])
    audio: Any = mutagen.File(path)  # type: ignore[attr-defined]
    for name, _, text in (field.partition("=") for field in source[1:]):
        if source[0] == "mp3":
            audio[f"TXXX:{name}"] = id3.TXXX(3, name, [text])
        elif source[0] == "m4a" and len(name) > 4:
            audio[FREEFORM + name] = [text.encode()]
        else:
            audio[name] = [text]
    audio.save()
    opened, lost, _ = transfer(path, target[0])
    assert lost == {}
    wanted = dict(field.rsplit("=", 1) for field in target[1:])
    stored = {name: [as_text(one) for one in opened.tags[name]] for name in wanted}
    assert stored == {name: [text] for name, text in wanted.items()}


def as_text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def test_binary_frames_stay_in_id3(tmp_path: Path) -> None:
    chapter = id3.CHAP(element_id="c1", start_time=0, end_time=9, sub_frames=[id3.TIT2(3, "One")])
    source = with_frames(tmp_path, chapter, id3.GEOB(3, "a", "b", "Serato", b"\x01"))
    opened, lost, _ = transfer(source, "mp3")
    assert opened["CHAP:c1"].sub_frames["TIT2"].text == ["One"]
    assert (opened["GEOB:Serato"].data, lost) == (b"\x01", {})
    _, lost, _ = transfer(source, "m4a")
    assert set(lost) == {"CHAP:c1", "GEOB:Serato"}


def test_binary_data_of_other_tags_is_listed(tmp_path: Path) -> None:
    source = with_frames(tmp_path, id3.TIT2(3, "Low Tide"))
    ape = apev2.APEv2()
    ape["Blob"] = apev2.APEValue(b"\x01", apev2.BINARY)
    ape.save(source)
    assert set(transfer(source, "mp3")[1]) == {"Blob"}
    source = tmp_path / "tagged.flac"
    source.write_bytes(mutations_sounds.whole("tagged.flac"))
    assert {"CHAP:c1", "CTOC:toc"} <= set(transfer(source, "flac")[1])


def test_a_cue_sheet_block_stays_in_flac(tmp_path: Path) -> None:
    source = with_comments(tmp_path, TITLE=["Disc"])
    audio = flac.FLAC(source)
    sheet = flac.CueSheet(None)
    sheet.tracks.append(flac.CueSheetTrack(170, 0))
    audio.metadata_blocks.append(sheet)
    audio.cuesheet = sheet
    audio.save()
    opened, lost, _ = transfer(source, "flac")
    assert ([track.track_number for track in opened.cuesheet.tracks], lost) == ([170], {})
    assert set(transfer(source, "mp3")[1]) == {"FLAC CUESHEET"}


def test_binary_freeform_atoms_stay_in_mp4(tmp_path: Path) -> None:
    source = bare(tmp_path, "m4a")
    audio = mp4.MP4(source)
    audio["----:org.own:Thing"] = [mp4.MP4FreeForm(b"\x01\x02", mp4.AtomDataType.INTEGER)]
    audio["----:org.own:Note"] = [mp4.MP4FreeForm(b"text")]
    audio.save()
    opened, lost, _ = transfer(source, "m4a")
    assert opened["----:org.own:Thing"] == [b"\x01\x02"]
    assert opened["----:com.apple.iTunes:org.own:Note"] == [b"text"]
    assert lost == {}
    opened, lost, _ = transfer(source, "flac")
    assert (opened["org.own:Note"], set(lost)) == (["text"], {"----:org.own:Thing"})


def test_comments_in_several_languages(tmp_path: Path) -> None:
    frames = [id3.COMM(3, "eng", "", ["sea"]), id3.COMM(3, "deu", "", ["Meer"])]
    frames += [id3.USLT(3, language, "", language) for language in ("fra", "eng", "deu")]
    source = with_frames(tmp_path, *frames)
    opened, lost, _ = transfer(source, "opus")
    assert sorted(opened["comment"]) == ["Meer", "sea"]
    assert sorted(opened["lyrics"]) == ["deu", "eng", "fra"]
    assert set(lost) == {"language of comment", "language of lyrics"}
    opened, lost, _ = transfer(source, "mp3")
    assert opened["COMM::deu"].text == ["Meer"]
    assert {frame.lang: frame.text for frame in opened.tags.getall("USLT")} == {
        "fra": "fra",
        "eng": "eng",
        "deu": "deu",
    }
    assert lost == {}


def test_empty_values_are_not_carried(tmp_path: Path) -> None:
    frames = (id3.TPE1(3, ["Anna", ""]), id3.TIT2(3, [""]), id3.TXXX(3, "Note", ["", "x"]))
    opened, lost, _ = transfer(with_frames(tmp_path, *frames), "flac")
    assert (dict(opened), lost) == ({"artist": ["Anna"], "note": ["x"]}, {})


def test_pictures_that_a_target_cannot_hold(tmp_path: Path) -> None:
    gif = b"GIF89a" + struct.pack("<HH", 4, 4) + bytes(9)
    source = bare(tmp_path, "flac")
    audio = flac.FLAC(source)
    for kind, text, data in ((4, "scan", BACK), (5, "scan", gif), (3, "", FRONT), (6, "", BACK)):
        picture = flac.Picture()
        picture.type, picture.desc, picture.data = kind, text, data
        picture.mime = "image/png"  # wrong for some
        audio.add_picture(picture)
    audio.save()
    opened, lost, _ = transfer(source, "m4a")
    assert [bytes(cover) for cover in opened["covr"]] == [FRONT, BACK, BACK]
    assert [cover.imageformat for cover in opened["covr"]] == [13, 14, 14]
    assert lost["picture (Leaflet)"] == "MP4 stores JPEG, PNG and BMP pictures only"
    opened, lost, _ = transfer(source, "mp3")
    shown = [(one.type, one.desc) for one in opened.tags.getall("APIC")]
    assert shown == [(3, ""), (4, "scan"), (5, "scan (2)"), (6, "Media")]
    assert set(lost) == {"description of a picture"}


@pytest.mark.long
def test_opus_holds_pictures_of_flac_but_not_larger_ones(tmp_path: Path) -> None:
    source, picture = bare(tmp_path, "flac"), TagPicture(3, "image/png", "", BACK)
    large = msgspec.structs.replace(picture, data=BACK.ljust(8_500_000, b"x"))
    adapter.save_items(source, "FLAC", FileItems((), (large,)))
    _, lost, _ = transfer(source, "opus")
    assert lost == {}
    huge = msgspec.structs.replace(picture, data=bytes(33 << 20))
    kept, (note,) = plan_pictures.plan_pictures([huge, picture], "Opus")
    assert (kept, note.reason) == ((picture,), "it is too large")


@pytest.mark.parametrize("mime", ["image/gif", "image/webp", "image/tiff"])
def test_pictures_are_converted_if_a_target_cannot_hold_them(tmp_path: Path, mime: str) -> None:
    source = bare(tmp_path, "flac")
    audio = flac.FLAC(source)
    picture = flac.Picture()
    picture.type, picture.mime = 3, mime
    picture.data = drawn_pictures.draw_picture(mime, (0, 200, 0, 255))
    audio.add_picture(picture)
    audio.save()
    opened, lost, _ = transfer(source, "m4a")
    (cover,) = opened["covr"]
    assert cover.imageformat == 13
    red, green, blue = drawn_pictures.read_color(bytes(cover))
    assert green > 180 > 60 > max(red, blue)
    reason = "MP4 stores JPEG, PNG and BMP pictures only; it is a JPEG now"
    assert lost == {"format of a picture": reason}
    opened, lost, _ = transfer(source, "mp3")
    (kept,) = opened.tags.getall("APIC")
    assert (kept.data, lost) == (picture.data, {})


def test_id3v23(tmp_path: Path) -> None:
    source = with_comments(
        tmp_path, DATE=["2001-05-06"], ARTIST=["Anna", "Bo"], PERFORMER=["Anna (violin)"]
    )
    target = bare(tmp_path, "mp3")
    transfer_tags(source, target, Id3Version.OLD)
    assert target.read_bytes()[:4] == b"ID3\x03"
    assert tags.read(target).tags.date == ("2001-05-06",)
    assert tags.read(target).tags.artist == ("Anna", "Bo")
    performer = [i for i in read_tags.read_all_tags(target).items if i.name == "performer"]
    assert performer[0].values == ("Anna (violin)",)


def test_synchronized_lyrics_come_back_as_a_frame(tmp_path: Path) -> None:
    source = with_comments(
        tmp_path, SYNCEDLYRICS=["[00:01.23]One\n[00:02.50]Two"], LYRICS=["a", "b"]
    )
    opened, lost, _ = transfer(source, "mp3")
    assert opened.tags.getall("SYLT")[0].text == [("One", 1230), ("Two", 2500)]
    assert lost["lyrics"] == "USLT has one value"


def test_a_target_of_another_format_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "a.aiff"
    target.write_bytes(tagged_sources.plain("aiff"))
    with pytest.raises(ReadOnlyFormat, match="FLAC, Ogg Vorbis, Opus, MP3, WAV, MP4 only"):
        transfer_tags(with_comments(tmp_path, TITLE=["x"]), target)


def test_damaged_tags_name_the_file(tmp_path: Path) -> None:
    source = bare(tmp_path, "m4a")
    audio = mp4.MP4(source)
    audio["\xa9nam"] = ["Low Tide"]
    audio.save()
    data = bytearray(source.read_bytes())
    at = data.index(b"\xa9nam")
    data[at - 4 : at] = struct.pack(">I", 3)
    source.write_bytes(data)
    with pytest.raises(Unreadable, match=r"bare\.m4a"):
        read_tags.read_all_tags(source)
