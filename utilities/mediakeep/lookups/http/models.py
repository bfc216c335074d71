"""Web services, their responses, request statistics, and the environment of HTTP requests."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import msgspec

from mediakeep import path_text

MAX_RESPONSE_BYTES = 64 * 2**20  # bytes of a response; a longer one is an error
# Cache lifetimes in seconds by a substring of the URL; the first match counts.
CacheLifetimes = tuple[tuple[str, float], ...]


class Secret:
    """A token or key for a web service; its repr does not reveal it.

    `source` is the setting that it came from. `parameter` is the name of the query parameter that
    carries it, or "" if it is sent as a bearer token (RFC 6750).
    """

    def __init__(self, text: str, source: str = "its setting", parameter: str = "") -> None:
        self._text = text
        self.source, self.parameter = source, parameter

    def reveal(self) -> str:
        """Return the token or key itself; use it only to send it."""
        return self._text

    @property
    def digest(self) -> str:
        """A hash of the token or key, which distinguishes secrets without revealing them."""
        return sha256(self._text.encode()).hexdigest()[:16]

    def __repr__(self) -> str:
        return "Secret(...)"

    def __bool__(self) -> bool:
        return bool(self._text)


class Service(msgspec.Struct, frozen=True):
    """A web service: its display name, its host, and how to query it.

    `interval` is the minimum time in seconds between two requests of this machine, 0 for no rate
    limit. `disabled_reason` is why the settings disable the service, or "". `host_setting` is the
    setting that replaced the public host. `secret` is sent with each request and never stored.
    Responses that `cache_lifetimes` does not mention never expire.
    """

    name: str
    host: str
    interval: float = 0.0
    disabled_reason: str = ""
    host_setting: str = ""
    secret: Secret | None = None
    cache_lifetimes: CacheLifetimes = ()


class ServiceResponse(msgspec.Struct, frozen=True):
    """A response of a web service; `url` is the URL after redirects."""

    url: str
    content: bytes
    type: str = ""  # as in Content-Type
    status: int = 200


@dataclass
class RequestStats:
    """Statistics: numbers of requests and cache hits, and the seconds waited.

    `skipped_entries` are messages about invalid entries of responses.
    """

    requests: int = 0
    hits: int = 0
    seconds_waited: float = 0.0
    skipped_entries: list[str] = field(default_factory=list)

    def note_skipped_entries(self, service: str, reasons: Sequence[str], url: str) -> None:
        """Record that invalid entries of a response were skipped, with one reason for each."""
        if reasons:
            text = ", ".join(map(path_text.to_printable, reasons[:3])) + (
                ", ..." if reasons[3:] else ""
            )
            noun = "entry" if len(reasons) == 1 else "entries"
            self.skipped_entries.append(
                f"{service}: {len(reasons)} invalid {noun} skipped: {text} ({url})."
            )

    def take_and_reset(self) -> RequestStats:
        """Return the statistics since the last call, and set them to zero."""
        taken = RequestStats(self.requests, self.hits, self.seconds_waited, self.skipped_entries)
        self.requests, self.hits, self.seconds_waited, self.skipped_entries = 0, 0, 0.0, []
        return taken

    def take_facts(self, error: str, *, has_failed: bool) -> dict[str, object]:
        """Return the statistics since the last call as facts for the history.

        `error` says why a lookup failed, or was not made, or is "".
        """
        taken = self.take_and_reset()
        facts = {
            "requests": taken.requests,
            "hits": taken.hits,
            "waited": round(taken.seconds_waited, 3),
            "odd_answers": taken.skipped_entries,
            "unreached" if has_failed else "unasked": error,
        }
        return {name: value for name, value in facts.items() if value}


def _ignore_wait(seconds: float) -> None:
    """Ignore the seconds of a wait."""


@dataclass(frozen=True)
class HttpEnvironment:
    """Clock, sleep, timeouts and shared directory for HTTP requests; tests replace them.

    The clock returns seconds since 1970. `on_wait` is called with the seconds before each wait,
    which the time limit of an item does not include. `timeouts` are the seconds to connect, to read
    a chunk, and to read the whole response. `shared_dir` replaces the user's runtime directory.
    `extend_deadline` is called before a request with the seconds to add to the item's time limit.
    It is called again after the request with a negative number, to take back the unused seconds.
    """

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    on_wait: Callable[[float], None] = _ignore_wait
    timeouts: tuple[float, float, float] = (5.0, 30.0, 180.0)
    shared_dir: Path | None = None
    extend_deadline: Callable[[float], None] = _ignore_wait
