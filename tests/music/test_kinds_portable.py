"""Names that other systems reject or mix up are found on a real disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mediakeep import path_text
from mediakeep.music import scan
from tests.music import paper, shelf


def find_case_twin(name: str) -> str:
    return f'differs from "{name}" only in case or the encoding of accents'


def list_details(artist: Path) -> dict[str, str]:
    return paper.list_artist_details("name-not-portable", scan.read_artist(artist))


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    """An artist whose own name is not looked at: it is one of the library's."""
    folder = tmp_path / "What? Who:"
    shelf.put(folder / "Dawn" / "01 - ...And a (Healthy) Name, No. 1 [Live] & More!.mp3")
    return folder


@pytest.mark.parametrize("sign", '<>:"\\|?*')
def test_a_sign_that_windows_refuses_is_named(artist: Path, sign: str) -> None:
    path = shelf.put(artist / "Dawn" / f"Why{sign}.mp3")
    assert list_details(artist) == {
        f"Dawn/{path_text.escape_path(path.name)}": f'the name contains "{sign}"'
    }


@pytest.mark.parametrize("sign", ["\n", "\t", "\x01", "\x1b", "\x7f", "\x85"])
def test_a_control_character_is_made_visible(artist: Path, sign: str) -> None:
    shelf.put(artist / "Dawn" / f"Two{sign}Lines.mp3")
    (detail,) = list_details(artist).values()
    assert detail == f'the name contains "{path_text.to_printable(sign)}"'
    assert detail.isprintable()


@pytest.mark.parametrize(
    "name", ["CON.mp3", "prn.flac", "Aux.ogg", "nul.mp3", "COM1.mp3", "lpt9.mp3", "con.live.mp3"]
)
def test_a_device_of_windows_is_found_with_any_extension(artist: Path, name: str) -> None:
    shelf.put(artist / "Dawn" / name)
    assert list_details(artist) == {f"Dawn/{name}": "the name is a device name on Windows"}


@pytest.mark.parametrize(
    "name", ["Con Amore.mp3", "Auxiliary.mp3", "COM10.mp3", "COM0.mp3", "Nullify.mp3", "A Con.mp3"]
)
def test_a_name_that_only_begins_like_a_device_is_left_alone(artist: Path, name: str) -> None:
    shelf.put(artist / "Dawn" / name)
    assert list_details(artist) == {}


@pytest.mark.parametrize(
    ("folder", "what"),
    [
        ("Etcetera...", "ends in a dot"),
        ("Trailing ", "ends in a space"),
        ("Aux", "is a device name on Windows"),
        ("Why?", 'contains "?"'),
    ],
)
def test_a_folder_is_named_at_each_track_in_it(artist: Path, folder: str, what: str) -> None:
    for name in ("CD1/a.mp3", "CD2/a.mp3", "a.mp3"):
        shelf.put(artist / folder / name)
    detail = f'the folder "{folder}" {what}'
    assert list_details(artist) == dict.fromkeys(
        (f"{folder}/CD1/a.mp3", f"{folder}/CD2/a.mp3", f"{folder}/a.mp3"), detail
    )


def test_several_faults_of_one_path_are_reported_together(artist: Path) -> None:
    shelf.put(artist / "Dusk." / "Who?: Me*.mp3")
    assert list_details(artist) == {
        "Dusk./Who?: Me*.mp3": 'the folder "Dusk." ends in a dot; the name contains "?"'
    }


def test_a_dot_or_space_before_the_extension_is_no_fault(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "To Be Continued... .mp3")
    shelf.put(artist / "...Before" / ".mp3 .mp3")
    assert list_details(artist) == {}


def test_a_name_that_is_not_utf8_is_found(artist: Path) -> None:
    name = shelf.odd_name(artist)
    shelf.put(artist / "Dawn" / f"{name}.mp3")
    if os.fsencode(name).isascii() or "\udce9" not in name:  # the disk takes no such name
        assert list_details(artist) == {}
    else:
        assert list_details(artist) == {
            f"Dawn/{path_text.escape_path(name)}.mp3": "the name is not valid UTF-8"
        }


def test_names_that_differ_in_case_alone_are_found_where_the_disk_distinguishes_them(
    artist: Path,
) -> None:
    for name in ("Interlude.mp3", "INTERLUDE.mp3", "interlude.flac", "Prelude.mp3"):
        shelf.put(artist / "Dawn" / name)
    apart = len(list((artist / "Dawn").glob("[Ii]*.mp3"))) == 2
    assert list_details(artist) == (
        {
            "Dawn/INTERLUDE.mp3": f"the name {find_case_twin('Interlude.mp3')}",
            "Dawn/Interlude.mp3": f"the name {find_case_twin('INTERLUDE.mp3')}",
        }
        if apart
        else {}
    )


def test_names_that_differ_in_the_form_of_accents_alone_are_found(artist: Path) -> None:
    composed, apart = "Caf\u00e9.mp3", "Cafe\u0301.mp3"
    for name in (composed, apart, "Cafe.mp3"):
        shelf.put(artist / "Dawn" / name)
    if len(list((artist / "Dawn").glob("Caf*"))) == 3:
        assert set(list_details(artist)) == {f"Dawn/{composed}", f"Dawn/{apart}"}
    else:  # the disk writes all names in one form
        assert list_details(artist) == {}


def test_folders_that_differ_in_case_alone_are_named_at_their_tracks(artist: Path) -> None:
    for folder in ("Dawn", "DAWN", "Dusk"):
        shelf.put(artist / folder / "CD 1" / "a.mp3")
    if len(list(artist.iterdir())) == 2:  # the disk does not distinguish them
        assert list_details(artist) == {}
        return
    details = list_details(artist)
    assert details["DAWN/CD 1/a.mp3"] == f'the folder "DAWN" {find_case_twin("Dawn")}'
    assert details["Dawn/CD 1/a.mp3"] == f'the folder "Dawn" {find_case_twin("DAWN")}'
    assert len(details) == 3
    assert all(place[:4].upper() == "DAWN" for place in details)


def test_the_same_name_in_two_folders_is_no_twin_and_covers_are_not_looked_at(
    artist: Path,
) -> None:
    shelf.put(artist / "Dawn" / "a.mp3")
    shelf.put(artist / "Dusk" / "A.mp3")
    for name in ("Why?.jpg", "COVER.jpg", "cover.jpg"):
        (artist / "Dusk" / name).write_bytes(b"x")
    assert list_details(artist) == {}


def test_a_file_that_cannot_be_read_has_no_second_issue(artist: Path) -> None:
    (artist / "Dawn" / "Why?.mp3").write_bytes(b"")
    assert list_details(artist) == {}
    assert paper.list_kinds_on_disk(artist)["empty-file"] == ["Dawn/Why?.mp3"]
