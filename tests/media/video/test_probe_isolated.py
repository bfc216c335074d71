"""A video that crashes or hangs MediaInfo does not affect the calling process."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.errors import Unreadable
from mediakeep.media.video import probe_isolated
from mediakeep.media.video.probe import probe_video
from mediakeep_samples.movies import video_files
from mediakeep_samples.movies.video_spec import VideoSpec


@pytest.fixture
def video(tmp_path: Path) -> Path:
    video_files.write_video(tmp_path / "film.mkv", VideoSpec(320, 180, 60.0))
    return tmp_path / "film.mkv"


def spoilt(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Make each new process run some code first."""
    (folder / "site").mkdir()
    (folder / "site" / "pymediainfo.py").write_text(code)
    monkeypatch.setattr("mediakeep.__file__", str(folder / "site" / "mediakeep" / "__init__.py"))
    (folder / "site" / "mediakeep").symlink_to(Path(probe_isolated.__file__).parents[2])


def test_it_tells_what_is_told_here(video: Path) -> None:
    assert probe_isolated.probe_in_subprocess(video) == probe_video(video)


def test_what_the_system_refuses_is_refused_in_the_same_words(tmp_path: Path) -> None:
    for look in (probe_video, probe_isolated.probe_in_subprocess):
        with pytest.raises(Unreadable, match=r"irectory|regular file|folder"):
            look(tmp_path)


def test_a_reader_that_crashes_is_said_to_have_crashed(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(monkeypatch, tmp_path, "import os\nos.kill(os.getpid(), 11)\n")
    with pytest.raises(Unreadable, match="crashed"):
        probe_isolated.probe_in_subprocess(video)


def test_a_reader_that_hangs_is_ended(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(monkeypatch, tmp_path, "import time\ntime.sleep(600)\n")
    with pytest.raises(Unreadable, match="did not finish within 1 s"):
        probe_isolated.probe_in_subprocess(video, longest=1.0)
