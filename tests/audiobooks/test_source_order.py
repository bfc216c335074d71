"""Files are joined by disc and track, by name, or as a list says."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import mutagen.id3
import pytest

from mediakeep.audiobooks.sources import source_order
from mediakeep.audiobooks.sources.source_order import SourceFile
from mediakeep.errors import UsageError
from mediakeep.media.audio import tags
from mediakeep.media.audio.model import Tags
from tests.audiobooks import books
from tests.sampling import each_row

ROOT = Path("/books/one")


def make(*names: str) -> list[SourceFile]:
    return [SourceFile(ROOT / name) for name in names]


def names(sources: object) -> list[str]:
    return [str(source.path.relative_to(ROOT)) for source in sources]  # type: ignore[attr-defined]


def test_natural_order_counts_numbers_by_value() -> None:
    expected = [
        "Book 1/1.mp3", "Book 1/2 a.mp3", "Book 1/2 b.mp3", "Book 1/10.mp3", "Book 2/1.mp3",
        "book 10.mp3", "In.mp3", "in 2.mp3", "\u00e4.mp3",
    ]  # fmt: skip
    shuffled = random.Random(1).sample(make(*expected), len(expected))
    assert names(source_order.order_sources(shuffled, [ROOT], "natural").sources) == expected


def test_alphabetical_order_compares_letters() -> None:
    ordered = source_order.order_sources(
        make("2.mp3", "10.mp3", "B.mp3", "a.mp3"), [ROOT], "alphabetical"
    )
    assert names(ordered.sources) == ["10.mp3", "2.mp3", "B.mp3", "a.mp3"]


def test_complete_tags_decide() -> None:
    sources = [
        SourceFile(ROOT / "a", 2, 1),
        SourceFile(ROOT / "b", 1, 2),
        SourceFile(ROOT / "c", 1, 1),
    ]
    ordered = source_order.order_sources(sources, [ROOT], "auto")
    assert (names(ordered.sources), ordered.order) == (["c", "b", "a"], "tags")


@each_row(
    ("tags", "reason"),
    [
        ([(0, 2), (0, 0)], "no track number in b"),
        ([(0, 1), (0, 1)], "the same disc and track number in a, b"),
        ([(0, 2), (1, 1)], "no disc number in a"),
    ],
)
def test_incomplete_tags_do_not_decide(tags: list[tuple[int, int]], reason: str) -> None:
    sources = [SourceFile(ROOT / name, *pair) for name, pair in zip("ab", tags, strict=True)]
    ordered = source_order.order_sources(sources, [ROOT], "auto")
    assert (names(ordered.sources), ordered.order, ordered.reason) == (
        ["a", "b"],
        "natural",
        reason,
    )
    with pytest.raises(UsageError, match=f"Files not ordered by tags: {reason}"):
        source_order.order_sources(sources, [ROOT], "tags")


def test_a_list_decides(tmp_path: Path) -> None:
    listing = tmp_path / "order.m3u"
    listing.write_text("#EXTM3U\ncd/b.mp3\n\na.mp3\n")
    sources = make("a.mp3", "cd/b.mp3")
    ordered = source_order.order_sources(sources, [ROOT], str(listing))
    assert (names(ordered.sources), ordered.order) == (["cd/b.mp3", "a.mp3"], "list")
    for text, problem in (
        ("a.mp3", "lacks files of the folder: cd/b.mp3"),
        ("a.mp3\ncd/b.mp3\nc\x1b.mp3", r"names files that are not in the folder: c\\x1b\.mp3"),
        ("a.mp3\ncd/b.mp3\na.mp3", "names files twice: a.mp3"),
    ):
        listing.write_text(text)
        with pytest.raises(UsageError, match=rf"order\.m3u {problem}\. Correct it\."):
            source_order.order_sources(sources, [ROOT], str(listing))


@each_row(
    ("make_list", "reason"),
    [
        (lambda path: None, "No such file or directory. Choose auto, tags, natural, alphabetical"),
        (lambda path: os.mkfifo(path), "it is not a regular file"),
        (lambda path: path.write_bytes(b"\xff\xfea"), "it is not UTF-8"),
    ],
)
def test_a_list_that_cannot_be_read_is_named(
    tmp_path: Path, make_list: Callable[[Path], object], reason: str
) -> None:
    make_list(tmp_path / "natrual")
    with pytest.raises(UsageError, match=rf"^Order .*natrual not readable: {reason}"):
        source_order.order_sources(make("a.mp3"), [ROOT], str(tmp_path / "natrual"))


def test_a_list_names_any_file(tmp_path: Path) -> None:
    odd = ["#1.mp3", " b .mp3", "c\x0bd\u2028.mp3", "e.mp3"]
    (tmp_path / "list").write_text("# a comment\r\n" + "\r\n".join(odd[:-1]) + "\n  e.mp3 \n")
    ordered = source_order.order_sources(make(*odd[::-1]), [ROOT], str(tmp_path / "list"))
    assert names(ordered.sources) == odd


# Names of files as users reported them to be joined in a wrong order, or as they are published.
TREES = {
    "numbers without zeros": ["1.mp3", "2.mp3", "9.mp3", "10.mp3", "11.mp3", "100.mp3"],
    "chapters with two numbers": [
        *("Chapter 1.1.mp3", "Chapter 1.2.mp3", "Chapter 1.10.mp3", "Chapter 2.1.mp3"),
        *("Chapter 2.2.mp3", "Chapter 10.1.mp3"),
    ],
    "the title before the number": ["A Book - 1 of 12.mp3", "A Book - 2 of 12.mp3",
                                    "A Book - 10 of 12.mp3"],
    "discs": ["CD1/01.mp3", "CD1/02.mp3", "CD2/01.mp3", "CD2/02.mp3", "CD10/01.mp3"],
    "discs of a range": ["Part 1-2/001.mp3", "Part 1-2/034.mp3", "Part 3/001.mp3"],
    "discs in parentheses": ["One (Disc 01)/Track 01.mp3", "One (Disc 02)/Track 01.mp3",
                             "One (Disc 10)/Track 01.mp3"],
    "a title after a number": ["01.mp3", "01 - A.mp3", "01 - B.mp3", "2 - A.mp3", "003.mp3"],
    "parts of a chapter": ["Chapter 2.mp3", "Chapter 2a.mp3", "Chapter 2b.mp3", "Chapter 3.mp3"],
    "full-width digits": ["\uff11.mp3", "2.mp3", "\uff11\uff10.mp3"],
    "Chinese chapters": [
        f"\u7b2c{number}\u7ae0.mp3"
        for number in (
            *"\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341",
            *("\u5341\u4e00", "\u4e8c\u5341", "\u4e8c\u5341\u4e00", "\u4e00\u767e\u96f6\u4e8c"),
            *("\u4e00\u3007\u4e09", "200"),
        )
    ],
    "Chinese numbers alone": ["\u4e00.mp3", "\u4e8c.mp3", "\u4e09.mp3", "\u5341.mp3"],
    "Japanese volumes": ["\u4e0a\u5dfb/1.mp3", "\u4e2d\u5dfb/1.mp3", "\u4e0b\u5dfb/1.mp3"],
    "Japanese volumes of a title": [f"\u9280\u6cb3 ({one}).mp3" for one in "\u4e0a\u4e2d\u4e0b"],
    "Japanese chapters": [f"\u7b2c{one}\u8a71 \u7a7a.mp3" for one in (1, 2, 10, 11)],
    "Roman numerals": [
        f"Chapter {one}.mp3"
        for one in ("I", "II", "III", "IV", "V", "VIII", "IX", "X", "XI", "XL", "XC", "C", "CI")
    ],
    "Roman numerals with words": [
        *("Opening Credits.mp3", "Preface.mp3", "Introduction.mp3", "Prologue - V.mp3"),
        *("i - The Vitamin C.mp3", "ii - A.mp3", "iv - C.mp3", "ix - I.mp3", "x - B.mp3"),
        *("Epilogue.mp3", "End Credits.mp3"),
    ],
    "Roman parts": [f"Part {part}/Chapter {one}.mp3" for part in ("I", "V", "IX")
                    for one in ("Prologue", "I", "IV", "V", "IX")],
    "a Roman part before a Roman chapter": [
        *("Book I - Chapter V.mp3", "Book I - Chapter IX.mp3", "Book II - Chapter I.mp3"),
    ],
    "number words": [
        "Introduction.mp3",
        *(f"Chapter {word}.mp3" for word in ("One", "Two", "Three", "Four", "Nine", "Ten")),
        *(f"chapter {word}.mp3" for word in ("eleven", "nineteen", "Twenty", "Twenty-One")),
        *(f"Chapter_{word}.mp3" for word in ("Twenty Two", "thirtythree", "NINETY-NINE")),
    ],
    "parts in words": [f"Part {part}/{one:02}.mp3" for part in ("One", "Two", "Three")
                       for one in (1, 2)],
    "words in titles": ["Alone.mp3", "Chapter II and One.mp3", "Someone.mp3"],
    "letters": ["A.mp3", "B.mp3", "C.mp3", "D.mp3", "I.mp3", "Prologue.mp3", "V.mp3"],
    "words among numbers": [
        *("Prologue.mp3", "1 - Epilogue.mp3", "2 - A.mp3", "10 - Introduction.mp3", "Epilogue.mp3"),
    ],
    "upper case": ["Chapter 1.MP3", "chapter 2.mp3", "CHAPTER 3.Mp3"],
}  # fmt: skip


@each_row("tree", TREES)
def test_public_names_are_ordered_as_people_read_them(tree: str) -> None:
    for seed in range(5):
        shuffled = random.Random(seed).sample(make(*TREES[tree]), len(TREES[tree]))
        ordered = source_order.order_sources(shuffled, [ROOT], "auto")
        assert names(ordered.sources) == TREES[tree]


@each_row(
    ("listed", "is_named"),
    [
        (["Chapter I", "Chapter II", "Interlude", "Chapter III"], True),
        (["Chapter I", "Chapter II", "Chapter IX"], True),
        (["CD1/Part V", "CD1/Part V - second", "CD1/Part I"], True),
        (["Chapter I", "Chapter II", "Chapter III", "Prologue"], False),
        (["Chapter One", "Chapter Two", "Interlude"], True),
        (["Chapter Nine", "Chapter Eleven", "Chapter One Hundred"], True),
        (["What I Saw", "What I Did", "Other"], False),
        (["1 - Chapter V", "2 - Chapter I"], False),
        (["a/Part V", "a/Part V - 2nd", "a/Part I"], False),
        (["Prologue"], False),
    ],
)
def test_roman_numerals_that_do_not_decide_are_named(listed: list[str], is_named: bool) -> None:
    sources = make(*(f"{name}.mp3" for name in listed))
    text = "Not all names can be ordered by their Roman numerals or number words: check the order."
    warnings = source_order.order_sources(sources, [ROOT], "natural").warnings
    assert list(warnings) == [text] * is_named


def test_words_that_contain_chinese_digits_stay() -> None:
    expected = ["\u4e0a\u6d77.mp3", "\u4e00\u4e2a\u4eba.mp3", "\u5730\u4e0b.mp3"]
    by_code_point = sorted(expected)
    ordered = source_order.order_sources(make(*expected), [ROOT], "natural")
    assert names(ordered.sources) == by_code_point


@each_row(
    ("tags", "expected"),
    [
        ([(0, 1), (0, 2), (0, 3)], []),
        ([(0, 11), (0, 12)], []),
        ([(0, 1), (0, 3), (0, 6)], ["track number 2:", "track number 4 to 5:"]),
        ([(1, 1), (1, 3), (2, 1)], ["track number 2 of disc 1:"]),
        ([(1, 1), (3, 1)], ["disc number 2:"]),
        ([(0, 101), (0, 102), (0, 201), (0, 999_999_999)], []),
    ],
)
def test_missing_numbers_are_named(tags: list[tuple[int, int]], expected: list[str]) -> None:
    sources = [SourceFile(ROOT / f"{pair}", *pair) for pair in tags]
    warnings = source_order.order_sources(sources, [ROOT], "auto").warnings
    assert list(warnings) == [
        f"No file has the {text} check that none is missing." for text in expected
    ]
    assert not source_order.order_sources(sources, [ROOT], "natural").warnings


def test_tags_must_not_divide_folders() -> None:
    tagged = [
        SourceFile(ROOT / name, 0, track)
        for name, track in (("CD 1/a", 1), ("CD 1/b", 3), ("CD 2/a", 2), ("CD 2/b", 4))
    ]
    ordered = source_order.order_sources(tagged, [ROOT], "auto")
    assert (ordered.order, ordered.reason) == (
        "natural",
        "tags would divide the files of CD 1, CD 2",
    )
    assert names(ordered.sources) == ["CD 1/a", "CD 1/b", "CD 2/a", "CD 2/b"]
    with pytest.raises(UsageError, match="tags would divide"):
        source_order.order_sources(tagged, [ROOT], "tags")


def test_hostile_numbers_in_tags_do_no_harm(tmp_path: Path) -> None:
    tags = Tags(track="9" * 6000, disc="A2")
    source = source_order.build_source_file(ROOT / "a.mp3", tags)
    assert (source.disc, source.track) == (2, 999_999_999)


def test_folders_follow_each_other_as_given(tmp_path: Path) -> None:
    two, one = ROOT.parent / "two", ROOT
    sources = [
        *(SourceFile(one / "a", 1, 2), SourceFile(one / "b", 1, 1)),
        *(SourceFile(two / "10"), SourceFile(two / "9")),
    ]
    ordered = source_order.order_sources(sources, [two, one], "auto")
    assert [str(source.path.relative_to(ROOT.parent)) for source in ordered.sources] == [
        *("two/9", "two/10", "one/b", "one/a")
    ]
    assert (ordered.order, ordered.reason) == (
        "mixed",
        "two: natural, no track number in 10, 9; one: tags, each file has its own disc and track"
        " number",
    )
    same = source_order.order_sources(sources, [two, one], "natural")
    assert (same.order, same.reason) == ("natural", "chosen")
    (tmp_path / "list").write_text("one/a\ntwo/10\none/b\ntwo/9\n")
    listed = source_order.order_sources(sources, [two, one], str(tmp_path / "list"))
    assert [source.path.name for source in listed.sources] == ["a", "10", "b", "9"]


def test_a_folder_within_another_is_ordered_on_its_own() -> None:
    sources = make("CD 1/b", "a", "CD 1/a")
    ordered = source_order.order_sources(sources, [ROOT, ROOT / "CD 1"], "natural")
    assert names(ordered.sources) == ["a", "CD 1/a", "CD 1/b"]
    ordered = source_order.order_sources(sources, [ROOT / "CD 1", ROOT], "natural")
    assert names(ordered.sources) == ["CD 1/a", "CD 1/b", "a"]


def test_files_of_folders_with_one_name_are_all_listed(tmp_path: Path) -> None:
    folders = [Path("/books/a/CD"), Path("/books/b/CD")]
    sources = [SourceFile(folder / "1") for folder in folders]
    (tmp_path / "list").write_text("b/CD/1\na/CD/1\n")
    ordered = source_order.order_sources(sources, folders, str(tmp_path / "list"))
    assert ordered.sources == (sources[1], sources[0])


def test_the_tags_of_a_file_are_read(tmp_path: Path) -> None:
    path = books.write_mp3(tmp_path / "a.mp3", books.SHORT)
    frames = mutagen.id3.ID3()  # type: ignore[no-untyped-call]
    frames.add(mutagen.id3.TRCK(text="03/12"))  # type: ignore[attr-defined, no-untyped-call]
    frames.add(mutagen.id3.TPOS(text="2"))  # type: ignore[attr-defined, no-untyped-call]
    frames.add(mutagen.id3.TIT2(text="One"))  # type: ignore[attr-defined, no-untyped-call]
    frames.save(path)
    assert source_order.build_source_file(path, tags.read(path).tags) == SourceFile(
        path, 2, 3, "One"
    )
