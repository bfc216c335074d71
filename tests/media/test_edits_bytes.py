"""What a change does not concern stays as it is, byte by byte: frames, atoms, comments, padding."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from mutagen import id3, mp4
from mutagen.flac import FLAC, Padding

from mediakeep.errors import ReadOnlyFormat, ValueNotSupported
from mediakeep.media.audio import tags
from mediakeep.media.audio.decode import ogg_page_scan
from mediakeep.media.audio.flac.raw_comments import RawComments
from mediakeep.media.audio.id3 import raw_frames
from mediakeep.media.audio.id3.id3v2 import decode_syncsafe
from mediakeep.media.audio.id3.raw_frames import RawTag
from mediakeep.media.audio.ogg import rewrite_pages
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.mutagen_tags.id3_tags import PADDING
from mediakeep.media.safewrite import audio_layout
from mediakeep.media.safewrite.write_tags import Id3Version, SetCover, SetField, WriteRules
from mediakeep_samples.music import track_files
from tests.media import mutations_sounds as small
from tests.media import writable_files
from tests.sampling import each_row

TITLE = SetField("title", ("Ebb",))
LONG = SetField("title", ("Ebb and flow " * 4500,))


def tag(data: bytes) -> RawTag:
    found = raw_frames.parse_tag(data[: 10 + decode_syncsafe(data[6:10])])
    assert found
    return found


def comments(path: Path, packets: int) -> RawComments:
    with path.open("rb") as handle:
        source = BoundedFile(handle.fileno(), path.stat().st_size)
        spans = rewrite_pages.read_header_pages(source, packets).packets[0]
        packet = b"".join(source.read(span.start, span.size) for span in spans)
    return RawComments.parse(packet[7:])


# ID3v2


@pytest.mark.parametrize("edit", [TITLE, LONG], ids=["fits", "grows"])
@pytest.mark.parametrize(
    "name", ["mp3", "v23.mp3", "strange.mp3", "unsynced3.mp3", "unsynced4.mp3", "flags.mp3"]
)
def test_all_other_frames_of_an_id3_tag_stay_as_they_are(
    tmp_path: Path, name: str, edit: SetField
) -> None:
    path = writable_files.put(tmp_path, name)
    before = tag(path.read_bytes())
    writable_files.write(path, tmp_path, edit)
    after = tag(path.read_bytes())
    assert after.version == before.version
    assert not after.unsynced
    kept = [frame.raw for frame in before.iter_without_unsynchronisation() if frame.name != "TIT2"]
    assert [frame.raw for frame in after.frames if frame.name != "TIT2"] == kept
    assert [frame.name for frame in after.frames] == [frame.name for frame in before.frames]
    assert after.rest == before.rest


def test_a_tag_keeps_its_size_while_its_padding_lasts_and_grows_by_some_kilobytes(
    tmp_path: Path,
) -> None:
    path = writable_files.put(tmp_path, "mp3")
    size = path.stat().st_size
    writable_files.write(path, tmp_path, SetField("title", ("T" * 48,)))
    assert path.stat().st_size == size
    assert tag(path.read_bytes()).padding == 0
    writable_files.write(path, tmp_path, SetField("title", ("T" * 49,)))
    assert path.stat().st_size == size + PADDING + 1
    assert tag(path.read_bytes()).padding == PADDING
    writable_files.write(path, tmp_path, TITLE)
    assert path.stat().st_size == size + PADDING + 1


def test_texts_of_2_3_are_in_latin_1_or_if_that_is_not_enough_in_utf_16(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "strange.mp3")
    writable_files.write(
        path, tmp_path, TITLE, SetField("artist", ("Ö",)), SetField("album", ("Café",))
    )
    texts = {frame.name: frame.raw[10:] for frame in tag(path.read_bytes()).frames}
    assert texts["TIT2"] == b"\0Ebb\0"
    assert texts["TPE1"] == b"\0\xd6\0"
    assert texts["TALB"] == b"\0Caf\xe9\0"
    writable_files.write(path, tmp_path, SetField("artist", ("Привет", "Two")))
    texts = {frame.name: frame.raw[10:] for frame in tag(path.read_bytes()).frames}
    assert (
        texts["TPE1"] == b"\1\xff\xfe" + "Привет".encode("utf-16-le") + b"\0\0\xff\xfeT\0w\0o\0\0\0"
    )


def test_a_date_takes_two_frames_in_2_3_and_one_in_2_4(tmp_path: Path) -> None:
    path, dates = writable_files.put(tmp_path, "strange.mp3"), ("TDRC", "TYER", "TDAT", "TIME")
    assert tags.read(path).tags.date == ("1974-05-01",)
    for date, kept in (
        ("1999-12-31", {"TYER": b"1999", "TDAT": b"3112"}),
        ("2001-02", {"TDRC": b"2001-02", "TYER": b"2001"}),  # 2.3 has no place for a month alone
        ("1999", {"TYER": b"1999"}),
        ("in summer", {"TYER": b"in summer"}),
    ):
        writable_files.write(path, tmp_path, SetField("date", (date,)))
        found = {
            f.name: f.raw[11:].rstrip(b"\0")
            for f in tag(path.read_bytes()).frames
            if f.name in dates
        }
        assert found == kept
        assert tags.read(path).tags.date == (date,)
    path = writable_files.put(tmp_path, "mp3")
    writable_files.write(path, tmp_path, SetField("date", ("1999-12",)))
    assert str(id3.ID3(path)["TDRC"]) == "1999-12"


def test_a_tag_of_2_2_is_raised_with_all_that_is_in_it(tmp_path: Path) -> None:
    extra = b"XQZ" + (5).to_bytes(3) + b"\0mine" + b"COM" + (9).to_bytes(3) + b"\0engabc\0d"
    old = tag(writable_files.whole("v22.mp3"))
    body = b"".join(frame.raw for frame in old.frames) + extra
    path = tmp_path / "a.mp3"
    path.write_bytes(raw_frames.build_tag(body, 2) + track_files.read_seed_file("bell.mp3"))
    before = tags.read(path).tags
    writable_files.write(path, tmp_path, TITLE)
    after = tags.read(path)
    assert after.container == "ID3v2.3"
    assert after.tags.pictures == before.pictures
    found = {frame.name: frame.raw[10:] for frame in tag(path.read_bytes()).frames}
    assert found["XQZ"] == b"\0mine"
    assert found["COMM"] == b"\0engabc\0d"
    assert id3.ID3(path)["APIC:"].data == writable_files.tagging.PICTURE


@pytest.mark.parametrize("version", list(Id3Version))
def test_a_new_cover_keeps_the_description_of_the_one_before(
    tmp_path: Path, version: Id3Version
) -> None:
    path = writable_files.put(tmp_path, "odd24.mp3")
    assert id3.ID3(path).getall("APIC")[0].desc == "Vorné"
    cover = SetCover(writable_files.IMAGE, "image/png")
    writable_files.write(path, tmp_path, cover, rules=WriteRules(id3=version))
    (picture,) = id3.ID3(path).getall("APIC")
    assert (picture.desc, picture.data) == ("Vorné", writable_files.IMAGE)


def test_only_the_frame_of_the_same_description_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(track_files.read_seed_file("bell.mp3"))
    texts = id3.ID3()
    texts.add(id3.TXXX(encoding=1, desc="MusicBrainz Album Id", text=["old"]))
    texts.add(id3.TXXX(encoding=0, desc="Other", text=["kept"]))
    texts.add(id3.UFID(owner="http://www.id3.org/", data=b"1"))
    texts.add(id3.UFID(owner="http://musicbrainz.org", data=b"2"))
    texts.add(id3.COMM(encoding=0, lang="deu", desc="", text=["old"]))
    texts.add(id3.COMM(encoding=0, lang="eng", desc="iTunNORM", text=[" 000"]))
    texts.save(path)
    edits = {"musicbrainz_albumid": "new", "musicbrainz_recordingid": "3", "comment": "new"}
    writable_files.write(
        path, tmp_path, *(SetField(field, (text,)) for field, text in edits.items())
    )
    after = id3.ID3(path)
    assert after["TXXX:MusicBrainz Album Id"].text == ["new"]
    assert after["TXXX:Other"].text == ["kept"]
    assert after["UFID:http://www.id3.org/"].data == b"1"
    assert after["UFID:http://musicbrainz.org"].data == b"3"
    assert after["COMM::deu"].text == ["new"]
    assert after["COMM:iTunNORM:eng"].text == [" 000"]


# FLAC


def blocks(path: Path) -> list[tuple[int, bytes]]:
    return [(block.code, block.write()) for block in FLAC(path).metadata_blocks]


@pytest.mark.parametrize("edit", [TITLE, LONG], ids=["fits", "grows"])
@pytest.mark.parametrize("name", ["flac", "pictured.flac", "tagged.flac"])
def test_all_other_blocks_of_a_flac_stay_as_they_are(
    tmp_path: Path, name: str, edit: SetField
) -> None:
    path = writable_files.put(tmp_path, name)
    writable_files.write(path, tmp_path, SetField("isrc", ("X",)))
    before, size = blocks(path), path.stat().st_size
    writable_files.write(path, tmp_path, edit)
    after = blocks(path)
    assert [code for code, _ in after] == [code for code, _ in before]
    keep = [block for block in before if block[0] not in (1, 4)]
    assert [block for block in after if block[0] not in (1, 4)] == keep
    if edit is TITLE:
        assert path.stat().st_size == size
    else:
        assert [block.length for block in FLAC(path).metadata_blocks if isinstance(block, Padding)]


def test_comments_keep_their_order_and_the_case_of_their_names(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "mixed.ogg")
    before = comments(path, 2)
    writable_files.write(
        path, tmp_path, SetField("artist", ("C", "D")), SetField("track", ("4",)), LONG
    )
    after = comments(path, 2)
    assert after.vendor == before.vendor
    expected = [b"Artist=C", b"Artist=D", b"TITLE=" + LONG.values[0].encode(), b"X-own=kept"]
    assert after.entries[:4] == expected
    assert after.entries[4] == b"TrackNumber=4"
    assert after.entries[5:] == [*before.entries[5:], b"TRACKTOTAL=12"]


def test_a_copy_under_another_name_follows_and_another_value_does_not(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "mixed.ogg")
    writable_files.write(
        path, tmp_path, SetField("albumartist", ("Z",)), SetField("date", ("1975",))
    )
    entries = comments(path, 2).entries
    assert b"ALBUM ARTIST=Z" in entries
    assert b"albumartist=Z" in entries
    assert b"YEAR=1975" in entries
    assert not [entry for entry in entries if entry.startswith(b"DATE=")]
    writable_files.write(path, tmp_path, SetField("albumartist", ()))
    assert not [entry for entry in comments(path, 2).entries if entry.lower().startswith(b"album")]


def test_what_is_named_after_the_year_takes_the_year_of_a_date(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "mixed.ogg")
    for date, year in (("1976-05-01", b"1976"), ("1977-02", b"1977"), ("1978", b"1978")):
        writable_files.write(path, tmp_path, SetField("date", (date,)))
        entries = comments(path, 2).entries
        assert b"YEAR=" + year in entries
        assert b"DATE=" + date.encode() in entries
        assert tags.read(path).tags.date == (date,)
    writable_files.write(path, tmp_path, SetField("date", ()))
    assert not [entry for entry in comments(path, 2).entries if entry[:5] in (b"YEAR=", b"DATE=")]


def test_a_picture_too_large_for_flac_is_refused(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "flac")
    with pytest.raises(ValueNotSupported, match="tags of such a size cannot be written"):
        writable_files.write(path, tmp_path, SetCover(bytes(1 << 24), "image/png"))


# Ogg


@pytest.mark.parametrize("edit", [TITLE, LONG], ids=["fits", "grows"])
@pytest.mark.parametrize("name", ["ogg", "mixed.ogg", "bare.ogg", "opus", "bare.opus"])
def test_every_page_of_an_ogg_has_its_number_and_its_sum(
    tmp_path: Path, name: str, edit: SetField
) -> None:
    path = writable_files.put(tmp_path, name)
    flood, small_picture = SetField("title", ("Flood",)), SetCover(b"GIF89a", "image/gif")
    for change in (edit, SetCover(writable_files.IMAGE, "image/png"), flood, small_picture):
        writable_files.write(path, tmp_path, change)
        with path.open("rb") as handle:
            source = BoundedFile(handle.fileno(), path.stat().st_size)
            assert ogg_page_scan.scan_pages(source).damaged == []


@pytest.mark.parametrize("name", ["ogg", "opus"])
def test_a_page_of_sound_that_is_damaged_stays_so(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    writable_files.write(path, tmp_path, LONG)
    with path.open("rb") as handle:
        source = BoundedFile(handle.fileno(), path.stat().st_size)
        assert ogg_page_scan.scan_pages(source).damaged


def test_an_ogg_of_several_streams_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    first, second = writable_files.whole("ogg"), writable_files.whole("opus")
    at, other = first.index(b"OggS", 4), second.index(b"OggS", 4)
    path.write_bytes(first[:at] + second[:other] + first[at:] + second[other:])
    with pytest.raises(ReadOnlyFormat, match="it contains several streams"):
        writable_files.write(path, tmp_path, TITLE)


def test_a_chained_stream_behind_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    behind = writable_files.whole("mixed.ogg")
    path.write_bytes(writable_files.whole("ogg") + behind)
    writable_files.write(path, tmp_path, LONG)
    assert path.read_bytes().endswith(behind)


def test_bytes_behind_the_comments_of_opus_are_kept_unless_they_are_zeros(tmp_path: Path) -> None:
    path = tmp_path / "a.opus"
    data = writable_files.whole("bare.opus")
    with BytesIO(data) as stream:
        page = small.OggPage(stream)
        page = small.OggPage(stream)
        rest = data[stream.tell() :]
    page.packets = [page.packets[0] + b"\x01own bytes"]
    path.write_bytes(data[: data.index(b"OggS", 4)] + page.write() + rest)
    writable_files.write(path, tmp_path, TITLE)
    assert b"\x01own bytes" in path.read_bytes()


# MP4


def listed(path: Path) -> list[tuple[bytes, bytes]]:
    data = dict(writable_files.top(path.read_bytes()))[b"moov"]
    at = data.index(b"ilst")
    size = struct.unpack_from(">I", data, at - 4)[0]
    return writable_files.top(data[at + 4 : at - 4 + size])


@pytest.mark.parametrize("edit", [TITLE, LONG], ids=["fits", "grows"])
@pytest.mark.parametrize("name", ["m4a", "first.m4a", "front.m4a"])
def test_all_other_atoms_of_an_mp4_stay_as_they_are(
    tmp_path: Path, name: str, edit: SetField
) -> None:
    path = writable_files.put(tmp_path, name)
    before = listed(path)
    writable_files.write(path, tmp_path, edit)
    after = listed(path)
    assert [kind for kind, _ in after] == [kind for kind, _ in before]
    kept = [atom for atom in before if atom[0] != b"\xa9nam"]
    assert [atom for atom in after if atom[0] != b"\xa9nam"] == kept


@each_row("name", ["m4a", "first.m4a", "front.m4a", "bare.m4a"])
def test_the_tables_of_an_mp4_point_to_the_same_sound(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)

    def first() -> bytes:
        data = path.read_bytes()
        (place,) = struct.unpack_from(">I", data, data.index(b"stco") + 12)
        return data[place : place + 200]

    before = first()
    writable_files.write(path, tmp_path, LONG)
    assert first() == before
    writable_files.write(path, tmp_path, TITLE)
    assert first() == before


def test_free_space_beside_the_list_gives_way(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "front.m4a")
    size = path.stat().st_size
    writable_files.write(path, tmp_path, SetField("title", ("Low Tide Again",)))
    assert path.stat().st_size > size + PADDING
    size, sound = path.stat().st_size, path.read_bytes().index(b"mdat")
    for text in ("Low", "Low Tide At Night", "L"):
        writable_files.write(path, tmp_path, SetField("title", (text,)))
        assert path.stat().st_size == size
        assert path.read_bytes().index(b"mdat") == sound


def test_a_freeform_atom_keeps_its_owner_its_name_and_its_type(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "front.m4a")
    writable_files.write(
        path, tmp_path, SetField("artists", ("C", "D")), SetField("barcode", ("12",))
    )
    audio = mp4.MP4(path)
    assert audio["----:com.apple.iTunes:ARTISTS"] == [b"C", b"D"]
    assert audio["----:com.apple.iTunes:BARCODE"] == [b"12"]
    (thing,) = audio["----:org.own:Thing"]
    assert (thing, thing.dataformat) == (b"\1\2", mp4.AtomDataType.INTEGER)
    writable_files.write(path, tmp_path, SetField("musicbrainz_albumid", ("x",)))
    assert mp4.MP4(path)["----:com.apple.iTunes:MusicBrainz Album Id"] == [b"x"]


def test_fragments_and_the_tags_of_quicktime_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    whole = writable_files.whole("m4a")
    path.write_bytes(whole + struct.pack(">I4s", 8, b"moof"))
    with pytest.raises(ReadOnlyFormat, match="its audio is fragmented"):
        writable_files.write(path, tmp_path, TITLE)
    path.write_bytes(whole.replace(b"mdirappl", b"mdtaappl"))
    with pytest.raises(ReadOnlyFormat, match="its tags are not those of iTunes"):
        writable_files.write(path, tmp_path, TITLE)


@each_row("name", writable_files.NAMES)
def test_the_sound_is_found_part_by_part_and_nothing_else(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    kind = tags.read(path).facts.format
    with path.open("rb") as handle:
        found = audio_layout.find_layout(
            BoundedFile(handle.fileno(), path.stat().st_size), kind
        ).parts
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert 100 < sum(part.size for part in found) < path.stat().st_size + 1
