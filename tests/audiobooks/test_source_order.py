"""Files are joined by disc and track, by name, or as a list says."""

from __future__ import annotations

import random
from pathlib import Path

import mutagen.id3
import pytest

from mediakeep.audiobooks import source_order
from mediakeep.audiobooks.source_order import SourceFile
from mediakeep.errors import UsageError
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
        "book 10.mp3", "Intro.mp3", "intro 2.mp3", "\u00e4.mp3",
    ]  # fmt: skip
    shuffled = random.Random(1).sample(make(*expected), len(expected))
    assert names(source_order.order_sources(shuffled, ROOT, "natural").sources) == expected


def test_alphabetical_order_compares_letters() -> None:
    ordered = source_order.order_sources(
        make("2.mp3", "10.mp3", "B.mp3", "a.mp3"), ROOT, "alphabetical"
    )
    assert names(ordered.sources) == ["10.mp3", "2.mp3", "B.mp3", "a.mp3"]


def test_complete_tags_decide() -> None:
    sources = [
        SourceFile(ROOT / "a", 2, 1),
        SourceFile(ROOT / "b", 1, 2),
        SourceFile(ROOT / "c", 1, 1),
    ]
    ordered = source_order.order_sources(sources, ROOT, "auto")
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
    ordered = source_order.order_sources(sources, ROOT, "auto")
    assert (names(ordered.sources), ordered.order, ordered.reason) == (
        ["a", "b"],
        "natural",
        reason,
    )
    with pytest.raises(UsageError, match=f"Files not ordered by tags: {reason}"):
        source_order.order_sources(sources, ROOT, "tags")


def test_a_list_decides(tmp_path: Path) -> None:
    listing = tmp_path / "order.m3u"
    listing.write_text("#EXTM3U\ncd/b.mp3\n\na.mp3\n")
    sources = make("a.mp3", "cd/b.mp3")
    ordered = source_order.order_sources(sources, ROOT, str(listing))
    assert (names(ordered.sources), ordered.order) == (["cd/b.mp3", "a.mp3"], "list")
    for text, problem in (
        ("a.mp3", "lacks files of the folder: cd/b.mp3"),
        ("a.mp3\ncd/b.mp3\nc.mp3", "names files that are not in the folder: c.mp3"),
        ("a.mp3\ncd/b.mp3\na.mp3", "names files twice: a.mp3"),
    ):
        listing.write_text(text)
        with pytest.raises(UsageError, match=rf"order\.m3u {problem}\. Correct it\."):
            source_order.order_sources(sources, ROOT, str(listing))
    with pytest.raises(UsageError, match=r"Order .*none.* not readable"):
        source_order.order_sources(sources, ROOT, str(tmp_path / "none"))


def test_the_tags_of_a_file_are_read(tmp_path: Path) -> None:
    path = books.write_mp3(tmp_path / "a.mp3", books.SHORT)
    frames = mutagen.id3.ID3()  # type: ignore[no-untyped-call]
    frames.add(mutagen.id3.TRCK(text="03/12"))  # type: ignore[attr-defined, no-untyped-call]
    frames.add(mutagen.id3.TPOS(text="2"))  # type: ignore[attr-defined, no-untyped-call]
    frames.add(mutagen.id3.TIT2(text="One"))  # type: ignore[attr-defined, no-untyped-call]
    frames.save(path)
    assert source_order.read_source_file(path) == SourceFile(path, 2, 3, "One")
