"""The content of an alert: one JSON object, the same for a webhook and for a command.

The JSON repeats the message as `text`, which Slack and Mattermost show, and as `content`, which
Discord shows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from mediakeep import path_text

FORMAT = 1
_MAX_TEXT = 500  # characters of a text from elsewhere, so that the body stays below all limits


class AlertEvent(StrEnum):
    """The kind of event that an alert is about."""

    FAILURES = "failures"
    DAMAGED = "damaged"
    FINISHED = "finished"
    NEEDS_USER = "needs_user"
    LOST_HOST = "lost_host"


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A message to the user: the event, the library it happened in, and the next command to run."""

    format: int = FORMAT
    event: AlertEvent
    kind: str
    host: str
    home: str
    time: str  # ISO 8601 in UTC
    message: str  # plain sentences on one line
    next: str
    facts: dict[str, Any] = {}


def to_single_line(text: str) -> str:
    """Return a text as one line: control characters are escaped, and a long text is cut off."""
    joined = path_text.to_printable(" ".join(text.split()))
    return joined if len(joined) <= _MAX_TEXT else f"{joined[: _MAX_TEXT - 3]}..."


def encode_body(alert: Alert) -> bytes:
    """Return the JSON body of an alert as bytes.

    A folder's name must not notify chat users. So each `@` is followed by a zero-width space, and
    Slack's control characters are escaped as in its page "Formatting text for app surfaces".
    """
    content = f"mediakeep on {alert.host}: {alert.message}".replace("@", "@\u200b")
    text = content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    fields = msgspec.structs.asdict(alert)
    return msgspec.json.encode({**fields, "text": text, "content": content})


def build_environment(alert: Alert) -> dict[str, str]:
    """Return environment variables that describe an alert, for commands that do not read JSON."""
    values = {
        "EVENT": alert.event.value,
        "KIND": alert.kind,
        "MESSAGE": alert.message,
        "NEXT": alert.next,
    }
    return {f"MEDIAKEEP_ALERT_{name}": text for name, text in values.items()}
