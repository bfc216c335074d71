"""The server fails as configured, logs requests, and recovers."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import pytest

from mediakeep_simulator import factories, fault_injection
from mediakeep_simulator.entities import generate_mbid
from mediakeep_simulator.fault_injection import FaultInjector, ResponseFault
from mediakeep_simulator.http_types import SimulatorRequest
from mediakeep_simulator.server import SimulatorServer
from tests import response_faults
from tests.patience import PATIENCE
from tests.sampling import each_row
from tests.simulator.http_client import AGENT, HttpReply, get, ws2

CATALOGUE = factories.make_prolific_artist("Amber Kettle", albums=2, editions=2, tracks=3)
AMBER = generate_mbid("artist", "Amber Kettle", 1)
PATH = f"/ws/2/artist/{AMBER}?fmt=json"


class Clock:
    """A clock set by the test, in place of the module `time`."""

    now = 1_800_000_000.0

    def monotonic(self) -> float:
        return self.now

    time = monotonic


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Replace the clock of the fault injector."""
    clock_ = Clock()
    monkeypatch.setattr(fault_injection, "time", clock_)
    return clock_


def look(server: SimulatorServer) -> HttpReply:
    return ws2(server, f"artist/{AMBER}")


def test_requests_above_the_rate_are_rejected_until_the_next_slot(clock: Clock) -> None:
    statuses = []
    with SimulatorServer(CATALOGUE, FaultInjector(per_second=2)) as server:
        for pause in (0.0, 0.0, 0.25, 0.125, 0.125, 0.0, 0.375, 0.25):
            clock.now += pause
            statuses.append(look(server).status)
    assert statuses == [200, 503, 503, 503, 200, 503, 503, 200]


def test_the_rate_limit_applies_to_the_web_service_only(clock: Clock) -> None:
    with SimulatorServer(CATALOGUE, FaultInjector(per_second=0.1)) as server:
        look(server)
        assert look(server).status == 503
        assert get(server, f"/release/{CATALOGUE.releases[0].id}").status == 200


def test_a_rejection_has_the_configured_retry_hint(clock: Clock) -> None:
    told, asked = {}, {}
    for tells in ("", "seconds", "date", "limits"):
        with SimulatorServer(CATALOGUE, FaultInjector(per_second=1, retry_hint=tells)) as server:
            look(server)
            clock.now += 0.5
            told[tells], asked[tells] = look(server), clock.now
    assert told[""].headers["Retry-After"] is None
    assert told[""].data["error"].startswith("Your requests are exceeding")
    assert told["seconds"].headers["Retry-After"] == "1"
    again = parsedate_to_datetime(told["date"].headers["Retry-After"])
    assert 0 < again.timestamp() - asked["date"] <= 1
    limits = told["limits"].headers
    assert (limits["X-RateLimit-Limit"], limits["X-RateLimit-Remaining"]) == ("1", "0")
    assert 0 < int(limits["X-RateLimit-Reset"]) - asked["limits"] <= 1


@each_row("agent", ["", " ", "python-requests/2.32.0", "Python-urllib/3.11", "Java"])
def test_requests_without_a_user_agent_are_rejected(agent: str) -> None:
    with SimulatorServer(CATALOGUE) as server:
        answer = get(server, f"/ws/2/artist/{AMBER}", agent=agent, fmt="json")
        assert answer.status == 403
        assert look(server).status == 200


@each_row("status", [400, 401, 404, 429, 500, 502, 503, 504])
def test_the_next_responses_are_the_planned_errors(status: int) -> None:
    with SimulatorServer(CATALOGUE) as server:
        server.faults.fail_next(response_faults.http_error(status, retry_after="7"), times=2)
        answers = [look(server) for _ in range(3)]
        assert [answer.status for answer in answers] == [status, status, 200]
        assert answers[0].headers["Retry-After"] == "7"
        assert "error" in answers[0].data


def test_a_fault_applies_to_selected_requests_only() -> None:
    def browsing(question: SimulatorRequest) -> bool:
        return question.path == "/ws/2/release" and question.get_param("offset") == "2"

    with SimulatorServer(CATALOGUE) as server:
        server.faults.fail_next(response_faults.http_error(), where=browsing)
        responses = [ws2(server, "release", artist=AMBER, offset=offset) for offset in (0, 2, 2)]
        assert [request.status for request in responses] == [200, 503, 200]


def is_empty(got: HttpReply) -> bool:
    return got.body == b""


def is_no_json(got: HttpReply) -> bool:
    try:
        json.loads(got.body)
    except ValueError:
        return got.headers["Content-Type"].startswith("application/json")
    return False


def is_html(got: HttpReply) -> bool:
    return b"<html>" in got.body and got.headers["Content-Type"].startswith("text/html")


def is_misshapen(got: HttpReply) -> bool:
    return isinstance(got.data["releases"], int)


def is_zipped(got: HttpReply) -> bool:
    zipped = got.headers["Content-Encoding"] == "gzip"
    return zipped and json.loads(gzip.decompress(got.body))["id"] == AMBER


DAMAGED: dict[str, tuple[ResponseFault, Callable[[HttpReply], bool]]] = {
    "empty": (response_faults.empty_body, is_empty),
    "garbled": (response_faults.truncated_json, is_no_json),
    "paged": (response_faults.html_page, is_html),
    "misshapen": (response_faults.wrong_shape, is_misshapen),
    "zipped": (response_faults.gzipped_body, is_zipped),
}


@each_row("name", DAMAGED)
def test_a_response_has_the_planned_fault_and_the_next_one_is_intact(name: str) -> None:
    fault, damaged = DAMAGED[name]
    with SimulatorServer(CATALOGUE) as server:
        server.faults.fail_next(fault)
        first = look(server)
        assert first.status == 200
        assert damaged(first)
        assert look(server).data["id"] == AMBER


def test_a_connection_is_closed_in_the_middle_of_the_body() -> None:
    with SimulatorServer(CATALOGUE) as server:
        server.faults.fail_next(response_faults.truncated_body)
        with pytest.raises(http.client.IncompleteRead):
            look(server)
        assert look(server).status == 200


def test_a_delayed_response_blocks_no_other_and_ends_with_the_server() -> None:
    with SimulatorServer(CATALOGUE) as server:
        server.faults.fail_next(
            response_faults.delayed(60), where=lambda question: "inc" in question.query
        )
        hanging = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        hanging.request("GET", f"{PATH}&inc=genres", headers={"User-Agent": AGENT})
        assert look(server).status == 200
        while len(server.requests) < 2:
            time.sleep(0.01)
    with pytest.raises((http.client.HTTPException, OSError)):
        hanging.getresponse()
    hanging.close()


def test_a_partial_outage_rejects_its_share_for_its_time(clock: Clock) -> None:
    with SimulatorServer(CATALOGUE) as server:
        server.faults.fail_share(1, share=0.75)
        statuses = [look(server).status for _ in range(4)]
        clock.now += 0.9
        statuses += [look(server).status for _ in range(4)]
        assert statuses == [200, 503, 503, 503] * 2
        clock.now += 0.1
        assert {look(server).status for _ in range(4)} == {200}


def test_an_outage_rejects_all_requests_of_both_services() -> None:
    with SimulatorServer(CATALOGUE) as server:
        server.faults.fail_share(60, share=1.0)
        assert look(server).status == 503
        assert get(server, f"/release/{CATALOGUE.releases[0].id}").status == 503


def test_every_request_is_logged_with_time_agent_and_status() -> None:
    logged: list[object] = []
    with SimulatorServer(CATALOGUE, on_request=logged.append) as server:
        before = time.monotonic()
        look(server)
        ws2(server, "artist/x", inc="genres")
        after = time.monotonic()
    first, second = server.requests
    assert logged == [first, second]
    assert before < first.time < second.time < after
    assert (first.method, first.path, first.query) == ("GET", f"/ws/2/artist/{AMBER}", "fmt=json")
    assert (first.agent, first.status, second.status) == (AGENT, 200, 400)
    assert second.query == "fmt=json&inc=genres"


def test_concurrent_requests_are_all_handled_and_logged() -> None:
    with SimulatorServer(CATALOGUE) as server:
        server.faults.fail_next(response_faults.http_error(), times=10)
        got: list[int] = []
        threads = [
            threading.Thread(target=lambda: got.extend(look(server).status for _ in range(10)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (got.count(503), got.count(200), len(server.requests)) == (10, 70, 80)


def test_a_connection_is_reused_for_the_next_request() -> None:
    with SimulatorServer(CATALOGUE) as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        for _ in range(3):
            connection.request(
                "GET", f"/ws/2/artist/{AMBER}?fmt=json", headers={"User-Agent": AGENT}
            )
            assert connection.getresponse().read()
            sock = connection.sock
            assert sock is not None
        assert sock is connection.sock
        connection.close()


def receive(connection: http.client.HTTPConnection) -> bytes:
    connection.request("GET", PATH, headers={"User-Agent": AGENT})
    return connection.getresponse().read()


def test_a_closed_server_rejects_connections_and_its_port_can_be_reused() -> None:
    with SimulatorServer(CATALOGUE) as server:
        port = int(server.url.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        receive(connection)
    with pytest.raises((http.client.HTTPException, OSError)):
        receive(connection)
    connection.close()
    with pytest.raises(OSError):
        look(server)
    with SimulatorServer(CATALOGUE, port=port) as again:
        assert look(again).status == 200


def test_invalid_http_is_harmless() -> None:
    with SimulatorServer(CATALOGUE) as server:
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        for noise in (b"\0" * 100 + b"\r\n\r\n", b"GET /" + b"a" * 100_000, b"GET\r\n\r\n"):
            with (
                contextlib.suppress(OSError),  # it may have hung up by then
                socket.create_connection(address, timeout=PATIENCE) as raw,
            ):
                raw.sendall(noise)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):
                    pass
        assert look(server).status == 200
