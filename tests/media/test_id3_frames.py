"""Frames of every kind keep what they hold when their tag gets another version of ID3v2."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from mutagen import id3

from mediakeep.media.audio import tags
from mediakeep.media.audio.id3 import raw_frames
from mediakeep.media.audio.id3.raw_frames import RawFrame, RawTag
from mediakeep.media.audio.id3.raw_frames import encode_syncsafe as sevens
from mediakeep.media.mutagen_tags import id3_frames, id3_versions
from mediakeep.media.safewrite.write_tags import Id3Version, SetField, WriteRules
from tests.media import mutations_tags as tagging
from tests.media import writable_files
from tests.sampling import each_row

OLD, NEW = WriteRules(id3=Id3Version.OLD), WriteRules(id3=Id3Version.NEW)
TITLE = SetField("title", ("Ebb",))
WORD = "Прилив Āa 潮 𝄞"  # in UTF-16 some letters take four bytes, and some hold a zero


def kinds(encoding: int) -> list[Any]:
    """Make a frame of each kind; 2 is UTF-16 without a mark, 3 is UTF-8."""
    own = {"encoding": encoding}
    inner = [
        id3.TIT2(**own, text=[WORD]),
        id3.TIT3(**own, text=["s" * 300]),
    ]
    return [
        id3.TPE1(**own, text=[WORD, "AC/DC", "Café"]),
        id3.TSOP(**own, text=[WORD]),
        id3.TMOO(**own, text=["calm"]),
        id3.TXXX(**own, desc=WORD, text=["a", WORD]),
        id3.TXXX(**own, desc="plain", text=["Ünïted"]),
        id3.COMM(**own, lang="deu", desc=WORD, text=["Zeile\n" + WORD]),
        id3.USLT(**own, lang="jpn", desc="", text=WORD * 50),
        id3.USER(**own, lang="eng", text=WORD),
        id3.WXXX(**own, desc=WORD, url="https://example.org/%C3%A9"),
        id3.WOAR(url="https://example.org/"),
        id3.GEOB(**own, mime="text/x-own", filename=WORD, desc="d", data=bytes(range(256))),
        id3.APIC(**own, mime="image/png", type=4, desc=WORD, data=writable_files.PHOTO),
        id3.APIC(**own, mime="image/png", type=3, desc="", data=tagging.PICTURE),
        id3.SYLT(**own, lang="eng", format=2, type=1, desc=WORD, text=[(WORD, 7), ("b", 260)]),
        id3.OWNE(**own, price="EUR1", date="20010203", seller=WORD),
        id3.COMR(
            **own,
            price="EUR1",
            valid_until="20010203",
            contact="c",
            format=1,
            seller=WORD,
            desc="d",
            mime="image/png",
            logo=b"\0\1\2",
        ),
        id3.UFID(owner="http://musicbrainz.org", data=b"0000aaaa-0000-4000-8000-000000000001"),
        id3.PRIV(owner="own", data=bytes(range(256))),
        id3.POPM(email="a@example.org", rating=7, count=300),
        id3.PCNT(count=9),
        id3.MCDI(data=bytes(range(200))),
        id3.RVA2(desc="track", channel=1, gain=-3.5, peak=0.5),
        id3.ETCO(format=1, events=[(3, 9)]),
        id3.CHAP(
            element_id="c1",
            start_time=0,
            end_time=9,
            start_offset=1,
            end_offset=2,
            sub_frames=inner,
        ),
        id3.CTOC(element_id="toc", flags=3, child_element_ids=["c1", "c2"], sub_frames=inner),
    ]


def frames(path: Path) -> list[tuple[str, Any]]:
    """Return what mutagen reads of each frame, as it stands there, but for the way it is stored."""
    found = id3.ID3(path, translate=False).values()
    return [(frame.FrameID, plain(frame)) for frame in found]


def plain(frame: Any) -> dict[str, Any]:
    held = {
        one.name: getattr(frame, one.name) for one in frame._framespec if one.name != "encoding"
    }
    if hasattr(frame, "sub_frames"):
        held["sub_frames"] = {key: plain(one) for key, one in frame.sub_frames.items()}
    if isinstance(held.get("text"), list):
        held["text"] = [
            str(one) if isinstance(one, id3.ID3TimeStamp) else one for one in held["text"]
        ]
    return held


def whole(folder: Path, encoding: int) -> Path:
    """Write a tag of 2.4 with a frame of each kind."""
    path = writable_files.put(folder, "bare.mp3")
    audio = id3.ID3()
    for kind in kinds(encoding):
        audio.add(kind)
    audio.save(path, v2_version=4)
    return path


@pytest.mark.parametrize("encoding", [2, 3])
def test_all_frames_hold_the_same_in_both_versions(tmp_path: Path, encoding: int) -> None:
    path = whole(tmp_path, encoding)
    before = frames(path)
    for rules, text in ((OLD, "A"), (NEW, "B")):
        writable_files.write(path, tmp_path, SetField("title", (text,)), rules=rules)
        after = frames(path)
        assert after.pop() == ("TIT2", {"text": [text]})
        assert after == before
        assert tags.read(path).container == f"ID3v{rules.id3}"


@pytest.mark.parametrize("encoding", [2, 3])
def test_no_text_of_2_3_is_in_an_encoding_that_it_has_not(tmp_path: Path, encoding: int) -> None:
    path = whole(tmp_path, encoding)
    writable_files.write(path, tmp_path, TITLE, rules=OLD)
    stored = id3.ID3(path, translate=False)
    told = [frame.encoding for frame in stored.values() if hasattr(frame, "encoding")]
    parts = (stored["CHAP:c1"], stored["CTOC:toc"])
    inner = [one.encoding for part in parts for one in part.sub_frames.values()]
    assert {int(one) for one in told} | {int(one) for one in inner} <= {0, 1}
    assert len(inner) == 4


def test_those_who_took_part_share_one_list_in_2_3(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "bare.mp3")
    audio = id3.ID3()
    audio.add(id3.TIPL(encoding=3, people=[["producer", "Anna"], ["engineer", WORD]]))
    audio.add(id3.TMCL(encoding=0, people=[["bass", "Vera"]]))
    audio.save(path, v2_version=4)
    writable_files.write(path, tmp_path, TITLE, rules=OLD)
    people = [["bass", "Vera"], ["producer", "Anna"], ["engineer", WORD]]
    found = id3.ID3(path, translate=False)
    assert (found["IPLS"].people, "TIPL" in found, "TMCL" in found) == (people, False, False)
    writable_files.write(path, tmp_path, SetField("title", ("Flood",)), rules=NEW)
    found = id3.ID3(path, translate=False)
    assert (found["TIPL"].people, "IPLS" in found) == (people, False)


def converted(frame: bytes, old: int, new: int) -> bytes | None:
    """Convert a tag of one frame to another version; None if it keeps its version."""
    tag = raw_frames.parse_tag(raw_frames.build_tag(frame, old))
    assert tag
    assert len(tag.frames) == 1
    result = id3_versions.convert_tag(tag, new)
    (found,) = result.frames
    if result.version == new:
        return found.raw
    assert found.raw == frame
    return None


def stored(version: int, name: bytes, flags: int, data: bytes) -> bytes:
    size = sevens(len(data)) if version == 4 else struct.pack(">I", len(data))
    return name + size + struct.pack(">H", flags) + data


PACKED = zlib.compress(b"\0Low Tide " * 30)
LONG = 300
TEXTS = b"\0Low Tide " * 30 + b"\0"


@each_row(
    ("old", "new"),
    [
        # When to discard it, and that it is only read.
        ((3, 0xE000, b"\0a"), (4, 0x7000, b"\0a\0")),
        ((4, 0x5000, b"\0a"), (3, 0xA000, b"\0a\0")),
        # A group.
        ((3, 0x0020, b"\x07\0a"), (4, 0x0040, b"\x07\0a\0")),
        ((4, 0x0041, b"\x07" + sevens(2) + b"\0a"), (3, 0x0020, b"\x07\0a\0")),
        # Compressed: it is so no more.
        ((3, 0x0080, struct.pack(">I", LONG) + PACKED), (4, 0, TEXTS)),
        ((4, 0x0009, sevens(LONG) + PACKED), (3, 0, TEXTS)),
        ((3, 0x00A0, struct.pack(">I", LONG) + b"\7" + PACKED), (4, 0x0040, b"\7" + TEXTS)),
        # Unsynchronised.
        ((4, 0x0002, b"\1\xff\0\xfeA\0"), (3, 0, b"\1\xff\xfeA\0\0\0")),
        # Texts that are not what they claim to be.
        ((4, 0, b"\3\xff\xfe"), (3, 0, b"\3\xff\xfe")),
        ((4, 0, b"\2\0"), (3, 0, b"\2\0")),
        ((4, 0, b"\x09what"), (3, 0, b"\x09what")),
    ],
)
def test_flags_move_to_their_places_and_what_cannot_be_read_goes_as_it_is(
    old: tuple[int, int, bytes], new: tuple[int, int, bytes]
) -> None:
    frame = stored(old[0], b"TPE1", *old[1:])
    assert converted(frame, old[0], new[0]) == stored(new[0], b"TPE1", *new[1:])


@each_row(
    ("version", "flags", "data"),
    [
        # Compressed, but the bytes are malformed.
        (3, 0x0080, struct.pack(">I", LONG) + b"bad"),
        (4, 0x0009, sevens(LONG) + b"bad"),
        # Encrypted by method 5, in group 7, compressed before.
        (3, 0x00E0, struct.pack(">I", LONG) + b"\5\7secret"),
        (4, 0x004D, b"\7\5" + sevens(LONG) + b"secret"),
    ],
)
def test_a_tag_with_a_frame_that_nobody_can_decode_keeps_its_version(
    version: int, flags: int, data: bytes
) -> None:
    assert converted(stored(version, b"TPE1", flags, data), version, 7 - version) is None


@pytest.mark.parametrize("version", [3, 4])
def test_a_tag_with_endlessly_nested_chapters_keeps_its_version(version: int) -> None:
    frame = b""
    for _ in range(2000):
        frame = stored(version, b"CHAP", 0, b"c\0" + bytes(16) + frame)
    assert converted(frame, version, 7 - version) is None


def test_many_frames_of_one_name_are_replaced_at_once() -> None:
    frame = RawFrame("TDRC", stored(4, b"TDRC", 0, b"\x001974"))
    assert len(id3_versions.convert_tag(RawTag(4, (frame,) * 900), 3).frames) == 1


@each_row(
    ("name", "content"),
    [
        ("COMM", b"\3eng"),
        ("COMM", b"\3"),
        ("WXXX", b"\3no end"),
        ("GEOB", b"\3text/plain\0file\0no end"),
        ("SYLT", b"\3eng\1\1about\0line"),
        ("APIC", b"\2image/png\0\3\0a\0"),
        ("TPE1", b"\3"),
        ("XOWN", b"\3own"),
    ],
)
def test_a_frame_that_ends_too_early_loses_nothing(name: str, content: bytes) -> None:
    frame = stored(4, name.encode(), 0, content)
    found = converted(frame, 4, 3)
    assert found
    told = [id3_frames.parse_frame(RawFrame(name, raw), 3) for raw in (found,)]
    assert found == stored(3, name.encode(), 0, content) or told[0]
