"""Filling in and correcting fields of real files, in every writable format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mediakeep.media.audio import tag_edits, tags
from mediakeep.media.audio.model import Tags
from mediakeep.media.audio.tag_edits import FIELDS, SetField
from mediakeep.media.safewrite import write_tags
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.music.repairs import safe
from mediakeep.policy import FixLevel
from tests.music import shelf
from tests.music.repairs import disk, releases
from tests.music.repairs.releases import FIRST
from tests.music.repairs.test_enrichment_fields import PLACEHOLDERS, SINGLE, build_odd_values

Values = Mapping[str, tuple[str, ...]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "Vera"


def put(folder: Path, suffix: str, fields: Values) -> Path:
    """Write a track that holds these fields and no others."""
    none = dict.fromkeys(shelf.HEALTHY)
    path = shelf.put(folder / releases.ALBUM / f"1.{suffix}", picture="cover.jpg", **none)
    store = UndoStore(folder.parent / "before")
    write_tags.write(
        path, [SetField(field, values) for field, values in fields.items()], store, queue="music"
    )
    store.close()
    return path


def repair(folder: Path, fix: FixLevel = FixLevel.SAFE) -> int:
    """Make what is planned, and return how many files that changed."""
    return disk.make(folder, safe.plan_repairs(releases.read(folder), fix=fix), folder.parent)


def undo(folder: Path) -> None:
    store = UndoStore(folder.parent / "undo")
    for step in apply_undo.plan_undo(store, RecordQuery()):
        apply_undo.apply_undo(store, step.record)
    store.close()


def normalize(found: Tags) -> Values:
    """Return the fields with normalized numbers: MP4 has no leading zeros."""
    told = {field: tag_edits.field_values(found, field) for field in sorted(FIELDS)}
    return {
        field: tuple(text.lstrip("0") for text in values) if field in SINGLE else values
        for field, values in told.items()
        if values
    }


def writable(suffix: str, fields: Values) -> Values:
    """Leave out what the format has no place for: a total without its number."""
    if suffix not in ("mp3", "m4a"):
        return fields
    alone = {"track_total": "track", "disc_total": "disc"}
    return {name: one for name, one in fields.items() if alone.get(name, name) in fields}


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_all_is_filled_in_once_and_undone_byte_for_byte(folder: Path, suffix: str) -> None:
    path = put(folder, suffix, {"comment": ("mine",)})
    before = path.read_bytes()
    assert repair(folder) == 1
    assert normalize(tags.read(path).tags) == {**FIRST, "comment": ("mine",)}
    full, time = path.read_bytes(), path.stat().st_mtime_ns
    for fix in (FixLevel.SAFE, FixLevel.MATCHED):
        assert repair(folder, fix) == 0
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (full, time)
    undo(folder)
    assert path.read_bytes() == before


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize("nth", [0, 1, 2])
def test_values_of_the_user_stay_unchanged_in_the_file(folder: Path, suffix: str, nth: int) -> None:
    own = writable(suffix, {field: build_odd_values(field) for field in sorted(FIELDS)[nth::3]})
    path = put(folder, suffix, own)
    before = tags.read(path)
    assert {field: normalize(before.tags)[field] for field in own} == own
    # Next to an MBID of another release nothing is filled in; a placeholder goes all the same.
    is_another = not own.keys().isdisjoint({"musicbrainz_albumid", "musicbrainz_releasegroupid"})
    assert repair(folder) == 1 or is_another
    after = tags.read(path)
    assert {field: tag_edits.field_values(after.tags, field) for field in own} == own
    assert is_another or len(normalize(after.tags)) > len(own)
    for name, texts in before.raw.items():
        told = [after.raw[name][0].partition("/")[0]] if name in ("TRCK", "TPOS") else None
        assert texts in (after.raw[name], told), name


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_placeholders_give_way(folder: Path, suffix: str) -> None:
    own = {field: (text,) for field, text in PLACEHOLDERS.items()}
    if suffix == "m4a":  # where the number 0 is how none is written
        own = {field: values for field, values in own.items() if field not in SINGLE}
    path = put(folder, suffix, writable(suffix, own))
    assert repair(folder) == 1
    assert normalize(tags.read(path).tags) == FIRST


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_matched_corrects_every_field_and_undo_brings_the_bytes_back(
    folder: Path, suffix: str
) -> None:
    own = {field: build_odd_values(field) for field in sorted(FIELDS)}
    path = put(folder, suffix, own)
    before = path.read_bytes()
    assert repair(folder) == 0
    assert path.read_bytes() == before
    assert repair(folder, FixLevel.MATCHED) == 1
    unchanged = {field: value for field, value in own.items() if field in ("genres", "compilation")}
    others = {field: value for field, value in own.items() if field not in FIRST}
    assert normalize(tags.read(path).tags) == {**FIRST, **others, **unchanged}
    assert repair(folder, FixLevel.MATCHED) == 0
    undo(folder)
    assert path.read_bytes() == before
