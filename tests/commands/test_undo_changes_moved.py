"""After `--relocate` it is still known what was changed, and what was taken back."""

from __future__ import annotations

import pytest

from tests.commands.conftest import Home
from tests.commands.repaired import Library, contents


def moved(library: Library, *, link: bool) -> Library:
    """Move a library and tell the queue; with a link in the old place, as the docs advise."""
    old, new = library.home.music, library.home.music.parent / "new"
    old.rename(new)
    if link:
        old.symlink_to(new)
    done = library.home.manage("--relocate", new, "--yes")
    assert done.returncode == 0, done.stderr
    return Library(
        Home(library.home.path, new),
        {new / path.relative_to(old): data for path, data in library.before.items()},
        {new / path.relative_to(old): data for path, data in library.after.items()},
    )


@pytest.mark.parametrize("link", [True, False])
def test_what_was_taken_back_is_not_made_again_in_the_new_place(
    library: Library, link: bool
) -> None:
    library.ok("--session", "last")
    there = moved(library, link=link)
    there.home.manage("--reset-all", "--yes")
    done = there.home.batch("--all")
    assert done.returncode == 0, done.stderr
    assert there.now() == there.before


def test_an_undoing_in_the_new_place_takes_the_repairs_out_of_the_count(library: Library) -> None:
    there = moved(library, link=True)
    counted = [item["auto_fixed"] for item in there.home.snapshot()["artists"].values()]
    assert all(counted)
    there.ok("--session", there.session)
    assert contents(there.home.music) == there.before
    artists = there.home.snapshot()["artists"].values()
    assert [item.get("auto_fixed", 0) for item in artists] == [0, 0]
    listed = there.data("--list", "--session", there.session)
    assert listed
    assert all(one["taken_back_by"] for one in listed)


def test_the_list_of_one_file_tells_by_whom_its_changes_were_taken_back(library: Library) -> None:
    there = moved(library, link=True)
    path = library.home.music / "Vera" / "Dawn" / "01 Vera.mp3"
    there.ok("--session", there.session)
    every = there.data("--list", "--file", path)
    assert [bool(one["taken_back"]) for one in every] == [True, False]
    assert every[1]["undoes"] == every[0]["id"]
    assert every[0]["taken_back_by"] == every[1]["session"]
    (one,) = there.data("--list", "--file", path, "--session", there.session)
    assert one == every[0]
