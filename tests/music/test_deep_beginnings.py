"""A deep scan finds damage at the start of a file, even if no audio can be found in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.music import scan, worker_context
from mediakeep.music.deep_scan import full_decode
from mediakeep.music.worker_context import MusicWorkerConfig
from tests.music import shelf


@pytest.mark.parametrize("suffix", ["flac", "m4a", "ogg", "opus"])
def test_silent_corruption_at_the_beginning_is_reported(tmp_path: Path, suffix: str) -> None:
    path = shelf.put(tmp_path / "Vera" / "Dusk" / f"a.{suffix}")
    places = MusicWorkerConfig(tmp_path / "home", write=True, deep=True)
    with worker_context.open_context(places) as opened:
        # According to the index, size and times are the same, so the file is not read again. A test
        # cannot keep the time of the last change, so it hands the first reading on.
        known = scan.read_artist(tmp_path / "Vera", reader=opened.reader)
        whole, _ = full_decode.deep_scan_artist(known, "Vera", places, opened, lambda *_: None)
        path.write_bytes(bytes(16) + path.read_bytes()[16:])
        rotten, _ = full_decode.deep_scan_artist(known, "Vera", places, opened, lambda *_: None)
    assert [track.damage for track in whole.tracks] == [""]
    assert "beginning is damaged" in next(rotten.tracks).damage
