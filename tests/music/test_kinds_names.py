"""File names that disagree with the tags are found, consistent naming schemes are not."""

from __future__ import annotations

from pathlib import Path

from mediakeep.music.model import Album, Track
from tests.music import paper, shelf
from tests.music.paper import album, numbered, track
from tests.sampling import each_row

KIND = "filename-tag-mismatch"


def build_tracks(pattern: str, count: int = 6, **fields: str) -> list[Track]:
    """Tracks whose names follow a pattern of number and title."""
    return [
        track(n, name=pattern.format(n=n, title=paper.TITLES[n]) + ".mp3", **fields)
        for n in range(1, count + 1)
    ]


@each_row(
    "pattern",
    [
        *("{n:02} {title}", "{n:02} - Vera - {title}", "{n:02}. {title}", "{n:02}_{title}"),
        *(
            "{n}-{title}",
            "({n:02}) {title}",
            "[{n}] {title}",
            "1-{n:02} {title}",
            "1.{n:02} {title}",
        ),
        *("1{n:02} {title}", "{n:03} {title}", "#{n} {title}", "{n:02}"),
    ],
)
def test_a_number_in_the_name_that_is_not_the_tags_is_found(pattern: str) -> None:
    tracks = build_tracks(pattern, disc="1")
    assert paper.list_details(KIND, album(*tracks)) == {}
    odd = pattern.format(n=9, title=paper.TITLES[6]) + ".mp3"
    tracks[5] = track(6, disc="1", name=odd)
    ((place, detail),) = paper.list_details(KIND, album(*tracks)).items()
    assert place == f"Dawn/{odd}"
    assert detail.startswith("number ")
    assert detail.endswith(", 6 in the tag")


def test_two_names_that_were_swapped_are_both_found() -> None:
    tracks = build_tracks("{n:02} {title}")
    tracks[1], tracks[2] = (
        track(2, name="03 a.mp3", title="a"),
        track(3, name="02 b.mp3", title="b"),
    )
    assert paper.list_details(KIND, album(*tracks)) == {
        "Dawn/03 a.mp3": "number 3 in the name, 2 in the tag",
        "Dawn/02 b.mp3": "number 2 in the name, 3 in the tag",
    }


@each_row(
    "tracks",
    [
        [track(1, name="01 Ballast.mp3"), track(2, name="05 Thaw.mp3")],  # too few
        [track(n, name=f"{n + 12:02} {paper.TITLES[n]}.mp3") for n in range(1, 7)],  # runs on
        [track(n, name=f"50 Cent - {paper.TITLES[n]}.mp3") for n in range(1, 7)],
        [track(n, name=f"3 Doors Down - {paper.TITLES[n]}.mp3") for n in range(1, 7)],
        [*build_tracks("{n:02} {title}"), track(7, title="99 Problems", name="99 Problems.mp3")],
        [*build_tracks("{n:02} {title}"), track(7, title="7 Rings", name="07 7 Rings.mp3")],
        [*build_tracks("{n:02} {title}"), track(7, title="1999", name="1999.mp3")],
        [*build_tracks("{n:02} {title}"), track("", title="Ballast", name="12 Ballast.mp3")],
        [*build_tracks("{n:02} {title}"), track("A1", title="Ballast", name="12 Ballast.mp3")],
        [track(n, name=f"{paper.TITLES[n]}.mp3") for n in range(1, 7)],
        [track(n, name=f"B{n} {paper.TITLES[n]}.mp3") for n in range(1, 7)],
    ],
)
def test_numbers_in_names_that_follow_another_habit_are_left_alone(tracks: list[Track]) -> None:
    assert paper.list_details(KIND, album(*tracks)) == {}


def test_each_disc_has_its_own_habit() -> None:
    first = [track(n, disc="1", name=f"{n:02} {paper.TITLES[n]}.mp3") for n in range(1, 13)]
    on = [track(n, disc="2", name=f"{n + 12} {paper.TITLES[n]}.mp3") for n in range(1, 5)]
    coded = [track(n, disc="2", name=f"2{n:02} {paper.TITLES[n]}.mp3") for n in range(1, 5)]
    wrong = [track(n, disc="2", name=f"2-{n:02} {paper.TITLES[n]}.mp3") for n in range(1, 5)]
    wrong.append(track(5, disc="2", name=f"1-07 {paper.TITLES[5]}.mp3"))
    assert paper.list_details(KIND, album(*first, *on)) == {}
    assert paper.list_details(KIND, album(*first, *coded)) == {}
    assert len(paper.list_details(KIND, album(*first, *wrong))) == 1


@each_row(
    ("name", "title"),
    [
        ("06 Harbour Lights.mp3", "Slack Water"),
        ("06 - Vera - Harbour Lights.mp3", "Slack Water"),
        ("06 Vera - Harbour.mp3", "Vera Cruz"),
        ("06 Öl.mp3", "Wasser"),
        ("06 灯台.mp3", "月曜日"),
        ("06 Привет.mp3", "Солнце"),
        ("06 7.mp3", "Slack"),
    ],
)
def test_a_name_that_shares_no_word_with_the_title_is_found(name: str, title: str) -> None:
    tracks = [*build_tracks("{n:02} {title}", 5), track(6, title=title, name=name)]
    assert paper.list_details(KIND, album(*tracks)) == {f"Dawn/{name}": f'the title is "{title}"'}


@each_row(
    ("name", "title"),
    [
        ("06 Slack.mp3", "Slack Water (Live)"),
        ("06 AC_DC.mp3", "AC/DC"),
        ("06 Dance.mp3", "D.A.N.C.E."),
        ("06 Uebermut.mp3", "Übermut"),
        ("06 Ueber.mp3", "Über"),
        ("06 D\\xE9j\\xE0.mp3", "Déjà"),
        ("06 _____.mp3", "月曜日"),
        ("06 Getsuyoubi.mp3", "月曜日"),
        ("06 Solnce.mp3", "Солнце"),
        ("06 月曜日の歌.mp3", "月曜日"),
        ("06 Ã‰tude.mp3", "Étude"),
        ("06 Étude.mp3", "Ã‰tude"),
        ("06.mp3", "Slack Water"),
        ("06 -.mp3", "Slack Water"),
        ("06 Untitled.mp3", "!!!"),
        ("06 99.mp3", "99"),
        ("06 Slack Water.mp3", ""),
        ("06 Rock & Roll.mp3", "Rock and Roll"),
        ("06 Part 2.mp3", "Part II"),
        ("06 Slackwater.mp3", "Slack Water"),
        ("06 Velvet - Vera - Vera (Live).mp3", "Vera"),
        ("06 " + "x" * 200 + ".mp3", "x" * 60_000),
    ],
)
def test_a_name_that_can_be_meant_for_the_title_is_left_alone(name: str, title: str) -> None:
    tracks = [*build_tracks("{n:02} {title}", 5), track(6, title=title, name=name)]
    assert paper.list_details(KIND, album(*tracks)) == {}


@each_row(
    "whole",
    [
        album(*(track(n, name=f"{n:02} Take {n}.mp3") for n in range(1, 7))),  # none holds a title
        album(
            *build_tracks("{n:02} {title}", 2),
            track(3, title="Thaw", name="03 Rivet.mp3"),
            place="",
        ),
        numbered(1, 2),
    ],
)
def test_titles_are_not_read_from_names_without_titles(whole: Album) -> None:
    assert paper.list_details(KIND, whole) == {}


@each_row("suffix", shelf.FORMATS)
def test_names_of_files_are_compared_in_each_format(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "Vera" / "Dawn"
    shelf.put_album(folder, *paper.TITLES[:8], suffix=suffix)
    (folder / f"07 Icebound.{suffix}").rename(folder / f"17 Icebound.{suffix}")
    (folder / f"08 Rivet.{suffix}").rename(folder / f"08 Harbour Lights.{suffix}")
    assert paper.list_kinds_on_disk(tmp_path / "Vera")[KIND] == [
        f"Dawn/08 Harbour Lights.{suffix}",
        f"Dawn/17 Icebound.{suffix}",
    ]
