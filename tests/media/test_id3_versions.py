"""A changed MP3 gets the version of ID3v2 that is wanted, and all in its tag comes along."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from pathlib import Path

import pytest
from mutagen import id3

from mediakeep.media.audio import essence, tag_edits, tags
from mediakeep.media.audio.id3 import frames, raw_frames
from mediakeep.media.safewrite import atomic_replace, write_tags
from mediakeep.media.safewrite.write_tags import (
    CopyToNativeTags,
    Id3Version,
    OtherTags,
    SetCover,
    SetField,
    WriteRules,
)
from mediakeep.media.undo import apply_undo
from tests.media import writable_files
from tests.media.test_edits import EVERYTHING
from tests.sampling import each_row

TITLE = SetField("title", ("Привет, Ebb",))
OLD, NEW = WriteRules(id3=Id3Version.OLD), WriteRules(id3=Id3Version.NEW)
RULES = pytest.mark.parametrize("rules", [OLD, NEW], ids=["2.3", "2.4"])
NAMES = [name for name in writable_files.NAMES if name.endswith("mp3")]


def version(path: Path) -> str:
    """Return the version of the first tag, as the setting names it."""
    head = path.read_bytes()[:4]
    assert head.startswith(b"ID3")
    return f"2.{head[3]}"


@RULES
@pytest.mark.parametrize("name", NAMES)
def test_a_changed_file_gets_the_version_and_tells_all_that_it_told(
    tmp_path: Path, name: str, rules: WriteRules
) -> None:
    path = writable_files.put(tmp_path, name)
    before, sound = tags.read(path), essence.compute_audio_hash(path)
    record = writable_files.write(path, tmp_path, TITLE, rules=rules).record
    after = tags.read(path)
    assert version(path) == rules.id3
    assert tag_edits.differing_fields(before.tags, after.tags) == ["title"]
    assert after.tags.title == TITLE.values
    assert after.tags.pictures == before.tags.pictures
    assert essence.compute_audio_hash(path) == sound
    assert apply_undo.apply_undo(writable_files.store(tmp_path), record)
    assert path.read_bytes() == writable_files.whole(name)


@RULES
def test_a_tag_that_breaks_off_within_a_frame_keeps_its_version(
    tmp_path: Path, rules: WriteRules
) -> None:
    """In the other version, the size of that frame would be another."""
    path = writable_files.put(tmp_path, "bare.mp3")
    sound, held = path.read_bytes(), 3 if rules is NEW else 4
    rest = b"TPE1\0\0\1\0\0\0\0" + b"a" * (100 if held == 4 else 200)
    path.write_bytes(b"ID3" + bytes((held, 0, 0, 0, 0, *divmod(len(rest), 128))) + rest + sound)
    writable_files.write(path, tmp_path, TITLE, rules=rules)
    assert version(path) == f"2.{held}"
    assert rest in path.read_bytes()


@RULES
@pytest.mark.parametrize("name", ["mp3", "v23.mp3", "v22.mp3", "old.mp3"])
def test_a_file_in_which_nothing_else_is_to_be_changed_is_left_as_it_is(
    tmp_path: Path, name: str, rules: WriteRules
) -> None:
    path = writable_files.put(tmp_path, name)
    wanted = [*EVERYTHING, SetCover(writable_files.IMAGE, "image/png"), CopyToNativeTags()]
    writable_files.write(path, tmp_path, *wanted)
    facts, data = atomic_replace.stat_identity(path.stat()), path.read_bytes()
    assert (
        write_tags.write(path, wanted, writable_files.store(tmp_path), rules=rules, queue="music")
        is None
    )
    assert (atomic_replace.stat_identity(path.stat()), path.read_bytes()) == (facts, data)
    writable_files.write(path, tmp_path, TITLE, rules=rules)
    facts = atomic_replace.stat_identity(path.stat())
    assert (
        write_tags.write(path, [TITLE], writable_files.store(tmp_path), rules=rules, queue="music")
        is None
    )
    assert atomic_replace.stat_identity(path.stat()) == facts


@each_row(
    ("name", "kept"),
    [("mp3", "2.4"), ("v23.mp3", "2.3"), ("v22.mp3", "2.3"), ("bare.mp3", "2.4")],
)
def test_by_default_a_tag_keeps_its_version_and_only_2_2_is_raised(
    tmp_path: Path, name: str, kept: str
) -> None:
    path = writable_files.put(tmp_path, name)
    writable_files.write(path, tmp_path, TITLE)
    assert version(path) == kept


@RULES
@pytest.mark.parametrize("name", ["bare.mp3", "old.mp3", "tail.mp3"])
def test_a_tag_that_is_made_anew_has_the_version(
    tmp_path: Path, name: str, rules: WriteRules
) -> None:
    path = writable_files.put(tmp_path, name)
    writable_files.write(path, tmp_path, *EVERYTHING, rules=rules)
    assert version(path) == rules.id3
    for edit in EVERYTHING:
        assert tag_edits.field_values(tags.read(path).tags, edit.field) == edit.values


@each_row("beside", list(OtherTags))
def test_a_tag_beside_gets_the_version_only_where_it_is_updated(
    tmp_path: Path, beside: OtherTags
) -> None:
    path = writable_files.put(tmp_path, "tagged.flac")
    assert version(path) == "2.4"
    writable_files.write(
        path, tmp_path, TITLE, rules=WriteRules(other_tags=beside, id3=Id3Version.OLD)
    )
    if beside is OtherTags.REMOVE:
        assert path.read_bytes().startswith(b"fLaC")
    else:
        assert version(path) == ("2.3" if beside is OtherTags.UPDATE else "2.4")


@each_row(
    ("date", "original", "frames"),
    [
        ("1974", "1969", {"TYER": "1974", "TORY": "1969"}),
        (
            "1974-05-01",
            "1969-02-03",
            {"TYER": "1974", "TDAT": "0105", "TDOR": "1969-02-03", "TORY": "1969"},
        ),
        (
            "1974-05-01T12:30",
            "1969-02",
            {"TYER": "1974", "TDAT": "0105", "TIME": "1230", "TDOR": "1969-02", "TORY": "1969"},
        ),
        ("1974-05", "spring", {"TDRC": "1974-05", "TYER": "1974", "TORY": "spring"}),
        (
            "1974-05-01T12:30:59",
            "1969-02",
            {"TDRC": "1974-05-01T12:30:59", "TYER": "1974", "TDOR": "1969-02", "TORY": "1969"},
        ),
    ],
)
def test_dates_move_to_the_frames_of_the_version_and_back(
    tmp_path: Path, date: str, original: str, frames: dict[str, str]
) -> None:
    path = writable_files.put(tmp_path, "bare.mp3")
    dates = SetField("date", (date,)), SetField("originaldate", (original,))
    writable_files.write(path, tmp_path, *dates, rules=NEW)
    assert dated(path) == {"TDRC": date, "TDOR": original}
    writable_files.write(path, tmp_path, TITLE, rules=OLD)
    assert dated(path) == frames
    told = tags.read(path).tags
    assert (told.date, told.originaldate) == ((date,), (original,))
    writable_files.write(path, tmp_path, SetField("title", ("Ebb",)), rules=NEW)
    assert dated(path) == {"TDRC": date, "TDOR": original}


def dated(path: Path) -> dict[str, str]:
    """Return the frames of dates, as they stand in the tag."""
    names = {"TDRC", "TYER", "TDAT", "TIME", "TDOR", "TORY"}
    raw = tags.read(path).raw
    return {name: texts[0] for name, texts in raw.items() if name in names and len(texts) == 1}


def test_parts_of_a_date_that_make_none_stay_beside_it(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "bare.mp3")
    frames = id3.ID3()
    for name, text in (("TYER", "1974"), ("TDAT", "May 1"), ("TIME", "noon"), ("TORY", "1969")):
        frames.add(id3.Frames[name](encoding=0, text=[text]))
    frames.add(id3.TDOR(encoding=0, text=["1968"]))
    frames.save(path, v2_version=3)
    writable_files.write(path, tmp_path, TITLE, rules=NEW)
    found = {"TDRC": "1974", "TDAT": "May 1", "TIME": "noon", "TDOR": "1968", "TORY": "1969"}
    assert dated(path) == found


def test_genres_are_named_in_place_of_their_numbers_but_for_those_without_a_name(
    tmp_path: Path,
) -> None:
    path = writable_files.put(tmp_path, "bare.mp3")
    for rules, stored, kept in (
        (NEW, ["(17)(RX)Own"], ["Rock", "Remix", "Own"]),
        (NEW, ["(17)(250)"], ["(17)(250)"]),
        (OLD, ["17", "Own"], ["Rock", "Own"]),
        (OLD, ["250"], ["250"]),
    ):
        frames = id3.ID3()
        frames.add(id3.TCON(encoding=0, text=stored))
        frames.save(path, v2_version=4 if rules is OLD else 3, v23_sep=None)
        writable_files.write(path, tmp_path, TITLE, rules=rules)
        assert list(id3.ID3(path, translate=False)["TCON"].text) == kept


def _content_of_2_2(name: str) -> bytes:
    """Return what a program writes into a frame of 2.2: texts, links, and bytes for the rest."""
    special = {
        "TYE": b"\x001999",
        "TDA": b"\x000203",
        "TIM": b"\x001530",
        "TOR": b"\x001987",
        "TRK": b"\x003/4",
        "TPA": b"\x001/2",
        "TXX": b"\0MusicBrainz Album Id\0text",
        "COM": b"\0eng\0text",
        "UFI": b"http://musicbrainz.org\x0012345678",
        "IPL": b"\0producer\0Vera\0",
        "PIC": b"\0PNG\3\0" + writable_files.IMAGE,
    }
    return special.get(name, b"\x0017" if name[0] in "TGM" else b"http://example.org\0")


@pytest.mark.long
@RULES
@each_row("names", [*((name,) for name in id3.Frames_2_2), tuple(id3.Frames_2_2)])
def test_a_tag_of_2_2_keeps_each_field_when_it_is_raised(
    tmp_path: Path, rules: WriteRules, names: tuple[str, ...]
) -> None:
    contents = [(name.encode(), _content_of_2_2(name)) for name in names]
    body = b"".join(name + len(content).to_bytes(3) + content for name, content in contents)
    path = writable_files.put(tmp_path, "bare.mp3")
    path.write_bytes(raw_frames.build_tag(body, 2) + path.read_bytes())
    before = tags.read(path).tags
    assert writable_files.write(path, tmp_path, TITLE, rules=rules) is not None
    after = tags.read(path).tags
    assert version(path) == rules.id3
    assert tag_edits.differing_fields(before, after) == ["title"]
    assert after.pictures == before.pictures


def test_the_frames_of_2_2_have_the_names_of_mutagen() -> None:
    known = {name: frame.__base__.__name__ for name, frame in id3.Frames_2_2.items()}
    del known["CRM"]  # encrypted: has no name in later versions
    assert {name: frames.normalize_frame_name(name.encode()) for name in known} == known
