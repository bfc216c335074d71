"""Comparison of audio with the essence database: changed, moved and new files."""

from __future__ import annotations

from datetime import UTC, datetime

from mediakeep.media.audio.essence_db import KnownEssence
from mediakeep.music.deep_scan import full_decode
from mediakeep.music.deep_scan.full_decode import EssenceDiff, MeasuredAudio
from tests.sampling import each_row

TODAY = "2026-11-21"


def parse_day(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def build_measured(essence: str, size: int = 100, written: str = "2026-01-01") -> MeasuredAudio:
    return MeasuredAudio(essence, 90, size, parse_day(written))


def build_known(essence: str, size: int = 100, written: str = "2026-01-01") -> KnownEssence:
    return KnownEssence(*build_measured(essence, size, written), "2026-02-02", "2026-03-03")


def compare(before: dict[str, KnownEssence], now: dict[str, MeasuredAudio]) -> EssenceDiff:
    return full_decode.compare_audio_with_database(before, now, TODAY)


def test_a_new_file_is_recorded() -> None:
    judged = compare({}, {"a": build_measured("A")})
    assert judged == EssenceDiff({"a": KnownEssence(*build_measured("A"), TODAY, TODAY)})


def test_the_same_sound_is_noted_as_heard_today_with_the_files_present_state() -> None:
    tagged = build_measured("A", 150, "2026-05-05")
    judged = compare({"a": build_known("A")}, {"a": tagged})
    assert judged == EssenceDiff({"a": KnownEssence(*tagged, "2026-02-02", TODAY)})


@each_row(
    ("now", "why"),
    [
        (
            build_measured("B"),
            "size and time of the file are unchanged, so disk or memory damaged it",
        ),
        (build_measured("B", 101), "the size of the file changed, but not its time"),
        (build_measured("B", 100, "2026-06-07"), "the file was modified on 2026-06-07"),
        (build_measured("B", 100, "2025-06-07"), "it is another file, modified on 2025-06-07"),
        (
            MeasuredAudio("B", 90, 100, 2**63 - 1),
            "the file was modified on 2262-04-11",
        ),
        (MeasuredAudio("B", 90, 100, 2**75), "the file was modified on an invalid date"),
    ],
)
def test_changed_audio_is_reported_with_its_likely_cause_and_the_old_kept(
    now: MeasuredAudio, why: str
) -> None:
    judged = compare({"a": build_known("A")}, {"a": now})
    detail = f"the audio differs from that of 2026-03-03; {why}"
    assert judged == EssenceDiff(changes={"a": detail})


def test_an_accepted_sound_is_the_true_one_from_now_on() -> None:
    before = {"a": build_known("A"), "b": build_known("C"), "c": build_known("D")}
    now = {"a": build_measured("B"), "b": build_measured("C"), "c": build_measured("E")}
    judged = compare(before, now)
    full_decode.accept_changes(judged, now, ["a"], TODAY)
    assert set(judged.changes) == {"c"}
    assert set(judged.essences) == {"a", "b"}
    assert judged.essences["a"] == KnownEssence(*build_measured("B"), TODAY, TODAY)
    assert judged.essences["b"].first == "2026-02-02"


def test_a_file_that_is_gone_stays_known() -> None:
    assert (
        compare({"a": build_known("A"), "b": build_known("B")}, {"b": build_measured("B")}).vacated
        == set()
    )


def test_a_file_that_moved_is_known_by_its_sound() -> None:
    judged = compare({"a": build_known("A")}, {"new/a": build_measured("A")})
    assert judged == EssenceDiff(
        {"new/a": KnownEssence(*build_measured("A"), "2026-02-02", TODAY)}, {"a"}
    )


def test_a_file_that_moved_and_changed_on_the_way_is_known_by_its_name_and_bytes() -> None:
    before = {"old/1": build_known("A"), "old/2": build_known("B")}
    judged = compare(before, {"new/1": build_measured("A"), "new/2": build_measured("X")})
    assert set(judged.changes) == {"new/2"}
    assert judged.essences["new/2"] == before["old/2"]
    assert judged.vacated == {"old/1", "old/2"}


def test_what_moved_and_changed_can_be_accepted() -> None:
    now = {"new/2": build_measured("X")}
    judged = compare({"old/2": build_known("B")}, now)
    full_decode.accept_changes(judged, now, ["new/2"], TODAY)
    assert judged == EssenceDiff(
        {"new/2": KnownEssence(*build_measured("X"), TODAY, TODAY)}, {"old/2"}
    )


@each_row(
    ("place", "now"),
    [
        ("new/3", build_measured("X")),  # another name
        ("new/2", build_measured("X")._replace(payload=91)),
        ("new/2", build_measured("C")),  # a copy of a sound that is known
    ],
)
def test_another_file_is_not_taken_for_one_that_is_gone(place: str, now: MeasuredAudio) -> None:
    before = {"old/2": build_known("B"), "c": build_known("C")}
    judged = compare(before, {place: now, "c": build_measured("C")})
    assert (judged.changes, judged.vacated) == ({}, set())
    assert judged.essences[place] == KnownEssence(*now, TODAY, TODAY)


def test_a_file_replaces_only_one_missing_file() -> None:
    before = {"old/2": build_known("B")}
    judged = compare(before, {"new/2": build_measured("X"), "other/2": build_measured("Y")})
    assert set(judged.changes) == {"new/2"}
    assert judged.essences["other/2"] == KnownEssence(*build_measured("Y"), TODAY, TODAY)
    # Nor does a new one for a file that is where it was.
    judged = compare(before, {"old/2": build_measured("B"), "new/2": build_measured("X")})
    assert judged.changes == {}


def test_a_file_changed_while_absent_is_reported_when_it_returns() -> None:
    away = KnownEssence(*build_measured("X", 50), "2026-04-04", "2026-04-04")
    judged = compare({"old/2": build_known("A"), "new/2": away}, {"old/2": build_measured("X", 50)})
    assert set(judged.changes) == {"old/2"}
    assert (judged.essences, judged.vacated) == ({}, set())
    # A file that stood next to it, and replaces it now, has only moved.
    beside = away._replace(first="2026-02-02")
    judged = compare(
        {"old/2": build_known("A"), "new/2": beside}, {"old/2": build_measured("X", 50)}
    )
    assert (judged.changes, judged.vacated) == ({}, {"new/2"})


def test_two_files_that_swapped_their_names_are_no_change() -> None:
    before = {"1": build_known("A", 100), "2": build_known("B", 200)}
    judged = compare(before, {"1": build_measured("B", 200), "2": build_measured("A", 100)})
    assert (judged.changes, judged.vacated) == ({}, set())
    assert {place: sound.essence for place, sound in judged.essences.items()} == {
        "1": "B",
        "2": "A",
    }


def test_tracks_that_all_moved_up_by_one_are_no_change() -> None:
    before = {str(number): build_known(f"sound {number}", number) for number in range(1, 9)}
    now = {str(number): build_measured(f"sound {number + 1}", number + 1) for number in range(1, 8)}
    judged = compare(before, now)
    assert (judged.changes, judged.vacated) == ({}, {"8"})


def test_a_new_file_in_the_place_of_one_that_moved_is_no_change() -> None:
    judged = compare(
        {"a": build_known("A")},
        {"b": build_measured("A"), "a": build_measured("B", 77, "2026-08-08")},
    )
    assert (judged.changes, judged.vacated) == ({}, set())
    assert judged.essences["a"].first == TODAY
    assert judged.essences["b"].first == "2026-02-02"


def test_a_copy_elsewhere_does_not_excuse_damage() -> None:
    before = {"a": build_known("A"), "b": build_known("A")}
    assert set(compare(before, {"a": build_measured("B"), "b": build_measured("A")}).changes) == {
        "a"
    }
    # Not even one that was made since the last deep scan: size and time are those of before.
    assert set(
        compare(
            {"a": build_known("A")}, {"a": build_measured("B"), "b": build_measured("A")}
        ).changes
    ) == {"a"}


def test_a_copy_over_another_file_is_a_change() -> None:
    before = {"a": build_known("A"), "b": build_known("B")}
    judged = compare(
        before, {"a": build_measured("B", 100, "2026-08-08"), "b": build_measured("B")}
    )
    assert set(judged.changes) == {"a"}
