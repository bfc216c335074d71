"""Changes of tags are in the file afterwards, as any reader tells, and nothing else has changed."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import mutagen
import pytest
from mutagen.apev2 import APEv2
from mutagen.asf import ASFTags
from mutagen.id3 import ID3
from mutagen.mp4 import MP4Tags
from mutagen.musepack import Musepack

from mediakeep.errors import ReadOnlyFormat, Truncated, UsageError, ValueNotSupported
from mediakeep.media.audio import essence, tag_edits, tags, to_native_tags
from mediakeep.media.audio.model import Tags
from mediakeep.media.audio.tag_edits import FIELDS
from mediakeep.media.safewrite import atomic_replace, write_tags
from mediakeep.media.safewrite.write_tags import (
    CopyToNativeTags,
    OtherTags,
    SetCover,
    SetField,
    WriteRules,
)
from tests import sampling
from tests.media import writable_files
from tests.media.failing_writes import FORMATS
from tests.sampling import each_row

NUMBERS = {"track": "7", "track_total": "12", "disc": "1", "disc_total": "2", "compilation": "1"}
EVERYTHING = [SetField(field, (NUMBERS.get(field, f"Ünï {field}"),)) for field in sorted(FIELDS)]
TITLE = SetField("title", ("Привет, мир",))


def told(path: Path) -> Tags:
    return tags.read(path).tags


@pytest.mark.parametrize("name", sampling.some(writable_files.NAMES, 2))
def test_every_field_can_be_written(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    sound = essence.compute_audio_hash(path)
    writable_files.write(path, tmp_path, *EVERYTHING)
    for edit in EVERYTHING:
        assert tag_edits.field_values(told(path), edit.field) == edit.values, edit.field
    assert essence.compute_audio_hash(path) == sound


@pytest.mark.parametrize("name", sampling.some(writable_files.NAMES, 4))
def test_every_field_can_be_taken_away(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    writable_files.write(path, tmp_path, *EVERYTHING)
    before, fields = told(path), sorted(FIELDS)
    # One by one in a file of each format, some at a time in all the others.
    step = len(fields) if name in FORMATS else 4
    for some in (fields[start::step] for start in range(step)):
        writable_files.write(path, tmp_path, *(SetField(field, ()) for field in some))
        for field in some:
            assert tag_edits.field_values(told(path), field) == (), field
    assert told(path) == Tags(pictures=before.pictures)


@pytest.mark.parametrize("name", sampling.some(writable_files.NAMES, 2))
def test_what_is_there_already_is_not_written_again(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    wanted = [*EVERYTHING, SetCover(writable_files.IMAGE, "image/png"), CopyToNativeTags()]
    writable_files.write(path, tmp_path, *wanted)
    (log,) = (tmp_path / "status").rglob("*.jsonl")
    facts, lines = atomic_replace.stat_identity(path.stat()), log.read_bytes()
    assert write_tags.write(path, wanted, writable_files.store(tmp_path), queue="music") is None
    assert write_tags.pending_changes(path, wanted) == {}
    assert atomic_replace.stat_identity(path.stat()) == facts
    assert log.read_bytes() == lines


@each_row("name", writable_files.NAMES)
def test_a_change_that_is_only_asked_for_is_told_and_not_made(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    before = path.read_bytes()
    held = tag_edits.field_values(told(path), "title")
    found = write_tags.pending_changes(path, [TITLE])
    assert found["title"].old == held
    assert found["title"].new == TITLE.values
    assert path.read_bytes() == before
    assert not (tmp_path / "status").exists()


@each_row("name", writable_files.NAMES)
def test_several_values_of_a_field_stay_several(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    writable_files.write(path, tmp_path, SetField("artist", ("AC/DC", "Ünïted; Co")), TITLE)
    assert told(path).artist == ("AC/DC", "Ünïted; Co")
    assert mutagens(path, "artist") == ["AC/DC", "Ünïted; Co"]


@each_row("name", writable_files.NAMES)
def test_a_cover_takes_the_place_of_the_front_cover_and_of_no_other_picture(
    tmp_path: Path, name: str
) -> None:
    path = writable_files.put(tmp_path, name)
    before = told(path).pictures
    fronts = [picture for picture in before if picture.type == 3]
    writable_files.write(path, tmp_path, SetCover(writable_files.IMAGE, "image/png"))
    found = [
        picture for picture in told(path).pictures if picture.size == len(writable_files.IMAGE)
    ]
    mime = "" if path.suffix in (".ape", ".wv", ".mpc") else "image/png"  # APEv2 stores none
    assert [(one.type, one.mime, one.seen) for one in found] == [(3, mime, "image/png")]
    assert len(told(path).pictures) == len(before) + (not fronts)
    assert set(told(path).pictures) - set(found) == set(before) - set(fronts[:1])
    assert writable_files.IMAGE in mutagen_pictures(path)


@pytest.mark.parametrize("name", sampling.some(writable_files.NAMES, 2))
def test_mutagen_reads_what_was_written(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    writable_files.write(
        path, tmp_path, TITLE, SetField("album", ("A " * 6000,)), SetField("date", ("1974-05-01",))
    )
    assert mutagens(path, "title") == list(TITLE.values)
    assert mutagens(path, "album") == ["A " * 6000]
    assert mutagens(path, "date") == ["1974-05-01"]


def mutagens(path: Path, field: str) -> list[str]:
    """Return what mutagen reads of a field."""
    audio = opened(path)
    if isinstance(audio.tags, ID3):
        frame = {"date": "TDRC"}.get(field) or to_native_tags.native_names(field, "id3")[0]
        return [str(text) for text in audio.tags[frame].text]
    dialect = {"MP4Tags": "mp4", "APEv2": "ape", "ASFTags": "asf"}.get(type(audio.tags).__name__)
    names = to_native_tags.native_names(field, dialect or "vorbis")
    return [str(text) for text in next(audio.tags[name] for name in names if name in audio.tags)]


def opened(path: Path) -> Any:
    """Open a file with mutagen, which takes any file that begins with ID3v2 for MP3."""
    return Musepack(path) if path.suffix == ".mpc" else mutagen.File(path)


def mutagen_pictures(path: Path) -> list[bytes]:
    audio = opened(path)
    if isinstance(audio.tags, ID3):
        return [frame.data for frame in audio.tags.getall("APIC")]
    if isinstance(audio.tags, MP4Tags):
        return [bytes(cover) for cover in audio.tags["covr"]]
    if isinstance(audio.tags, APEv2):
        return [audio.tags["Cover Art (Front)"].value.partition(b"\0")[2]]
    if isinstance(audio.tags, ASFTags):  # after a type, a size and two texts
        values = [value.value for value in audio.tags["WM/Picture"]]
        return [value[-int.from_bytes(value[1:5], "little") :] for value in values]
    blocks = getattr(audio, "pictures", [])
    texts = audio.tags.get("metadata_block_picture", [])
    written = [mutagen.flac.Picture(base64.b64decode(text)) for text in texts]
    return [picture.data for picture in [*blocks, *written]]


@pytest.mark.parametrize("name", writable_files.UNWRITTEN)
def test_a_format_that_is_only_read_is_left_alone_with_the_reason(
    tmp_path: Path, name: str
) -> None:
    path = writable_files.put(tmp_path, name)
    before = path.read_bytes()
    with pytest.raises(ReadOnlyFormat, match="are only read"):
        writable_files.write(path, tmp_path, TITLE)
    assert path.read_bytes() == before


@each_row("name", ["flac", "m4a", "ogg", "opus"])
def test_a_file_whose_sound_is_cut_off_is_left_alone(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    path.write_bytes(cut := path.read_bytes()[:-900])
    with pytest.raises((ReadOnlyFormat, Truncated), match=r"is (truncated|cut off)"):
        writable_files.write(path, tmp_path, TITLE)
    assert path.read_bytes() == cut


def test_mp4_takes_numbers_only(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "m4a")
    for text in ("A1", "70000", "0"):
        with pytest.raises(ValueNotSupported, match=f"a track of {text} cannot be written"):
            writable_files.write(path, tmp_path, SetField("track", (text,)))
    writable_files.write(path, tmp_path, SetField("track", ("05",)))
    assert told(path).track == "5"
    assert write_tags.pending_changes(path, [SetField("track", ("05",))]) == {}


@each_row(
    ("field", "values"),
    [
        *(("titel", ("A",)), ("pictures", ("A",)), ("title", ("",)), ("title", ("a\0b",))),
        *(("title", ("\udcff",)), ("track", ("1/2",)), ("track", ("1", "2"))),
        *(("compilation", ("yes",)), ("title", ("a" * 65_537,)), ("artist", tuple("ab") * 101)),
    ],
)
def test_what_no_tag_can_hold_is_refused_at_once(field: str, values: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        SetField(field, values)


@pytest.mark.parametrize("name", sampling.some(writable_files.NAMES, 4))
def test_a_number_is_changed_without_its_total_and_a_total_without_its_number(
    tmp_path: Path, name: str
) -> None:
    path = writable_files.put(tmp_path, name)
    writable_files.write(
        path, tmp_path, SetField("track", ("31",)), SetField("track_total", ("32",))
    )
    writable_files.write(path, tmp_path, SetField("track", ("5",)))
    assert (told(path).track, told(path).track_total) == ("5", "32")
    writable_files.write(path, tmp_path, SetField("track_total", ("12",)))
    assert (told(path).track, told(path).track_total) == ("5", "12")
    writable_files.write(path, tmp_path, SetField("track", ()))
    assert (told(path).track, told(path).track_total) == ("", "12")


@pytest.mark.parametrize("name", ["old.mp3", "tail.mp3"])
def test_tags_that_only_stand_behind_are_lifted_whole(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    before = tags.read(path)
    writable_files.write(path, tmp_path, CopyToNativeTags("id3v1-only"))
    after = tags.read(path)
    assert after.container == "ID3v2.4"
    assert after.tags == before.tags or name == "tail.mp3"
    for field in FIELDS:
        assert tag_edits.field_values(after.tags, field) == tag_edits.field_values(
            before.tags, field
        )
    assert len(after.tags.pictures) == len(before.tags.pictures)


def test_an_apev2_tag_that_could_be_taken_for_id3v1_is_whole(tmp_path: Path) -> None:
    """In one of 131 bytes "TAG" is 128 bytes before the end, where ID3v1 has it."""
    path = writable_files.put(tmp_path, "bare.wv")
    sizes = []
    for length in (52, 53, 54):
        writable_files.write(path, tmp_path, SetField("title", ("x" * length,)))
        sizes.append(path.stat().st_size - len(writable_files.whole("bare.wv")))
        assert told(path) == Tags(title=("x" * length,))
    assert sizes == [130, 131, 132]


@pytest.mark.parametrize("beside", list(OtherTags))
@pytest.mark.parametrize(
    "name", ["mp3", "stacked.mp3", "tagged.flac", "wav", "two.wav", "tta", "old.ape"]
)
def test_tags_beside_are_updated_left_or_removed(
    tmp_path: Path, name: str, beside: OtherTags
) -> None:
    path = writable_files.put(tmp_path, name)
    before = {one.name: one.tags.title for one in tags.read(path).others}
    writable_files.write(
        path, tmp_path, SetField("title", ("Ebb",)), rules=WriteRules(other_tags=beside)
    )
    after = {one.name: one.tags.title for one in tags.read(path).others}
    if name == "tagged.flac":  # its comments have taken the word, so all that stood there is beside
        before |= {"ID3v2.4": ("Moorings",)}
    if beside is OtherTags.REMOVE:
        assert after == {}
    else:
        assert after == {
            one: ("Ebb",) if beside is OtherTags.UPDATE else before[one] for one in before
        }


@pytest.mark.parametrize("beside", list(OtherTags))
def test_apev2_behind_id3v2_follows_the_setting(tmp_path: Path, beside: OtherTags) -> None:
    path = writable_files.put(tmp_path, "tail.mp3")
    writable_files.write(path, tmp_path, CopyToNativeTags())
    picture = SetCover(writable_files.IMAGE, "image/png")
    edits = [SetField("title", ("Ebb",)), SetField("isrc", ("X1",)), picture]
    writable_files.write(path, tmp_path, *edits, rules=WriteRules(other_tags=beside))
    others = {other.name: other.tags for other in tags.read(path).others}
    if beside is OtherTags.REMOVE:
        assert others == {}
        return
    updated = beside is OtherTags.UPDATE
    assert others["APEv2"].title == (("Ebb",) if updated else ("Low Tide",))
    assert others["APEv2"].isrc == (("X1",) if updated else ())
    assert others["APEv2"].artist == ("Velvet Harbour",)
    assert (others["APEv2"].pictures[0].size == len(writable_files.IMAGE)) is updated
    assert others["ID3v1"].title == (("Ebb",) if updated else ("Low Tide",))
    assert mutagen.apev2.APEv2(path)["Title"] == ("Ebb" if updated else "Low Tide")


def test_id3v1_takes_what_it_can_hold(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "mp3")
    long = "Wörds " * 9
    edits = {"artist": (long,), "track": ("12",), "genres": ("Rock",), "comment": (long,)}
    writable_files.write(
        path, tmp_path, *(SetField(field, values) for field, values in edits.items())
    )
    old = next(other.tags for other in tags.read(path).others if other.name == "ID3v1")
    assert old.artist == (long[:30].rstrip(),)
    assert (old.track, old.genres) == ("12", ("Rock",))
    assert old.comment[0].startswith("Wörds")
    writable_files.write(
        path, tmp_path, SetField("genres", ("Kraut",)), SetField("track", ("300",))
    )
    old = next(other.tags for other in tags.read(path).others if other.name == "ID3v1")
    assert (old.track, old.genres) == ("", ())
