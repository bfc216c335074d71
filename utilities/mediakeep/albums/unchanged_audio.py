"""Find which tracks of a changed album have the same audio as when the album was published.

<name> [1f2e3d4c]_state/published.json   what the album has published, and the audio of its source
"""

from __future__ import annotations

import contextlib
from hashlib import sha256

import msgspec

from mediakeep.albums import report
from mediakeep.albums.album_job import AlbumJob
from mediakeep.albums.plan_album import AlbumPlan
from mediakeep.albums.report import TrackRow
from mediakeep.errors import NotAudio, Unreadable
from mediakeep.media.audio import essence
from mediakeep.path_text import escape_path
from mediakeep.workspace.job_files import StateFile, WorkingDirs


class _Published(msgspec.Struct, frozen=True):
    """The state file: the published tracks, and the hash of the audio by source, escaped."""

    tracks: tuple[TrackRow, ...] = ()
    audio: dict[str, str] = {}


_PUBLISHED = StateFile("published.json", _Published, is_indented=False)


class UnchangedAudio(msgspec.Struct, frozen=True):
    """The `sound` of each source, and the published tracks by theirs; see `TrackRow`."""

    sounds: dict[str, str]
    published: dict[str, TrackRow]


def note_published(job: AlbumJob, dirs: WorkingDirs, plan: AlbumPlan) -> None:
    """Store what an album has published, and hash the audio in its source folder.

    Nothing is known of an album whose original is the same: the user wants it converted again.
    """
    audio, last = dict[str, str](), None
    if job.item.playback_path and job.item.fingerprint != job.item.working_fingerprint:
        last = report.read_report(job.settings.home, job.item)
    for track in plan.tracks:
        with contextlib.suppress(NotAudio, Unreadable):  # those are converted like a new track
            found = essence.compute_audio_hash(dirs.source / track.source)
            audio[escape_path(track.source)] = found
    _PUBLISHED.save(dirs.state, _Published(last.tracks if last else (), audio))


def find_unchanged_audio(job: AlbumJob, dirs: WorkingDirs, plan: AlbumPlan) -> UnchangedAudio:
    """Compare the sources of an album with what was published.

    The sound of a track is its audio, its length, and how it is encoded and verified.
    """
    noted = _PUBLISHED.load(dirs.state) or _Published()
    audio, verify = noted.audio, job.settings.processing.verify
    facts = {
        track.source: (audio[name], track.seconds, track.parameters, verify)
        for track in plan.tracks
        if (name := escape_path(track.source)) in audio
    }
    sounds = {name: sha256(msgspec.json.encode(one)).hexdigest() for name, one in facts.items()}
    return UnchangedAudio(sounds, {row.sound: row for row in noted.tracks if row.sound})
