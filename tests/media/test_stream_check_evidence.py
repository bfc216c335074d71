"""Peculiarities of encoders are no evidence of truncation; real evidence is found."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

from mediakeep.media.audio import formats, tags
from mediakeep.media.audio.formats import AudioFormat
from mediakeep.media.audio.stream_check import missing_time_text
from mediakeep.media.audio.tags import StreamCheck
from mediakeep.media.bounded_file import BoundedFile
from mediakeep_samples.music import track_files
from tests.media import mutations_sounds as small
from tests.sampling import each_row

ID3V1 = b"TAG" + bytes(124) + b"\xff"
FRAME = bytes.fromhex("fffb9064") + bytes(413)  # MPEG 1, layer III, 128 kbit/s, 44.1 kHz, stereo
ALL_ONES = 0xFFFFFFFF


def examined(folder: Path, data: bytes, kind: AudioFormat) -> StreamCheck:
    path = folder / "a"
    path.write_bytes(data)
    with path.open("rb") as handle:
        return tags.check_stream(BoundedFile(handle.fileno(), len(data)), kind)


def xing(mark: bytes = b"Xing", **fields: int) -> bytes:
    """A first frame whose header tells frames, bytes, or LAME's own count of bytes (music)."""
    told = [fields[name] for name in ("frames", "count") if name in fields]
    flags = ("frames" in fields) | 2 * ("count" in fields) | 12 * ("music" in fields)
    head = mark + struct.pack(f">I{len(told)}I", flags, *told)
    if "music" in fields:
        head += bytes(104) + b"LAME3.100".ljust(28, b"\0") + struct.pack(">I", fields["music"])
    return FRAME[:36] + head + FRAME[36 + len(head) :]


def vbri(count: int) -> bytes:
    return FRAME[:36] + b"VBRI" + struct.pack(">HHHII", 1, 0, 75, count, 9) + FRAME[58:]


def id3(size: int) -> bytes:
    return b"ID3\x04\0\0" + bytes((0, 0, size >> 7, size & 127)) + bytes(size)


MP3S = {  # file, and the declared bytes if some are missing
    "no header": (FRAME * 10, 0),
    "bytes that are there": (xing(count=4170) + FRAME * 9, 0),
    "bytes that are not there": (xing(count=41_700) + FRAME * 9, 41_700),
    "a header that is not counted": (xing(count=3753) + FRAME * 9, 0),
    "a count of none": (xing(count=0) + FRAME * 9, 0),
    "a count of all ones": (xing(count=ALL_ONES) + FRAME * 9, 0),
    "neither frames nor bytes": (xing() + FRAME * 9, 0),
    "even frames that are there": (xing(b"Info", frames=9) + FRAME * 9, 0),
    "even frames that are not there": (xing(b"Info", frames=100) + FRAME * 9, 41_700),
    "uneven frames that may be small": (xing(frames=38) + FRAME * 9, 0),
    "uneven frames that are too many": (xing(frames=100) + FRAME * 9, 10_400),
    "tags that are counted in": (id3(9000) + xing(count=13_180) + FRAME * 9, 0),
    "tags but for ID3v1 counted in": (id3(9000) + xing(count=13_180) + FRAME * 9 + ID3V1, 0),
    "tags that LAME counts out": (xing(count=9000, frames=9, music=4170) + FRAME * 9, 0),
    "less than LAME counts": (xing(count=9000, frames=9, music=8500) + FRAME * 9, 8500),
    "Fraunhofer's bytes": (vbri(4170) + FRAME * 9, 0),
    "Fraunhofer's bytes gone": (vbri(41_700) + FRAME * 9, 41_700),
    "Fraunhofer's none": (vbri(0) + FRAME * 9, 0),
    "zeros before the first frame": (bytes(900) + xing(count=41_700) + FRAME * 9, 41_700),
    "what looks like a frame first": (b"\0\xff\xfb" * 9 + xing(count=41_700) + FRAME, 41_700),
    "more than was promised": (xing(count=4170) + FRAME * 90, 0),
    "two tags in front": (id3(30) + id3(4000) + xing(count=4170) + FRAME * 9, 0),
}


@each_row(("data", "promised"), MP3S.values(), ids=MP3S)
def test_an_mp3_is_believed_as_encoders_mean_it(tmp_path: Path, data: bytes, promised: int) -> None:
    told = examined(tmp_path, data, formats.MP3).truncated
    assert told.endswith(f" of {promised:,} bytes") if promised else told == ""


@each_row(
    ("head", "told"),
    [
        (b"ID3\x04\0\0\0\0\x7f\x7f", "its tags take 16,393 bytes, it holds 900"),
        (b"ID3\x02\0\0\0\0\x7f\x7f", "its tags take 16,393 bytes, it holds 900"),
        (b"ID3\x09\0\0\0\0\x7f\x7f", ""),  # an unknown version
        (b"ID3\x04\0\0\0\x80\x7f\x7f", ""),  # an invalid size
    ],
)
def test_a_tag_that_goes_on_behind_the_end_tells_of_it(
    tmp_path: Path, head: bytes, told: str
) -> None:
    assert examined(tmp_path, head.ljust(900, b"T"), formats.MP3).truncated == told


def ape(header: bool) -> bytes:
    mark = b"APETAGEX" + struct.pack("<IIII", 2000, 32 + 90, 1, header << 31) + bytes(8)
    return mark * header + bytes(90) + mark


FOOTED = b"ID3\x04\0\x10\0\0\0\x28" + bytes(40) + b"3DI\x04\0\x10\0\0\0\x28"
LYRICS = b"LYRICSBEGIN" + b"la " * 30 + b"000101LYRICS200"
AROUND = {  # data before and after the audio
    "nothing": (b"", b""),
    "ID3v2": (id3(50), b""),
    "ID3v2 with a footer": (FOOTED, b""),
    "ID3v1": (b"", ID3V1),
    "APEv2": (b"", ape(True)),
    "APEv2 without a header": (b"", ape(False)),
    "APEv2 and ID3v1": (id3(50), ape(True) + ID3V1),
    "Lyrics3 and ID3v1": (b"", LYRICS + ID3V1),
    "APEv2, Lyrics3 and ID3v1": (id3(50) + id3(9), ape(True) + LYRICS + ID3V1),
    "ID3v2 at the end": (b"", FOOTED),
}


@each_row(("before", "behind"), AROUND.values(), ids=AROUND)
def test_tags_are_no_part_of_the_sound(tmp_path: Path, before: bytes, behind: bytes) -> None:
    found = examined(tmp_path, before + FRAME * 9 + behind, formats.MP3)
    assert found == StreamCheck(len(FRAME) * 9)


def test_a_tag_behind_that_claims_more_than_there_is_is_none(tmp_path: Path) -> None:
    false = ape(True)[-32:].replace(struct.pack("<I", 122), struct.pack("<I", 99_999))
    found = examined(tmp_path, FRAME * 9 + false, formats.MP3)
    assert found == StreamCheck(len(FRAME) * 9 + 32)


def atom(name: bytes, *parts: bytes, size: int | None = None) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I4s", 8 + len(data) if size is None else size, name) + data


def moov(*chunks: int, table: bytes = b"stco") -> bytes:
    width = ">Q" if table == b"co64" else ">I"
    places = b"".join(struct.pack(width, chunk) for chunk in chunks)
    tables = atom(table, struct.pack(">II", 0, len(chunks)), places)
    media = atom(b"mdia", atom(b"minf", atom(b"stbl", tables)))
    return atom(b"moov", atom(b"mvhd", bytes(100)), atom(b"trak", media), atom(b"udta", b"x" * 9))


FTYP, SOUND = atom(b"ftyp", b"M4A \0\0\0\0"), bytes(range(256)) * 4
MDAT, LONG = atom(b"mdat", SOUND), struct.pack(">I4sQ", 1, b"mdat", 16 + len(SOUND)) + SOUND
OPEN, EMPTY = atom(b"mdat", SOUND, size=0), atom(b"moov", atom(b"mvhd", bytes(100)))
MP4S = {
    "sound behind": (FTYP + moov(200, 300) + MDAT, ""),
    "sound in front": (FTYP + MDAT + moov(24, 40), ""),
    "a long size": (FTYP + LONG + moov(32), ""),
    "a long size cut": ((FTYP + moov(200) + LONG)[:-1], "it holds"),
    "a size up to the end": (FTYP + moov(200) + OPEN, ""),
    "a size up to the end, cut": ((FTYP + moov(200, 1100) + OPEN)[:-400], "it holds"),
    "long offsets": (FTYP + moov(200, 1100, table=b"co64") + OPEN, ""),
    "long offsets cut": ((FTYP + moov(200, 1100, table=b"co64") + OPEN)[:-400], "of 1,101"),
    "free room": (FTYP + moov(200) + atom(b"free", bytes(90)) + MDAT + atom(b"free"), ""),
    "wide": (atom(b"wide") + MDAT + moov(16), ""),
    "fragments": (FTYP + EMPTY + (atom(b"moof", bytes(40)) + MDAT) * 3, ""),
    "fragments cut": ((FTYP + EMPTY + (atom(b"moof", bytes(40)) + MDAT) * 3)[:-9], "it holds"),
    "fragments cut between": (FTYP + EMPTY + atom(b"moof", bytes(40)), "a part without which"),
    "another's atom": (FTYP + atom(b"uuid", bytes(30)) + moov(200) + MDAT, ""),
    "ID3v1 behind": (FTYP + moov(200) + MDAT + ID3V1, ""),
    "zeros behind": (FTYP + moov(200) + MDAT + bytes(3), ""),
    "words behind": (FTYP + MDAT + moov(24) + b"\x7fBYE" * 5, ""),
    "no table, and no certain beginning": (MDAT, ""),
    "no table": (FTYP + MDAT, "a part without which"),
    "no sound": (FTYP + moov(), "a part without which"),
    "a damaged middle": (FTYP + b"\x12\x34\x56\x78" * 99, ""),
    "a table with nothing in it": (FTYP + moov() + MDAT, ""),
}


@each_row(("data", "told"), MP4S.values(), ids=MP4S)
def test_atoms_of_all_sorts_are_followed_to_the_end(tmp_path: Path, data: bytes, told: str) -> None:
    found = examined(tmp_path, data, formats.MP4).truncated
    assert told in found if told else found == ""


def riff(size: int, kept: int, *, form: bytes = b"RIFF", before: bytes = b"") -> bytes:
    """A WAV whose `data` claims `size` bytes and has `kept`."""
    shape = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    parts = b"WAVE" + before + shape + b"data" + struct.pack("<I", size) + bytes(kept)
    return form + struct.pack("<I", len(parts)) + parts


def ds64(size: int) -> bytes:
    return b"ds64" + struct.pack("<IQQQI", 28, size + 80, size, size, 0)


def aiff(size: int, kept: int) -> bytes:
    shape = b"COMM" + struct.pack(">IhIh", 18, 1, 99, 8) + bytes.fromhex("400bfa00000000000000")
    parts = b"AIFF" + shape + b"SSND" + struct.pack(">I", size) + bytes(kept)
    return b"FORM" + struct.pack(">I", len(parts)) + parts


LISTED = b"LIST" + struct.pack("<I", 7) + b"INFOabc\0"
CHUNKS = {  # format, file, size of its audio, and reason
    "whole": (formats.WAV, riff(900, 900), 900, ""),
    "cut": (formats.WAV, riff(900, 500), 500, "it holds 500 of 900 bytes"),
    "odd, without padding": (formats.WAV, riff(901, 901), 901, ""),
    "the whole file's size": (formats.WAV, riff(936, 900), 900, ""),
    "no size": (formats.WAV, riff(0, 900), 900, ""),
    "all ones": (formats.WAV, riff(ALL_ONES, 900), 900, ""),
    "nearly two gigabytes": (formats.WAV, riff(0x7FFFF000, 900), 900, ""),
    "a list in front": (formats.WAV, riff(900, 900, before=LISTED), 900, ""),
    "a list behind": (formats.WAV, riff(900, 900) + LISTED, 900, ""),
    "ID3v2 in front": (formats.WAV, id3(500) + riff(900, 700), 700, "it holds 700 of 900"),
    "long": (formats.WAV, riff(ALL_ONES, 900, form=b"RF64", before=ds64(900)), 900, ""),
    "long, cut": (formats.WAV, riff(ALL_ONES, 99, form=b"RF64", before=ds64(900)), 99, "of 900"),
    "no sound yet, of no known size": (formats.WAV, b"RIFF" + b"\xff" * 4 + b"WAVE", 0, ""),
    "AIFF": (formats.AIFF, aiff(900, 900), 900, ""),
    "AIFF, cut": (formats.AIFF, aiff(900, 500), 500, "it holds 500 of 900 bytes"),
    "AIFF without a size": (formats.AIFF, aiff(0, 900), 900, ""),
    "AIFF of all ones": (formats.AIFF, aiff(ALL_ONES, 900), 900, ""),
}


@each_row(("kind", "data", "size", "told"), CHUNKS.values(), ids=CHUNKS)
def test_chunks_tell_their_sizes_unless_their_writer_did_not_know(
    tmp_path: Path, kind: AudioFormat, data: bytes, size: int, told: str
) -> None:
    found = examined(tmp_path, data, kind)
    assert found.payload == size
    assert told in found.truncated if told else found.truncated == ""


@each_row("more, told", [(0, ""), (900, ""), (1 << 32, "declares 900 bytes of audio, 4,294,967")])
def test_a_size_that_lost_its_highest_bits_hides_no_audio(
    tmp_path: Path, more: int, told: str
) -> None:
    path, data = tmp_path / "a.wav", riff(900, 900)
    path.write_bytes(data)
    os.truncate(path, len(data) + more)  # which takes no room
    with path.open("rb") as handle:
        found = tags.check_stream(BoundedFile(handle.fileno(), len(data) + more), formats.WAV)
    assert told in found.truncated if told else found.truncated == ""


def page(flags: int, serial: int, *packets: bytes) -> bytes:
    """A page of small packets with an invalid checksum, which is not checked."""
    sizes = bytes(len(packet) for packet in packets)
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 0, serial, 0, 0, len(sizes))
    return head + sizes + b"".join(packets)


def opus(*pages: bytes, serial: int = 1) -> bytes:
    return page(2, serial, b"OpusHead\x01\x01") + page(0, serial, b"OpusTags") + b"".join(pages)


PAGE, LAST = page(0, 1, bytes(200), bytes(90)), page(4, 1, bytes(150))
OGGS = {  # file, size of its audio pages, and reason
    "one page": (opus(LAST), len(LAST), ""),
    "some pages": (opus(PAGE, PAGE, LAST), 2 * len(PAGE) + len(LAST), ""),
    "no end": (opus(PAGE, PAGE), 2 * len(PAGE), "its end is not marked"),
    "an unfinished packet": (
        opus(PAGE, page(0, 1, bytes(99), bytes(255))),
        len(PAGE + page(0, 1, bytes(99), bytes(255))),
        "its last packet is truncated",
    ),
    "no sound": (opus(), 0, "its stream does not end"),
    "a lone header": (page(2, 1, b"OpusHead\x01\x01"), 0, "its stream does not end"),
    "a chain": (opus(LAST) + opus(LAST), len(LAST) + len(opus(LAST)), ""),
    "a chain without an end": (
        opus(LAST) + opus(PAGE),
        len(LAST + opus(PAGE)),
        "its end is not marked",
    ),
    "ID3v1 behind": (opus(PAGE, LAST) + ID3V1, len(PAGE + LAST), ""),
    "zeros behind": (opus(PAGE, LAST) + bytes(20_000), len(PAGE + LAST), ""),
    "a mark behind": (opus(PAGE, LAST) + b"OggS\0\x77" + bytes(99), len(PAGE + LAST), ""),
    "a stream beside": (
        page(2, 9, b"fishead\0") + opus(page(4, 9), PAGE, LAST),
        len(page(4, 9) + PAGE + LAST),
        "",
    ),
}


@each_row(("data", "size", "told"), OGGS.values(), ids=OGGS)
def test_pages_of_all_sorts_are_followed_to_the_last(
    tmp_path: Path, data: bytes, size: int, told: str
) -> None:
    found = examined(tmp_path, data, formats.OPUS)
    assert found.payload == size
    assert told in found.truncated if told else found.truncated == ""


def changed(at: int, new: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + new + data[at + len(new) :]


def behind(more: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data + more


def cut_after(change: Callable[[bytes], bytes], lost: int) -> Callable[[bytes], bytes]:
    return lambda data: change(data)[:-lost]


PROPERTIES = 30  # where the first object in the header of an ASF begins
UNKNOWN_LARGEST = changed(12, bytes(6))
SPOILT = {  # none of these proves truncation
    "FLAC with ID3v1": (formats.FLAC, "chord.flac", behind(ID3V1)),
    "FLAC with sizes of frames unknown": (formats.FLAC, "chord.flac", UNKNOWN_LARGEST),
    "FLAC before strange bytes": (formats.FLAC, "chord.flac", behind(bytes(70_000))),
    "ASF with packets uncounted": (
        formats.ASF,
        "wma",
        cut_after(changed(PROPERTIES + 56, bytes(8)), 400),
    ),
    "ASF of a broadcast": (formats.ASF, "wma", cut_after(changed(PROPERTIES + 88, b"\1"), 400)),
    "ASF with packets of two sizes": (
        formats.ASF,
        "wma",
        cut_after(changed(PROPERTIES + 96, b"\x99\x99"), 400),
    ),
    "WavPack with samples uncounted": (formats.WAVPACK, "wv", changed(12, b"\xff" * 4)),
    "Musepack before strange bytes": (formats.MUSEPACK, "mpc", behind(bytes(300))),
    "DSF with its size unknown": (formats.DSF, "dsf", cut_after(changed(12, bytes(8)), 400)),
}


@each_row(("kind", "name", "spoil"), SPOILT.values(), ids=SPOILT)
def test_what_is_unknown_or_follows_the_sound_proves_nothing(
    tmp_path: Path, kind: AudioFormat, name: str, spoil: Callable[[bytes], bytes]
) -> None:
    data = track_files.read_seed_file(name) if name == "chord.flac" else small.whole(name)
    assert spoil(data) != data
    assert examined(tmp_path, spoil(data), kind).truncated == ""


def test_a_flac_that_does_not_know_its_length_may_end_anywhere(tmp_path: Path) -> None:
    data = track_files.read_seed_file("chord.flac")
    streamed = data[:21] + bytes((data[21] & 0xF0,)) + bytes(4) + data[26:]
    assert examined(tmp_path, data[:-3000], formats.FLAC).truncated
    assert not examined(tmp_path, streamed[:-3000], formats.FLAC).truncated


def test_a_flac_whose_largest_frame_is_unknown_is_searched_all_the_same(tmp_path: Path) -> None:
    data = UNKNOWN_LARGEST(track_files.read_seed_file("chord.flac"))
    assert "it ends at" in examined(tmp_path, data[:-4500], formats.FLAC).truncated


def test_blocks_of_wavpack_without_sound_are_passed_over(tmp_path: Path) -> None:
    sums = b"wvpk" + struct.pack("<IHBBIIIII", 24, 0x410, 0, 0, 0, 0, 0, 0, 0)
    data = small.whole("wv")
    data = data[: data.index(b"APETAGEX")]
    assert examined(tmp_path, data + sums, formats.WAVPACK).truncated == ""
    assert "it ends at" in examined(tmp_path, data[:-432] + sums, formats.WAVPACK).truncated


def test_what_only_looks_like_a_last_frame_does_not_hide_a_lost_end(tmp_path: Path) -> None:
    data = track_files.read_seed_file("chord.flac")
    head = next(data[at : at + 4] for at in (data.rindex(b"\xff\xf8"), 0) if at)
    false = head[:2] + b"\xc9" + head[3:4] + b"\x7f" + b"\0"  # 4,096 samples, and a wrong sum
    assert "it ends at" in examined(tmp_path, data[:-4500] + false * 3, formats.FLAC).truncated


@each_row("at", [12, 84])
def test_both_sizes_of_a_dsf_are_evidence(tmp_path: Path, at: int) -> None:
    data = small.whole("dsf")
    larger = int.from_bytes(data[at : at + 8], "little") + 50_000
    data = changed(at, larger.to_bytes(8, "little"))(data)
    assert examined(tmp_path, data, formats.DSF).truncated.startswith("it holds")


def test_missing_time_is_never_shown_as_none() -> None:
    assert missing_time_text(200.2, 200.9) == "it ends at 3:20 of 3:21"
