"""One post to a webhook: what each answer means, and that nothing holds it up or gives it away."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mediakeep import __version__
from mediakeep.alerts import webhook
from tests.alerts.service import (
    Manner,
    Service,
    answer,
    babble,
    drip,
    hang,
    hang_up,
)
from tests.patience import PATIENCE, finish
from tests.sampling import each_row

Serve = Callable[..., Service]
NOW = datetime(2025, 12, 17, 10, 0, tzinfo=UTC)


def test_the_body_goes_out_as_json_by_our_name_to_the_whole_address(serve: Serve) -> None:
    service = serve(answer(200))
    assert webhook.post_alert(service.url, b'{"a": "\xc3\xa5"}').ok
    ((path, headers, body),) = service.requests
    assert path == "/hooks/s3cr3t?token=t0k3n"
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"] == f"mediakeep/{__version__}"
    assert body == b'{"a": "\xc3\xa5"}'


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_it_is_taken_with_any_status_of_success(serve: Serve, status: int) -> None:
    got = webhook.post_alert(serve(answer(status)).url, b"{}")
    assert (got.ok, got.reason) == (True, f"answered {status}")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413])
def test_a_refusal_is_final(serve: Serve, status: int) -> None:
    got = webhook.post_alert(serve(answer(status)).url, b"{}")
    assert (got.ok, got.final, got.reason) == (False, True, f"answered {status}")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_trouble_over_there_is_worth_another_try_when_it_says(serve: Serve, status: int) -> None:
    got = webhook.post_alert(serve(answer(status, ("Retry-After", "7"))).url, b"{}")
    assert (got.ok, got.final, got.retry_after) == (False, False, 7.0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(serve: Serve, status: int) -> None:
    elsewhere = serve(answer(200))
    service = serve(answer(status, ("Location", elsewhere.url)))
    got = webhook.post_alert(service.url, b"{}")
    assert (got.ok, got.final) == (False, True)
    assert "redirect" in got.reason
    assert len(service.requests) == 1
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("manner", "limits", "why"),
    [
        (hang, (0.3, PATIENCE), "timeout"),
        (drip, (PATIENCE, 0.3), "timeout"),
        (hang_up, (PATIENCE, PATIENCE), "the connection was closed"),
        (babble, (PATIENCE, PATIENCE), "invalid HTTP response"),
    ],
)
def test_bad_company_is_left_in_time_for_another_try(
    serve: Serve, manner: Manner, limits: tuple[float, float], why: str
) -> None:
    service = serve(manner)  # which goes on until the test is over
    got = finish(lambda: webhook.post_alert(service.url, b"{}", *limits))
    assert (got.ok, got.final) == (False, False)
    assert got.reason == why
    if manner is not drip:  # its time may be over before it is connected
        service.receive(1)
    assert len(service.requests) <= 1


def test_a_refused_connection_is_retried() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        got = webhook.post_alert(f"http://127.0.0.1:{taken.getsockname()[1]}/s3cr3t", b"{}")
    assert (got.ok, got.final, got.reason) == (False, False, "Connection refused")


def test_https_is_spoken_only_with_who_can_prove_its_name(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = serve(answer(200))
    made: list[ssl.SSLContext] = []
    real = ssl.create_default_context

    def noted() -> ssl.SSLContext:
        made.append(real())
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", noted)  # the real one, only seen
    got = webhook.post_alert(service.url.replace("http:", "https:"), b"{}", PATIENCE)
    assert (got.ok, got.reason) == (False, "no secure connection")
    assert service.requests == []
    assert (made[0].verify_mode, made[0].check_hostname) == (ssl.CERT_REQUIRED, True)


@each_row(
    ("text", "wait"),
    [
        ("120", 120),
        (" 3 ", 3),
        ("0", 0),
        ("9" * 5000, 999_999_999),
        ("Wed, 17 Dec 2025 10:02:00 GMT", 120),
        ("Wed, 17 Dec 2025 09:00:00 GMT", 0),
        ("Wednesday, 17-Dec-25 10:02:00 GMT", 120),
        ("", 0),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("²", 0),
        ("Wed, 99 Dec 2025 10:02:00 GMT", 0),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(text: str, wait: float) -> None:
    assert webhook.parse_retry_after(text, NOW) == wait
