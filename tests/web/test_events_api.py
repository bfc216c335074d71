"""Events of the server: from a cursor on, to all clients, and without those that never read."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from mediakeep.music.item import MUSIC
from mediakeep.queue.queue import Queue
from mediakeep.views import events
from mediakeep.web import event_hub
from mediakeep.web.access import Scope
from mediakeep.web.event_hub import EventHub
from mediakeep.web.web_home import WebHome
from tests.queue import rig
from tests.web import serving
from tests.web.serving import PATIENCE, Served


def test_a_stream_continues_after_the_last_event_that_a_client_has(tmp_path: Path) -> None:
    rig.make(rig.at(tmp_path), 9).close()
    with Queue.open(rig.at(tmp_path), MUSIC) as queue, queue.open_session(command="test"):
        rig.settle(queue, 3)
    with serving.serve(tmp_path) as served:
        place = f"{served.url}/api/v1/events"
        for headers, query in (({"Last-Event-ID": "music=4"}, ""), ({}, "&cursor=music%3D4")):
            with served.session.get(
                f"{place}?format=jsonl{query}", headers=headers, stream=True, timeout=PATIENCE
            ) as answer:
                lines = (json.loads(line) for line in answer.iter_lines() if line)
                found = [next(lines) for _ in range(2)]
            # 1 start, 2 to 4 claims, 5 to 7 settles
            assert [event["cursor"] for event in found] == ["music=5", "music=6"]
        with served.session.get(
            place, headers={"Last-Event-ID": "music=999"}, stream=True, timeout=PATIENCE
        ) as answer:
            data = next(line for line in answer.iter_lines() if line.startswith(b"data: "))
        assert json.loads(data[6:])["op"] == events.RESTARTED


def test_the_stream_of_a_revoked_token_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_hub, "_PING_SECONDS", 0.05)
    rig.make(rig.at(tmp_path), 1).close()
    with serving.serve(tmp_path) as served:
        headers = served.token(Scope.READ)
        with requests.get(
            f"{served.url}/api/v1/events", headers=headers, stream=True, timeout=PATIENCE
        ) as answer:
            lines = answer.iter_lines()
            assert [next(lines), next(lines), next(lines)] == [b"retry: 2000", b"", b": ping"]
            (grant,) = served.web.access.list_tokens()
            served.web.access.revoke_token(grant.name)
            until = time.monotonic() + PATIENCE
            for line in lines:
                assert line in (b"", b": ping")
                assert time.monotonic() < until


def test_streams_go_on_when_the_home_is_back_and_failed_requests_count_no_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "INTERVAL", 0.01)
    failing, seen = threading.Event(), threading.Event()
    rig.make(rig.at(tmp_path), 3).close()
    list_folders = WebHome.list_folders

    def fail(web: WebHome, *_: object) -> Any:
        if failing.is_set():
            seen.set()
            raise OSError("gone")
        return list_folders(web)

    monkeypatch.setattr(WebHome, "list_folders", fail)
    with serving.serve(tmp_path) as served:
        with served.session.get(
            f"{served.url}/api/v1/events?format=jsonl", stream=True, timeout=PATIENCE
        ) as answer:
            wait_for_clients(served, 1)
            failing.set()
            assert seen.wait(PATIENCE)
            failing.clear()
            with Queue.open(rig.at(tmp_path), MUSIC) as queue, queue.open_session(command="test"):
                pass
            assert json.loads(next(line for line in answer.iter_lines() if line))["seq"] == 1
        monkeypatch.setattr(EventHub, "_read_missed", fail)
        failing.set()
        served.get("/api/v1/events?cursor=music=1", 503)
        failing.clear()
        wait_for_clients(served, 0)


def wait_for_clients(served: Served, count: int) -> None:
    until = time.monotonic() + PATIENCE
    while f"mediakeep_event_clients {count}.0" not in served.get("/metrics").text:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_client_that_never_reads_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_hub, "_MAX_WAITING", 5)
    monkeypatch.setattr(events, "INTERVAL", 0.01)
    rig.make(rig.at(tmp_path), 30).close()

    async def run() -> int:
        hub = EventHub(serving.build_home(tmp_path))
        client, other = await hub._add_client(), await hub._add_client()
        seen = 0
        with Queue.open(rig.at(tmp_path), MUSIC) as queue, queue.open_session(command="test"):
            for _ in range(10):
                rig.settle(queue, 1)
                async with asyncio.timeout(PATIENCE):
                    seen += await other.get() is not None
                while not other.empty():
                    seen += other.get_nowait() is not None
        stream = hub._stream(client, [], lambda: True, as_lines=True)
        async with asyncio.timeout(PATIENCE):
            lines = [line async for line in stream]
        assert len(lines) <= 5
        assert hub.client_count == 1
        hub.stop()
        assert hub._task
        await hub._task
        return seen

    assert asyncio.run(run()) > 0
