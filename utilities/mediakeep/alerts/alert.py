"""What an alert says: one JSON object, the same for a webhook and for a command.

Beside its own fields it has `text`, which services such as Slack and Mattermost show, and
`content`, which Discord shows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from mediakeep import files

FORMAT = 1
_LONGEST = 500  # characters of a text that comes from elsewhere: a body stays below any limit


class Event(StrEnum):
    """What an alert is about."""

    FAILURES = "failures"
    DAMAGED = "damaged"
    FINISHED = "finished"


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, where, and the command to paste next."""

    format: int = FORMAT
    event: Event
    kind: str
    host: str
    home: str
    time: str  # ISO 8601 in UTC
    message: str  # plain sentences on one line
    next: str
    facts: dict[str, Any] = {}


def line(text: str) -> str:
    """Make one line of bounded length of any text, with what steers a terminal shown as escapes."""
    whole = files.printable(" ".join(text.split()))
    return whole if len(whole) <= _LONGEST else f"{whole[: _LONGEST - 3]}..."


def body(alert: Alert) -> bytes:
    """Write an alert as the JSON that is sent.

    No name of a folder may call people together: a zero-width space takes the meaning from `@`,
    and Slack's own signs are escaped as its page "Formatting text for app surfaces" asks.
    """
    said = f"mediakeep on {alert.host}: {alert.message}".replace("@", "@\u200b")
    text = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    fields = msgspec.structs.asdict(alert)
    return msgspec.json.encode({**fields, "text": text, "content": said})


def environment(alert: Alert) -> dict[str, str]:
    """Return what a command finds in its environment, for those that read no JSON."""
    told = {
        "EVENT": alert.event.value,
        "KIND": alert.kind,
        "MESSAGE": alert.message,
        "NEXT": alert.next,
    }
    return {f"MEDIAKEEP_ALERT_{name}": text for name, text in told.items()}
