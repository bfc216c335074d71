"""What replaces parts of the product in processes of the migration loop; see `migration_loop`."""

from __future__ import annotations

import os
import random
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mediakeep import clock, errors
from mediakeep.lookups.youtube.client import YouTubeClient
from mediakeep.lookups.youtube.quota import QuotaLedger
from mediakeep.media.encoding import still_video
from mediakeep.media.encoding.still_video import EncodedVideo

SHIFT, LATE = "LOOP_CLOCK_SHIFT", "LOOP_RECORDS_LATE"  # variables
CHUNK = 1 << 18  # bytes
VIDEO_SIZE = 20 * CHUNK + 1000


def install() -> None:
    """Move the clock, make videos without encoding, and plant the fault if it is wanted."""
    move_clock(float(os.environ[SHIFT]))
    still_video.encode_still_video = write_made_video
    if os.environ.get(LATE):
        _record_late()


def move_clock(seconds: float) -> None:
    """Move the clock of queue and quota; files and rate limits keep that of the system."""

    class MovedDatetime(datetime):
        @classmethod
        def now(cls, zone: Any = None) -> Any:
            return datetime.now(zone) + timedelta(seconds=seconds)

    clock.datetime = errors.datetime = MovedDatetime  # type: ignore[attr-defined, misc]
    create = QuotaLedger.__init__

    def create_moved(ledger: QuotaLedger, path: Path, limits: Any) -> None:
        create(ledger, path, limits, lambda: time.time() + seconds)

    QuotaLedger.__init__ = create_moved  # type: ignore[method-assign, assignment]


def write_made_video(audio: Path, _: Any, target: Path, *__: Any) -> EncodedVideo:
    """Write a file of noise instead of a video; the same audio has the same one."""
    target.write_bytes(random.Random(audio.read_bytes()).randbytes(VIDEO_SIZE))
    return EncodedVideo(1.0, 1.0, 8000, 8000, 1, VIDEO_SIZE, "none")


def _record_late() -> None:
    """Let an upload be sent as soon as its session is open, and recorded only then."""
    open_upload = YouTubeClient.open_upload

    def open_and_send(client: YouTubeClient, metadata: Any, source: Any) -> Any:
        uri = open_upload(client, metadata, source)
        client.send_upload(uri, source)
        return uri

    YouTubeClient.open_upload = open_and_send  # type: ignore[method-assign]
