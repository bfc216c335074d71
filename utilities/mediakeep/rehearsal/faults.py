"""Response faults: functions that make a faulty response from a valid one."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace

from mediakeep.rehearsal.reply import Reply, error

Fault = Callable[[Reply], Reply]

_HTML = {"Content-Type": "text/html; charset=utf-8"}
_PAGE = b"<!DOCTYPE html><html><body><h1>We'll be back soon</h1></body></html>\n"
_BUSY = "The MusicBrainz web server is currently busy. Please try again later."


def refused(status: int = 503, *, retry_after: str = "", message: str = _BUSY) -> Fault:
    """Respond with an error, optionally with a Retry-After of seconds or an HTTP date."""
    reply = error(status, message)
    more = {"Retry-After": retry_after} if retry_after else {}
    return lambda _: replace(reply, headers={**reply.headers, **more})


def late(seconds: float) -> Fault:
    """Delay the response by some seconds."""
    return lambda reply: replace(reply, delay=seconds)


def cut(reply: Reply) -> Reply:
    """Close the connection in the middle of the body."""
    return replace(reply, cut=True)


def empty(reply: Reply) -> Reply:
    """Respond with an empty body."""
    return replace(reply, body=b"")


def garbled(reply: Reply) -> Reply:
    """Respond with the first half of the JSON."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def paged(reply: Reply) -> Reply:
    """Respond with an HTML page, as a proxy does."""
    return replace(reply, body=_PAGE, headers=_HTML)


def misshapen(reply: Reply) -> Reply:
    """Respond with valid JSON of an unexpected shape."""
    body = b'{"releases":7,"release-count":"many","artists":[[]],"id":null,"images":{"0":true},'
    body += b'"results":7,"movie_results":"x","title":[7],"credits":{"cast":1},"genres":"x"}'
    return replace(reply, body=body)


def zipped(reply: Reply) -> Reply:
    """Respond with a compressed body, which is valid if the client supports it."""
    more = {"Content-Encoding": "gzip"}
    return replace(reply, body=gzip.compress(reply.body), headers={**reply.headers, **more})
