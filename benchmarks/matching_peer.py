"""The same local albums as beets identifies them, at the same simulator server."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import script_runs
from benchmarks.matching_albums import Local
from benchmarks.matching_answers import Answer, Answers
from mediakeep.media.audio.tags import AudioProperties
from mediakeep.music.model import Track
from mediakeep_simulator.server import SimulatorServer

_BEET = os.environ.get("BEET") or shutil.which("beet") or str(Path(sys.executable).parent / "beet")
_SETTINGS = """\
library: {folder}/library.db
plugins: [musicbrainz]
musicbrainz: {{host: "{host}", https: no, ratelimit: 100000}}
"""


def ask(albums: Sequence[Local], server: SimulatorServer, folder: Path) -> Answers | None:
    """Ask beets what each album is, in several processes; None where there is no beets."""
    if not Path(_BEET).is_file():
        return None
    began = len(server.requests)
    parts = [list(part) for part in _dealt(albums, script_runs.WORKERS)]
    with ThreadPoolExecutor(len(parts)) as pool:
        numbered = enumerate(parts)
        responses = list(pool.map(lambda one: _run(one[1], server, folder / str(one[0])), numbered))
    answers = [
        _read(answer)
        for one in itertools.zip_longest(*(page["answers"] for page in responses))
        for answer in one
        if answer is not None
    ]
    cpu = sum(page["cpu"] for page in responses)
    return Answers(answers, len(server.requests) - began, cpu)


def _dealt(albums: Sequence[Local], workers: int) -> list[Sequence[Local]]:
    return [albums[worker::workers] for worker in range(workers)]


def _run(albums: Sequence[Local], server: SimulatorServer, folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True)
    host = server.url.removeprefix("http://")
    (folder / "config.yaml").write_text(_SETTINGS.format(folder=folder, host=host))
    request = [[_item(album.folder, track) for track in album.album.tracks] for album in albums]
    (folder / "albums.json").write_text(json.dumps(request), encoding="utf-8")
    child = Path(__file__).with_name("matching_child.py")
    python = Path(_BEET).parent / "python"
    paths = [folder, folder / "albums.json", folder / "answers.json"]
    # Isolated: next to the child is a module of the name of beets.
    subprocess.run([python, "-I", child, *paths], check=True, capture_output=True)
    page: dict[str, Any] = json.loads(paths[-1].read_text(encoding="utf-8"))
    return page


def _read(data: dict[str, Any]) -> Answer:
    if not data["candidates"]:
        return Answer()
    group, edition, distance = data["candidates"][0]
    strong = data["strong"]
    return Answer(group, frozenset({edition}), distance=distance, sure=strong, edition=strong)


def _item(folder: str, track: Track) -> dict[str, Any]:
    """Return the fields that beets would read from such a file."""
    tags, facts = track.tags, track.facts or AudioProperties(format="")
    texts = {
        "title": tags.title,
        "artist": tags.artist,
        "album": tags.album,
        "albumartist": tags.albumartist,
        "composer": tags.composer,
        "label": tags.label,
        "catalognum": tags.catalognumber,
        "barcode": tags.barcode,
        "country": tags.releasecountry,
        "media": tags.media,
        "mb_trackid": tags.musicbrainz_recordingid,
        "mb_releasetrackid": tags.musicbrainz_trackid,
        "mb_albumid": tags.musicbrainz_albumid,
        "mb_releasegroupid": tags.musicbrainz_releasegroupid,
    }
    numbers = {
        "track": tags.track,
        "tracktotal": tags.track_total,
        "disc": tags.disc,
        "disctotal": tags.disc_total,
        "year": "".join(tags.date)[:4],
    }
    return {
        **{name: text[0] if text else "" for name, text in texts.items()},
        **{name: int(text or 0) for name, text in numbers.items()},
        "comp": tags.compilation,
        "length": facts.duration,
        "path": f"/music/{folder}/{track.place}",
    }
