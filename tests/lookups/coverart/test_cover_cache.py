"""Downloaded covers are cached as files until they are used, but not forever."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mediakeep.errors import NoCache
from mediakeep.lookups.coverart.cover_cache import CoverCache


def test_a_picture_is_found_again_by_what_it_is_of_and_its_size(tmp_path: Path) -> None:
    gallery = CoverCache(tmp_path)
    assert gallery.find_cover("mbid", "500") is None
    path = gallery.store("mbid", "500", "image/png", b"one")
    assert gallery.find_cover("mbid", "500") == path
    assert (path.name, path.read_bytes()) == ("mbid-500.png", b"one")
    assert gallery.find_cover("mbid", "full") is None
    assert gallery.find_cover("mbi", "500") is None


def test_what_nobody_came_for_is_removed_with_what_a_kill_left(tmp_path: Path) -> None:
    gallery = CoverCache(tmp_path)
    gallery.remove_expired()
    assert not gallery.folder.exists()
    new = gallery.store("new", "500", "image/jpeg", b"new")
    old = gallery.store("old", "500", "image/jpeg", b"old")
    left = gallery.folder / ".0123456789ab.tmp"
    left.touch()
    for path in (old, left):
        os.utime(path, (time.time() - 31 * 86400,) * 2)
    gallery.remove_expired()
    assert list(gallery.folder.iterdir()) == [new]


def test_what_has_come_to_use_stays_for_those_who_may_be_using_it(tmp_path: Path) -> None:
    gallery = CoverCache(tmp_path)
    path = gallery.store("mbid", "500", "image/jpeg", b"one")
    gallery.mark_used(path)
    gallery.remove_expired()
    assert path.exists()
    assert gallery.find_cover("mbid", "500") == path  # somebody else wants it
    gallery.remove_expired(used=-1)
    assert path.exists()
    gallery.mark_used(path)
    gallery.remove_expired(used=-1)
    assert not path.exists()
    gallery.mark_used(path)
    assert not path.exists()


def test_where_none_can_be_kept_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "covers").write_text("in the way")
    with pytest.raises(NoCache, match="Cannot store service responses in"):
        CoverCache(tmp_path).store("mbid", "500", "image/png", b"one")
