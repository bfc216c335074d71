"""The episodes subject; each part is imported when it is needed."""

from __future__ import annotations

import functools
from typing import NoReturn

from mediakeep import command_text, kinds
from mediakeep.app.subjects import job_subject
from mediakeep.episodes.item import EPISODES
from mediakeep.errors import UsageError
from mediakeep.kinds import import_later

_SUBJECT = "mediakeep.episodes.subject"


def _refuse_scan(*_: object) -> NoReturn:
    command = command_text.format_command(EPISODES.create_script)
    raise UsageError(f"Episodes are found by another command, not by --scan: {command}")


SUBJECT = job_subject.build_subject(
    EPISODES,
    _SUBJECT,
    lambda _home, options: functools.partial(
        kinds.load("mediakeep.episodes.process:open_worker"), options.settings
    ),
    _refuse_scan,
    check_settings=lambda settings: settings.check(),
    needs_pyav=True,
    before_batch=import_later(f"{_SUBJECT}:restore_slots"),
    find_output=lambda item: item.video_id and f"https://youtu.be/{item.video_id}",
    item_functions={"find_unblocked": f"{_SUBJECT}:find_unblocked"},
)
