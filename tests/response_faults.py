"""Faults of responses: functions that turn a valid response into a faulty one."""

from __future__ import annotations

import gzip
from dataclasses import replace

from mediakeep_simulator.fault_injection import BUSY_MESSAGE, ResponseFault
from mediakeep_simulator.http_types import SimulatorResponse, error_response

_HTML_HEADERS = {"Content-Type": "text/html; charset=utf-8"}
_HTML_PAGE = b"<!DOCTYPE html><html><body><h1>We'll be back soon</h1></body></html>\n"


def http_error(
    status: int = 503, *, retry_after: str = "", message: str = BUSY_MESSAGE
) -> ResponseFault:
    """Return a fault that responds with an HTTP error.

    `retry_after` is the Retry-After header: a number of seconds or an HTTP date.
    """
    reply = error_response(status, message)
    more = {"Retry-After": retry_after} if retry_after else {}
    return lambda _: replace(reply, headers={**reply.headers, **more})


def delayed(seconds: float) -> ResponseFault:
    """Return a fault that delays the response by some seconds."""
    return lambda reply: replace(reply, delay=seconds)


def truncated_body(reply: SimulatorResponse) -> SimulatorResponse:
    """Return a response whose connection closes in the middle of the body."""
    return replace(reply, cut_after=len(reply.body) // 2)


def empty_body(reply: SimulatorResponse) -> SimulatorResponse:
    """Return a response with an empty body."""
    return replace(reply, body=b"")


def truncated_json(reply: SimulatorResponse) -> SimulatorResponse:
    """Return a response with the first half of the JSON."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def html_page(reply: SimulatorResponse) -> SimulatorResponse:
    """Return a response with an HTML page instead of the data, as a proxy sends it."""
    return replace(reply, body=_HTML_PAGE, headers=_HTML_HEADERS)


def wrong_shape(reply: SimulatorResponse) -> SimulatorResponse:
    """Return a response with valid JSON of an unexpected shape."""
    body = b'{"releases":7,"release-count":"many","artists":[[]],"id":null,"images":{"0":true},'
    body += b'"results":7,"movie_results":"x","title":[7],"credits":{"cast":1},"genres":"x"}'
    return replace(reply, body=body)


def gzipped_body(reply: SimulatorResponse) -> SimulatorResponse:
    """Return a response with a gzip-compressed body, which is valid if the client supports it."""
    more = {"Content-Encoding": "gzip"}
    return replace(reply, body=gzip.compress(reply.body), headers={**reply.headers, **more})
