"""An NFO is read in the encoding that it is really in, and written in the same."""

from __future__ import annotations

import codecs

import pytest

from mediakeep.errors import BrokenNfo
from mediakeep.media.nfo import merge, nfo_file
from mediakeep.media.nfo.model import NfoMovie
from tests.sampling import each_row

WANTED = NfoMovie(title="Grüße", tagline="Ein € für Łódź")


def head(encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n'


BODY = "<movie>\n  <title>Grüße</title>\n</movie>\n"
FILES = {
    "UTF-8": BODY.encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + BODY.encode(),
    "UTF-16 with a mark": codecs.BOM_UTF16_LE + (head("UTF-16") + BODY).encode("utf-16-le"),
    "UTF-16 the other way": codecs.BOM_UTF16_BE + BODY.encode("utf-16-be"),
    "UTF-16 without a mark": BODY.encode("utf-16-le"),
    "declared ISO-8859-1": (head("ISO-8859-1") + BODY).encode("latin-1"),
    "declared windows-1252": (head("windows-1252") + BODY).encode("cp1252"),
    "declared as UTF-8 but not": (head("UTF-8") + BODY).encode("cp1252"),
    "not declared and not UTF-8": BODY.encode("cp1252"),
    "declared as ISO-8859-1 but UTF-8": (head("ISO-8859-1") + BODY).encode(),
    "declared as something unknown": (head("klingon") + BODY).encode(),
    "declared as UTF-16 but UTF-8": (head("UTF-16") + BODY).encode(),
    "declared as what is no text": (head("rot13") + BODY).encode(),
    "after blank lines": f"\r\n\n{head('UTF-8')}{BODY}".encode(),
    "after a line of text": f"made by hand ü\n{head('UTF-8')}{BODY}".encode(),
}


@each_row("name", FILES)
def test_letters_are_read_whatever_is_declared(name: str) -> None:
    assert nfo_file.parse_nfo(FILES[name]).details.title == "Grüße"


@each_row("name", FILES)
def test_what_is_added_is_in_the_encoding_of_the_file(name: str) -> None:
    data = FILES[name]
    new = merge.merge_details(nfo_file.parse_nfo(data), WANTED, None)
    assert nfo_file.parse_nfo(new).details == WANTED
    assert new[: data.index(b"l")] == data[: data.index(b"l")]  # up to the title
    assert merge.merge_details(nfo_file.parse_nfo(new), WANTED, WANTED) == new


def test_ascii_gets_letters_as_it_declares_them() -> None:
    data = (head("windows-1252") + "<movie><title/></movie>").encode()
    new = merge.merge_details(nfo_file.parse_nfo(data), NfoMovie(title="Grüße"), None)
    assert "<title>Grüße</title>".encode("cp1252") in new


@each_row("data", [codecs.BOM_UTF8 + b"<movie>\xff</movie>", b"\xff\xfe<\0m"[:5]])
def test_bytes_that_are_no_text_are_left_alone(data: bytes) -> None:
    with pytest.raises(BrokenNfo):
        nfo_file.parse_nfo(data)
