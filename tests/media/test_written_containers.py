"""The containers of rarer formats stay consistent when their tags are written."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from mutagen.apev2 import APEv2
from mutagen.asf import ASF

from mediakeep.errors import ReadOnlyFormat
from mediakeep.media.audio import tags
from mediakeep.media.audio.riff import raw_chunks
from mediakeep.media.bounded_file import InMemoryFile
from mediakeep.media.safewrite.write_tags import (
    CopyToNativeTags,
    OtherTags,
    SetCover,
    SetField,
    WriteRules,
)
from tests.media import mutations_sounds as small
from tests.media import mutations_tags as tagging
from tests.media import writable_files
from tests.sampling import each_row

TITLE = SetField("title", ("Ebb",))
COVER = SetCover(writable_files.PHOTO, "image/jpeg")


def chunks(path: Path) -> list[tuple[bytes, bytes]]:
    data = path.read_bytes()
    source = InMemoryFile(data)
    riff = raw_chunks.split_file(source)
    assert struct.unpack_from(f"{riff.order}I", data, 4)[0] == len(data) - 8
    assert riff.end == len(data)
    assert all(chunk.start % 2 == 0 for chunk in riff.chunks)
    return [(chunk.name, data[chunk.body : chunk.end]) for chunk in riff.chunks]


@each_row("name", ["wav", "bare.wav", "info.wav", "early.wav", "aiff", "bare.aiff"])
def test_a_riff_file_has_exact_sizes_and_all_other_chunks(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    before = [chunk for chunk in split_chunks(path) if chunk[0] not in (b"id3 ", b"ID3 ")]
    for title in ("Ebb", "Ebb and flow"):  # of an odd and an even number of bytes
        writable_files.write(path, tmp_path, SetField("title", (title,)), COVER)
        after = chunks(path)
        assert [chunk for chunk in after if chunk[0] not in (b"id3 ", b"ID3 ", b"LIST")] == [
            chunk for chunk in before if chunk[0] != b"LIST"
        ]
        assert sum(name in (b"id3 ", b"ID3 ") for name, _ in after) == 1
        path.write_bytes(writable_files.whole(name))


def split_chunks(path: Path) -> list[tuple[bytes, bytes]]:
    data = path.read_bytes()
    riff = raw_chunks.split_file(InMemoryFile(data))
    return [(chunk.name, data[chunk.body : chunk.end]) for chunk in riff.chunks]


@pytest.mark.parametrize("other_tags", list(OtherTags))
def test_riff_info_follows_the_setting(tmp_path: Path, other_tags: OtherTags) -> None:
    path = writable_files.put(tmp_path, "info.wav")
    edits = [
        TITLE,
        SetField("date", ("1974",)),
        SetField("track_total", ("9",)),
        SetField("isrc", ("X",)),
    ]
    rules = WriteRules(other_tags=other_tags)
    writable_files.write(path, tmp_path, *edits, rules=rules)
    reading = tags.read(path)
    assert (reading.container, reading.tags.title) == ("ID3v2.4", ("Ebb",))
    assert (reading.tags.artist, reading.tags.track) == (("Velvet",), "1")  # copied from INFO
    listed = [content for name, content in chunks(path) if name == b"LIST"]
    if other_tags is OtherTags.REMOVE:
        assert (listed, reading.others) == ([], ())
        return
    (info,) = (other.tags for other in reading.others)
    assert b"ISFT" in listed[0]
    if other_tags is OtherTags.UPDATE:
        assert (info.title, info.date, info.track_total) == (("Ebb",), ("1974",), "9")
    else:
        assert listed == [
            c for n, c in split_chunks(writable_files.put(tmp_path, "info.wav")) if n == b"LIST"
        ]


def large_form(data: bytes) -> bytes:
    sizes = small.chunk(b"ds64", struct.pack("<QQQI", len(data) + 28, 1500, 750, 0))
    return b"RF64" + b"\xff" * 4 + data[8:12] + sizes + data[12:]


def streamed(data: bytes) -> bytes:
    at = data.index(b"data") + 4
    return data[:at] + b"\xff" * 4 + data[at + 4 :]


def with_junk_tag(data: bytes) -> bytes:
    return data + small.chunk(b"id3 ", b"no tag at all")


@each_row(
    ("change", "reason"),
    [
        (large_form, "its sizes have 64 bits"),
        (streamed, "its header does not tell where the audio ends.*ffmpeg -i OLD -c copy NEW"),
        (with_junk_tag, "its tags are damaged"),
    ],
)
def test_a_wav_without_exact_sizes_is_only_read(
    tmp_path: Path, change: Callable[[bytes], bytes], reason: str
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(whole := change(writable_files.whole("bare.wav")))
    assert tags.read(path).facts.format == "WAV"
    with pytest.raises(ReadOnlyFormat, match=reason):
        writable_files.write(path, tmp_path, TITLE)
    assert path.read_bytes() == whole


@each_row("name", ["dsf", "bare.dsf"])
def test_the_header_of_dsf_points_to_the_tag(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    writable_files.write(path, tmp_path, TITLE, COVER)
    data = path.read_bytes()
    size, tag = struct.unpack_from("<QQ", data, 12)
    assert size == len(data)
    assert data[tag : tag + 3] == b"ID3"
    assert data[28:tag] == writable_files.whole(name)[28:tag]


@each_row("name", ["wma", "full.wma"])
def test_the_header_of_wma_knows_the_size_of_the_file(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    writable_files.write(path, tmp_path, TITLE, COVER)
    data = path.read_bytes()
    properties = data.index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365"))
    assert int.from_bytes(data[properties + 40 : properties + 48], "little") == len(data)


def test_values_of_wma_of_all_types_stay(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "full.wma")
    before = {name: ASF(path)[name] for name in ("Own", "IsVBR", "WM/Year", "WM/IsCompilation")}
    writable_files.write(path, tmp_path, TITLE, SetField("artist", ("A", "B", "C")), COVER)
    after = ASF(path)
    assert {name: after[name] for name in before} == before
    assert [str(text) for text in after["Author"]] == ["A", "B", "C"]
    assert tags.read(path).tags.artist == ("A", "B", "C")
    assert [value.value[0] for value in after["WM/Picture"]] == [4, 3]


def test_apev1_becomes_apev2_with_all_items(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "one.ape")
    writable_files.write(path, tmp_path, TITLE, SetField("artist", ("Zoë",)))
    tag = APEv2(path)
    values = {name: str(value) for name, value in tag.items()}
    assert values == {"Title": "Ebb", "artist": "Zoë", "Own": "kept"}
    assert path.read_bytes().count(b"APETAGEX\xd0\x07\0\0") == 2  # a header and a footer


def test_a_read_only_apev2_tag_is_left_alone(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "wv")
    data = bytearray(path.read_bytes())
    data[-12] |= 1
    path.write_bytes(data)
    with pytest.raises(ReadOnlyFormat, match="marked as read-only"):
        writable_files.write(path, tmp_path, TITLE)
    assert path.read_bytes() == data


@each_row(
    ("name", "container"),
    [("id3v1.mpc", "APEv2"), ("behind.tta", "ID3v2.4"), ("info.wav", "ID3v2.4")],
)
def test_tags_of_another_format_are_copied_to_the_own(
    tmp_path: Path, name: str, container: str
) -> None:
    path = writable_files.put(tmp_path, name)
    before = tags.read(path)
    writable_files.write(path, tmp_path, CopyToNativeTags())
    after = tags.read(path)
    assert before.container != container
    assert after.container == container
    assert after.tags.title == before.tags.title == ("Low Tide",)
    assert len(after.tags.pictures) == len(before.tags.pictures)


def test_the_last_of_all_items_takes_its_tag_along(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "bare.wv")
    writable_files.write(path, tmp_path, TITLE)
    writable_files.write(path, tmp_path, SetField("title", ()))
    assert path.read_bytes() == writable_files.whole("bare.wv")


def test_a_wav_with_data_after_its_chunks_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(writable_files.whole("bare.wav") + tagging.id3v1())
    writable_files.write(path, tmp_path, TITLE)
    assert path.read_bytes().endswith(tagging.id3v1())
    assert tags.read(path).tags.title == ("Ebb",)


def test_the_lower_case_copies_in_wma_files_of_ffmpeg_are_read_and_changed(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "wma")
    audio = ASF(path)
    for name in list(audio.tags.as_dict()):
        if name.startswith(("Title", "WM/Year")):
            del audio.tags[name]
    audio.tags["Title"] = audio.tags["title"] = [" Ebb "]
    audio.tags["date"] = ["1991"]
    audio.save()
    assert tags.read(path).tags.date == ("1991",)
    writable_files.write(
        path, tmp_path, SetField("title", ("Flow",)), SetField("date", ("1987-05-01",))
    )
    written = ASF(path).tags.as_dict()
    assert [[str(text) for text in written[name]] for name in ("Title", "title", "date")] == [
        ["Flow"],
        ["Flow"],
        ["1987-05-01"],
    ]
    assert "WM/Year" not in written


@each_row(
    ("name", "expected"),
    [
        ("ape", {"Track": "3/9", "Disc": "1/2"}),
        ("wma", {"WM/TrackNumber": "3", "TrackTotal": "9", "WM/PartOfSet": "1/2"}),
    ],
)
def test_totals_are_written_as_picard_writes_them(
    tmp_path: Path, name: str, expected: dict[str, str]
) -> None:
    path = writable_files.put(tmp_path, name)
    numbers = {"track": "3", "track_total": "9", "disc": "1", "disc_total": "2"}
    writable_files.write(path, tmp_path, *(SetField(field, ()) for field in numbers))
    writable_files.write(path, tmp_path, *(SetField(field, (numbers[field],)) for field in numbers))
    written = APEv2(path) if name == "ape" else ASF(path).tags.as_dict()
    names = [key for key, _ in written.items() if key in expected or "otal" in key]
    values = [written[key] for key in names]
    texts = [str(value[0] if isinstance(value, list) else value) for value in values]
    assert dict(zip(names, texts, strict=True)) == expected
    facts = tags.read(path).tags
    assert {field: getattr(facts, field) for field in numbers} == numbers
