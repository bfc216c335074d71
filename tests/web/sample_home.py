"""A home with albums whose tracks lack a date, for the browser and for pictures."""

from __future__ import annotations

from pathlib import Path

from tests.commands.conftest import Home
from tests.music import shelf


def make_home(folder: Path, albums: int) -> Home:
    """Return a home after a batch: each album of three tracks has a proposal for one."""
    home = Home(folder / "home", folder / "music")
    home.path.mkdir(parents=True)
    for album in range(albums):
        for number in range(1, 4):
            track = home.music / f"Artist {album:03}" / "Dawn" / f"0{number} Tide {number}.flac"
            fields = {"title": f"Tide {number}", "tracknumber": f"{number}/3", "album": "Dawn"}
            name = f"Artist {album:03}"
            date = None if number == 2 else "1990"
            shelf.put(track, **fields, artist=name, albumartist=name, date=date)
    home.manage("--scan", home.music)
    done = home.call("process_music_batch", "--all", "--fix", "none")
    assert done.returncode == 0, done.stderr
    return home
