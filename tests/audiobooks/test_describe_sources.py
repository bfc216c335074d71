"""A dry run shows the order of the files, their formats, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

from mediakeep.audiobooks import subject
from mediakeep.audiobooks.sources import (
    book_format,
    check_sources,
    find_books,
    source_order,
)
from tests.audiobooks import books


def test_a_dry_run_shows_all_files_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "book"
    (folder / "CD 2").mkdir(parents=True)
    books.write_mp3(folder / "10.mp3", books.Kind(44_100, 2, 2.0))
    books.write_mp3(folder / "9\n.mp3", books.Kind(22_050, 1, 1.0))
    books.write_part(folder / "CD 2" / "1.m4a", 44_100).rename(folder / "CD 2" / "1.mp3")
    (folder / "4.mka").write_bytes(b"1")
    listed = find_books.list_sources([folder])
    checked = check_sources.check_sources([folder], listed.files)
    sources = [file.source for file in checked.files]
    ordered = source_order.order_sources(sources, [folder], "auto")
    lines = subject.describe_sources(ordered, checked, listed.left_out, [folder])
    assert [line.rpartition(" kbit/s")[0] or line for line in lines] == [
        "Order: by name, numbers by value (no track number in 10.mp3, 9\\n.mp3, CD 2/1.mp3)",
        "   1  9\\n.mp3: 0:00:01, MP3, 22,050 Hz, mono, 64",
        "   2  10.mp3: 0:00:02, MP3, 44,100 Hz, stereo, 128",
        "   3  CD 2/1.mp3: 0:00:01, MP4, 44,100 Hz, stereo, 184",
        f"Sources: 2 MP3, 1 MP4; 0:00:04, {checked.size / 1000:.1f} KB",
        "Left out: 4.mka: Matroska is not supported",
        "CD 2/1.mp3 contains MP4, whatever its name says.",
    ]
    chosen, _ = book_format.choose_format(checked)
    line = subject.describe_encoding(checked, chosen, processes=2)
    size = f"{checked.seconds * 16:.1f} KB"
    assert line == (
        f"AAC, 44,100 Hz, stereo, 128 kbit/s; about {size}, about 1 min with 2 processes"
    )


def test_lengths_are_shown_in_hours() -> None:
    assert [subject.format_length(seconds) for seconds in (0.6, 3599.6, 100 * 3600)] == [
        *("0:00:01", "1:00:00", "100:00:00")
    ]
