"""The homes of each kind of job: how jobs are made, and which settings their commands build."""

from __future__ import annotations

import array
import functools
import json
import sys
import tempfile
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import mutagen

from mediakeep import job_settings
from mediakeep.albums import settings as album_settings
from mediakeep.albums.item import ALBUMS, AlbumItem
from mediakeep.app import episode_batches
from mediakeep.audiobooks import settings as audiobook_settings
from mediakeep.audiobooks.item import AUDIOBOOKS, AudiobookItem
from mediakeep.audiobooks.settings import BookOptions
from mediakeep.episodes.item import EPISODES, EpisodeItem
from mediakeep.episodes.settings import EpisodeSettings
from mediakeep.item import Status
from mediakeep.lookups.archive_org.find_items import ItemSource
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media.encoding import pcm_source
from mediakeep.queue import readonly
from mediakeep.queue.state import QueueState
from mediakeep.workspace.job_files import JobFiles
from mediakeep_simulator.episode_catalogue import ArchiveFile, ArchiveItem, EpisodeCatalogue
from mediakeep_simulator.episode_services import EpisodeServices
from tests import job_home
from tests.audiobooks import books
from tests.job_home import JobHome
from tests.media.encoding import sounds
from tests.reference.recording import KIND, Recording

SAMPLES = 22_050  # of a track of an album; a loudness needs 400 ms
WAV_SAMPLES = [100 * number % 3000 for number in range(50)]
HALVED = [sample // 2 for sample in WAV_SAMPLES]


@dataclass
class AlbumHome(JobHome[AlbumItem]):
    """A home with albums, and where they are converted."""

    access: ServiceConfig | None = None
    samples: int = SAMPLES  # per channel of a track

    kind = ALBUMS

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def master(self) -> Path:
        """A tiny FLAC file of noise."""
        path = self.root / "master.flac"
        if not path.exists():
            path.write_bytes(make_flac(self.samples))
        return path

    def write_tracks(self, folder: Path, count: int) -> None:
        for number in range(1, count + 1):
            track = folder / f"{number:02} T.flac"
            track.write_bytes(make_flac(self.samples))
            tag(track, album=folder.name, artist=folder.parent.name, title=f"T {number}")
        (folder / "rip.log").write_text("log")

    def settings(
        self, *, ignored: tuple[str, ...] = (), links: str = "follow", **options: Any
    ) -> dict[str, Any]:
        names = ("source", "config", "profile", "verify", "existing", "enrich", "delete_original")
        folders = {"output_dir": self.output, "archive_dir": self.archive}
        given = {**dict.fromkeys(names), "working_dir": None, "keep_going": False, "mirror": False}
        others: dict[str, Any] = {"max_attempts": 3, "add": (), "scan": None}
        others |= {"ignore": ",".join(ignored), "links": links}
        values = {**given, **folders, "access": self.access, **self.values, **options}
        return album_settings.build_settings(self.path, values, others, {})

    broken: ClassVar = {"converting": 1}
    loop_options: ClassVar = {"delete_original": True}
    loop_points: ClassVar = {
        "before a track is renamed": ("replace", r"_processed/.*\.opus"),
        "before the archive is renamed": ("replace", r"/archive/[^.]"),
        "before the output is renamed": ("replace", r"/output/[^.]"),
        "before the folder of the output is synced": ("fsync", r"/(output|archive)$"),
        "while the original is deleted": ("unlink|replace", r"/library/"),
    }
    may_miss = frozenset({"--delete-original"})

    def loop_words(self) -> list[tuple[str, ...]]:
        folders = ("--output", str(self.output), "--archive", str(self.archive))
        return [folders, ("--delete-original",)]

    def list_outputs(self, name: str) -> list[Path]:
        paths = (self._locate(folder, name) for folder in (self.output, self.archive))
        return [path for path in paths if path.exists()]

    def _locate(self, folder: Path, name: str) -> Path:
        """Return where an album is published; if it was added, below the name of its parent."""
        added = folder / self.library.name / name
        return added if added.exists() else folder / name

    def find_faults(self, name: str, before: dict[str, bytes], *, done: bool) -> Iterator[str]:
        sources = {path: data for path, data in before.items() if path.startswith(f"{name}/")}
        output = job_home.names(self._locate(self.output, name))
        archived = self._locate(self.archive, name)
        archive = job_home.contents(archived) if archived.exists() else {}
        if output not in ([], ["01 T.opus", "02 T.opus", "rip.log"]):
            yield f"{name} was published as {output}"
        if (
            archive
            and not archive.items()
            >= {path.removeprefix(f"{name}/"): data for path, data in sources.items()}.items()
        ):
            yield f"{name} was archived as {[*archive]}"
        found = job_home.contents(self.library) if self.library.exists() else {}
        if not (output and archive) and not found.items() >= sources.items():
            yield f"{name} is neither published nor whole"
        if done:
            item = self.item(name)
            tracks = self._locate(self.output, name).glob("*.opus")
            lengths = [pcm_source.count_samples(path) for path in tracks]
            if item.status is not Status.COMPLETED or not (output and archive):
                yield f"{name} is {item.status}: {item.error_message}"
            if any(abs(length - SAMPLES * 480 / 441) > 1 for length in lengths):
                yield f"{name} has tracks of {lengths} samples"
            if list(self.working.glob(f"*{name} [[]*")):
                yield f"{name} has working folders"

    def count_repeats(self, name: str) -> int:
        return sum(row["attempts"] - 1 for row in self.report(name)["tracks"])

    def list_opened(self, **options: Any) -> list[str]:
        """Scan and process in a child; return the files of the library that it opened."""
        notes = self.root / "opened"

        def convert() -> None:
            opened: list[str] = []
            sys.addaudithook(
                lambda event, what: opened.append(str(what[0])) if event == "open" else None
            )
            self.convert(**options)
            notes.write_text(
                json.dumps([path for path in opened if path.startswith(f"{self.library}/")])
            )

        job_home.run_in_child(convert)
        found: list[str] = json.loads(notes.read_text())
        return found


@functools.cache
def make_flac(count: int = SAMPLES) -> bytes:
    """Return a tiny FLAC file of noise."""
    with tempfile.TemporaryDirectory() as folder:
        wav = sounds.write_noise(Path(folder) / "a.wav", count)
        sounds.convert(wav, wav.with_suffix(".flac"), "flac")
        return wav.with_suffix(".flac").read_bytes()


def tag(path: Path, **fields: str) -> None:
    """Write tags with mutagen."""
    file = mutagen.File(path)
    for name, text in fields.items():
        file[name] = text
    file.save()


@dataclass
class BookHome(JobHome[AudiobookItem]):
    """A home with audiobooks."""

    kind = AUDIOBOOKS

    @property
    def output(self) -> Path:
        return self.path / "outputs" / "audiobooks"

    @property
    def backups(self) -> Path:
        return self.path / "status" / "backups" / "audiobooks"

    def write_tracks(self, folder: Path, count: int) -> None:
        """Write the first kinds of mixed files."""
        for number, kind in enumerate(books.MIXED[:count], 1):
            books.write_mp3(folder / f"{number} Part.mp3", kind)

    def settings(self, *, folders: tuple[Path, ...] = (), **options: Any) -> dict[str, Any]:
        names = (*BookOptions.__struct_fields__, "config", "working_dir", "source_root")
        given = {**dict.fromkeys(names), "folders": folders, "combine": False}
        others: dict[str, Any] = {"add": (), "scan": None, "jobs": 0, "workers": 0, "ignore": ""}
        values = {**given, **self.values, **options}
        return audiobook_settings.build_settings(self.path, values, others, {})

    broken: ClassVar = {"input": 1}
    loop_points: ClassVar = {
        "before a chunk is renamed": ("replace", r"_processed/.*\.chunk"),
        "before the book is named": ("replace|link", r"/outputs/audiobooks/.*\.m4b"),
        "before the folder of the book is synced": ("fsync", r"/outputs/audiobooks$"),
        "before the folder of the backup is synced": ("fsync", r"/backups/audiobooks$"),
        "while the backup is written": ("replace|write", r"/backups/audiobooks/"),
        "before the record": ("replace", r"/outputs/audiobooks/.*\.json"),
    }

    def damage(self, track: Path) -> None:
        track.write_bytes(b"<html>")

    def list_outputs(self, name: str) -> list[Path]:
        return sorted(self.output.glob(f"{name}*.m4b"))

    def find_faults(self, name: str, before: dict[str, bytes], *, done: bool) -> Iterator[str]:
        if job_home.contents(self.library) != before:
            yield "the sources have changed"
        found = [path.name for path in self.list_outputs(name)]
        if found not in ([], [f"{name}.m4b"]):
            yield f"{name} was published as {found}"
        if not done:
            return
        item = self.item(name)
        if item.status is not Status.COMPLETED or not found:
            yield f"{name} is {item.status}: {item.error_message}"
            return
        samples = self.report(name)["verification"]["samples"]
        if pcm_source.count_samples(self.output / found[0]) != samples:
            yield f"{name} does not have {samples} samples"
        backups = [path.name for path in self.backups.iterdir() if path.name.startswith(name)]
        if len(backups) != 1:
            yield f"{name} has the backups {backups}"
        if list(self.working.glob(f"*{name} [[]*")):
            yield f"{name} has working folders"

    def add(self, *folders: Path, **options: Any) -> None:
        """Add books as the command adds its folders."""
        self.prepare(*folders, folders=folders, **options)


@dataclass
class RecordingHome(JobHome[Recording]):
    """A home with recordings, whose batches have one worker."""

    kind = KIND
    scripts = job_home.ROOT / "tests" / "reference" / "scripts"  # also where the kind is installed

    @property
    def output(self) -> Path:
        return self.path / "outputs" / "recordings"

    def write_tracks(self, folder: Path, count: int) -> None:
        for number in range(count):
            write_track(folder / f"{number}.wav")

    def damage(self, track: Path) -> None:
        track.write_bytes(b"RIFF")

    def settings(self, **options: Any) -> dict[str, Any]:
        return job_settings.build_plain(KIND, self.path, {**self.values, **options})

    broken: ClassVar = {"converting": 2}
    loop_points: ClassVar = {
        "before a part is renamed": ("replace", r"_processed/\d\.\d"),
        "before a track is renamed": ("replace", r"_processed/\d\.wav"),
        "before the output is synced": ("fsync", r"recordings$"),
    }
    may_miss = frozenset({"--keep-working", "--delete-original"})
    waits = (("--publish-after", "1h"), ("--publish-after", "0"))

    def loop_words(self) -> list[tuple[str, ...]]:
        return [("--keep-working",), ("--delete-original",)]

    def list_outputs(self, name: str) -> list[Path]:
        return sorted((self.output / name).glob("*"))

    def find_faults(self, name: str, before: dict[str, bytes], *, done: bool) -> Iterator[str]:
        tracks = self.list_outputs(name)
        if [path.name for path in tracks] not in ([], ["0.wav", "1.wav"]):
            yield f"{name} was published as {tracks}"
        elif any(read_samples(path) != HALVED for path in tracks):
            yield f"{name} was published with other samples"
        sources = {path for path in before if path.startswith(f"{name}/")}
        if not tracks and not sources <= {*job_home.names(self.library)}:
            yield f"{name} is neither published nor whole"
        if done and (self.item(name).status is not Status.COMPLETED or not tracks):
            yield f"{name} is {self.item(name).status}"

    def find_files(self, name: str) -> JobFiles:
        """Return the working files of a recording."""
        return JobFiles(self.working, f"{name}\n{self.path}")

    def batch(self, *words: object, code: int = 0, **variables: str) -> str:
        return super().batch("--workers", 1, *words, code=code, **variables)

    def events(self, *words: object, code: int = 0) -> list[dict[str, Any]]:
        """Run the batch script, and return the JSON lines that it printed."""
        lines = self.batch("--json", *words, code=code).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def state(self) -> QueueState:
        """Return the queue."""
        return readonly.load_state(self.queue, self.kind)

    def notes(self, word: str) -> list[str]:
        """Return what the workers noted, without their process: calls of stages, or parts."""
        found = [*self.path.glob("notes.log"), *self.working.glob("notes.log")]
        lines = [line for path in found for line in path.read_text().splitlines()]
        return [
            line.rpartition(" ")[0].partition(" ")[2] for line in lines if line.startswith(word)
        ]


def write_track(path: Path, times: int = 1) -> None:
    """Write a WAV file with 50 samples, which may be repeated."""
    with wave.open(str(path), "wb") as target:
        target.setparams((1, 2, 8000, 0, "NONE", ""))
        target.writeframes(array.array("h", WAV_SAMPLES).tobytes() * times)


def read_samples(path: Path) -> list[int]:
    """Return the samples of a WAV file."""
    with wave.open(str(path)) as source:
        return array.array("h", source.readframes(source.getnframes())).tolist()


@dataclass
class EpisodeHome(JobHome[EpisodeItem]):
    """A home with episodes, whose items are the folders of the library, and its services.

    The clock of YouTube is that of the next year, so that scheduled videos are public at once.
    """

    kind = EPISODES
    given_up = Status.SKIPPED
    broken: ClassVar = {"converting": 2}
    loop_points: ClassVar = {
        "before a download is renamed": ("replace", r"_source/audio\.wav"),
        "before a video is renamed": ("replace", r"_processed/.*\.mp4"),
        "before a session is recorded": ("replace", r"_state/upload\.json"),
    }

    @property
    def output(self) -> Path:
        return self.path / "state"

    @functools.cached_property
    def services(self) -> EpisodeServices:
        """The services with the episodes of the library, which run until the tests end."""
        items = tuple(_describe_item(folder) for folder in sorted(self.library.iterdir()))
        services = EpisodeServices(EpisodeCatalogue(items=items), self.root / "services")
        services.youtube.advance(400 * 86_400)
        url = services.serve().__enter__().url
        token_file = services.youtube.write_token_file(url)
        (self.path / "mediakeep.toml").write_text(_EPISODE_SETTINGS.format(url, token_file))
        return services

    def write_tracks(self, folder: Path, count: int) -> None:
        write_track(folder / "sound.wav", 800 + sum(folder.name.encode()) % 97)

    def damage(self, track: Path) -> None:
        track.write_bytes(b"RIFF")

    def settings(self, **options: Any) -> dict[str, Any]:
        return job_settings.build_plain(EPISODES, self.path, {**self.values, **options})

    def prepare(self, *added: str | Path, **options: Any) -> list[str]:
        assert self.services
        settings = job_settings.build_settings(EpisodeSettings, self.path, self.values)
        names = tuple(map(str, added)) or tuple(path.name for path in self.library.iterdir())
        source = ItemSource(names=names)
        found = episode_batches.discover_episodes(self.context, settings, source, 0, dry_run=False)
        return found.lines

    def list_outputs(self, name: str) -> list[Path]:
        return [Path(video.id) for video in self.services.youtube.videos() if video.title == name]

    def find_faults(self, name: str, before: dict[str, bytes], *, done: bool) -> Iterator[str]:
        videos = [video for video in self.services.youtube.videos() if video.title == name]
        if len(videos) > 1:
            yield f"{name} has {len(videos)} videos"
        items = [item for item in self.items().values() if item.name == name]
        if any(
            item.video_id and [video.id for video in videos] != [item.video_id] for item in items
        ):
            yield f"{name} has lost its video"
        if done:
            item = self.item(name)
            if item.status is not Status.COMPLETED or not videos:
                yield f"{name} is {item.status}: {item.error_message}{item.parked}"
            elif videos[0].sha256 != item.video_sha256 or not videos[0].thumbnail:
                yield f"{name} has another video"
            if list(self.working.glob(f"{name} *")):
                yield f"{name} has working folders"


_EPISODE_SETTINGS = """
[episodes]
schedule.every = "day"
video = {{width = 64, height = 36, preset = "ultrafast"}}
archive_org = {{host = "{0}", interval = 0}}
youtube = {{host = "{0}", interval = 0, token_file = "{1}", chunk_kib = 256}}

[state_management]
recovery.retry_delay = 0
"""


def _describe_item(folder: Path) -> ArchiveItem:
    files = tuple(ArchiveFile(name=path.name, path=str(path)) for path in folder.glob("*.wav"))
    facts = {"title": folder.name, "date": "2021-03-04"}
    return ArchiveItem(identifier=folder.name, metadata=facts, files=files)


HOMES: dict[str, type[JobHome[Any]]] = {
    home.kind.name: home for home in (AlbumHome, BookHome, EpisodeHome, RecordingHome)
}
