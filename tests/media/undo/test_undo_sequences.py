"""Any sequence of changes and undos, by mediakeep and others, can be undone byte for byte."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mediakeep.media.audio import essence
from mediakeep.media.audio.tag_edits import FIELDS
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import (
    CopyToNativeTags,
    Id3Version,
    OtherTags,
    SetCover,
    SetField,
    WriteRules,
)
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.record import MAX_RECORD_SIZE
from tests import memory_folder
from tests.media import writable_files
from tests.media.failing_writes import strangers

SINGLE = ("track", "track_total", "disc", "disc_total")
TEXTS = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\ufeff\ufffe"),
    min_size=1,
    max_size=40,
).filter(lambda text: not text[0].isdecimal() and text[0] not in "(R" and text[0] != "C")
PICTURES = {"large": writable_files.IMAGE, "small": writable_files.PHOTO, "tiny": b"GIF89a"}
DATES = [("1974",), ("1974-05",), ("1975-05-01",), ("1974", "1975-05")]
FREE = sorted(FIELDS - {*SINGLE, "compilation", "musicbrainz_recordingid"})
EDITS = st.one_of(
    st.builds(SetField, st.sampled_from(FREE), st.lists(TEXTS, max_size=2).map(tuple)),
    st.builds(
        SetField, st.sampled_from(SINGLE), st.integers(1, 999).map(lambda number: (str(number),))
    ),
    st.builds(SetField, st.sampled_from(["compilation", *SINGLE]), st.just(())),
    st.builds(SetField, st.sampled_from(["date", "originaldate"]), st.sampled_from(DATES)),
    st.just(CopyToNativeTags()),
    st.sampled_from(sorted(PICTURES)).map(lambda name: SetCover(PICTURES[name], "image/png")),
)


class Machine(RuleBasedStateMachine):
    """A file, its versions, and the records between them."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(dir=memory_folder.temporary_parent()))
        self.store = writable_files.store(self.home)

    @initialize(name=st.sampled_from(writable_files.NAMES))
    def begin(self, name: str) -> None:
        self.path = writable_files.put(self.home, name)
        self.first = self.path.read_bytes()
        self.sound = essence.compute_audio_hash(self.path)
        self.versions: dict[str, tuple[bytes, bytes]] = {}  # record -> the bytes before and after

    @rule(
        changes=st.lists(EDITS, min_size=1, max_size=3),
        beside=st.sampled_from(OtherTags),
        version=st.sampled_from(Id3Version),
    )
    def change(
        self,
        changes: list[SetField | SetCover | CopyToNativeTags],
        beside: OtherTags,
        version: Id3Version,
    ) -> None:
        before = self.path.read_bytes()
        unique = {getattr(change, "field", type(change)): change for change in changes}
        rules = WriteRules(other_tags=beside, id3=version)
        written = write_tags.write(
            self.path, unique.values(), self.store, rules=rules, queue="music"
        )
        if written:
            self.versions[written.record.id] = before, self.path.read_bytes()
        else:
            assert self.path.read_bytes() == before

    @precondition(lambda self: self.versions)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        name = list(self.versions)[data.draw(st.integers(0, len(self.versions) - 1))]
        (entry,) = self.store.find(RecordQuery(id=name))
        before = self.path.read_bytes()
        back = apply_undo.apply_undo(self.store, entry.record, force=True)
        assert self.path.read_bytes() == self.versions[name][0]
        if back:
            self.versions[back.id] = before, self.path.read_bytes()

    @precondition(lambda self: self.versions)
    @rule()
    def take_back_all(self) -> None:
        steps = apply_undo.plan_undo(self.store, RecordQuery(path=str(self.path.resolve())))
        for step in (one for one in steps if not one.refusal):
            before = self.path.read_bytes()
            back = apply_undo.apply_undo(self.store, step.record)
            assert self.path.read_bytes() == self.versions[step.record.id][0]
            if back:
                self.versions[back.id] = before, self.path.read_bytes()

    @rule()
    def change_by_another_program(self) -> None:
        strangers(self.path)

    @rule()
    def forget_the_index(self) -> None:
        (self.store.folder / "index.db").unlink(missing_ok=True)
        self.store = writable_files.store(self.home)

    @invariant()
    def the_sound_is_the_same(self) -> None:
        if self.home.joinpath("status").exists():
            assert essence.compute_audio_hash(self.path) == self.sound
            for log in (self.home / "status" / "undo").glob("*.jsonl"):
                assert max(map(len, log.read_bytes().splitlines())) <= MAX_RECORD_SIZE

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.home)


Machine.TestCase.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
test_changes_and_undoings_in_any_order = Machine.TestCase


class Longer(Machine):
    """The same, for longer."""


Longer.TestCase.settings = settings(max_examples=1000, stateful_step_count=25, deadline=None)
test_changes_and_undoings_at_length = pytest.mark.slow(Longer.TestCase)
