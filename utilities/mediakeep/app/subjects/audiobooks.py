"""The audiobooks subject; each part is imported when it is needed."""

from __future__ import annotations

import functools

from mediakeep import kinds
from mediakeep.app.subjects import job_subject
from mediakeep.audiobooks.item import AUDIOBOOKS
from mediakeep.kinds import import_later

_SUBJECT = "mediakeep.audiobooks.subject"
_BOOKS = "mediakeep.audiobooks.sources.find_books"
SUBJECT = job_subject.build_subject(
    AUDIOBOOKS,
    _SUBJECT,
    lambda _home, options: functools.partial(
        kinds.load("mediakeep.audiobooks.process:open_worker"), options.settings
    ),
    import_later(f"{_BOOKS}:find_books"),
    find_strays=import_later(f"{_BOOKS}:find_strays"),
    check_settings=lambda settings: settings.get_options().check(),
    needs_pyav=True,
    before_batch=import_later(f"{_SUBJECT}:expire_files"),
    job_functions={
        "describe_progress": f"{_SUBJECT}:describe_progress",
        "roll_back": "mediakeep.audiobooks.publish_book:roll_back",
    },
    list_sources=lambda item: item.sources or (item.path,),
)
