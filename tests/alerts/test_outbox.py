"""The sender: a process of its own that tries again, notes its end, and gives nothing away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from mediakeep.alerts import alert_log, sender_process, spawn_sender
from mediakeep.alerts.spawn_sender import DeliveryJob
from mediakeep.alerts.targets import WEBHOOK_VARIABLE, AlertTarget
from tests.alerts.service import Service, answer, hang, lines, processes, until
from tests.alerts.test_alert import build_alert
from tests.patience import PATIENCE, finish

Serve = Callable[..., Service]
UTILITIES = Path(spawn_sender.__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "status").mkdir()
    return tmp_path


def job(home: Path, target: AlertTarget, *waits: float) -> DeliveryJob:
    return structs.replace(
        spawn_sender.build_job(build_alert("U2 has failed."), target, home), waits=waits
    )


def read_log_line(home: Path) -> dict[str, object]:
    """Wait for the one line that says how it ended."""
    until(lambda: lines(alert_log.log_path(home)))
    (line,) = lines(alert_log.log_path(home))
    return line


def test_it_is_tried_until_the_service_takes_it(serve: Serve, home: Path) -> None:
    service = serve(answer(503, ("Retry-After", "1")), answer(503), answer(200))
    spawn_sender.send_in_background(job(home, AlertTarget(service.url), 0.0, 0.05, 0.5))
    line = read_log_line(home)
    assert line.pop("time")
    assert line == {
        "level": "info",
        "message": "Alert delivered to 127.0.0.1",
        "event": "failures",
        "target": "webhook",
        "host": "127.0.0.1",
        "ok": True,
        "why": "answered 200",
        "tries": 3,
    }
    assert [alert["message"] for alert in service.alerts] == ["U2 has failed."] * 3


def test_it_waits_as_long_as_requested_and_only_then(
    serve: Serve, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = serve(answer(503, ("Retry-After", "7")), answer(503), answer(200))
    slept: list[float] = []
    monkeypatch.setattr(sender_process.time, "sleep", slept.append)
    sender_process.deliver_job(job(home, AlertTarget(service.url), 0.0, 2.0, 3.0))
    assert slept == [7.0, 3.0]
    assert len(service.requests) == 3


@pytest.mark.parametrize(("status", "tries"), [(500, 3), (404, 1)])
def test_it_is_given_up_in_the_end(serve: Serve, home: Path, status: int, tries: int) -> None:
    service = serve(answer(status))
    spawn_sender.send_in_background(job(home, AlertTarget(service.url), 0.0, 0.01, 0.01))
    line = read_log_line(home)
    assert (line["ok"], line["level"], line["tries"]) == (False, "error", tries)
    assert line["why"] == f"answered {status}"
    assert len(service.requests) == tries


def test_handing_over_takes_no_time_and_shows_no_address(
    serve: Serve, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = serve(hang)
    monkeypatch.setenv(WEBHOOK_VARIABLE, service.url)
    waiters: list[threading.Thread] = []
    wait = subprocess.Popen.wait

    def noted(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        waiters.append(threading.current_thread())
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", noted)
    before = processes()  # a sender of another test may be ending
    finish(lambda: spawn_sender.send_in_background(job(home, AlertTarget(service.url), 0.0)))
    service.receive(1)
    until(lambda: waiters)
    assert [
        waiter.name for waiter in waiters if spawn_sender._wait_for_exit.__name__ not in waiter.name
    ] == []
    shown = processes()
    ours = f"{os.getpid()} "
    (pid,) = [
        pid
        for pid, one in shown.items()
        if pid not in before and one.startswith(ours) and "mediakeep.alerts.sender_process" in one
    ]
    assert not [entry for entry in shown.values() if service.url in entry]
    assert os.getsid(pid) == pid
    environ = Path(f"/proc/{pid}/environ")
    assert not environ.exists() or b"s3cr3t" not in environ.read_bytes()
    service.over.set()
    until(lambda: lines(alert_log.log_path(home)))


def test_a_command_gets_the_alert_and_not_the_address_of_the_webhook(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WEBHOOK_VARIABLE, "https://example.org/s3cr3t")
    script = "cat > body; env > environ; pwd; exit 3"
    spawn_sender.send_in_background(
        job(home, AlertTarget(command=(shutil.which("sh") or "", "-c", script)), 0.0, 0.01)
    )
    line = read_log_line(home)
    assert (line["target"], line["host"], line["tries"]) == ("command", "", 2)
    assert line["why"] == f"ended with exit code 3: {home.resolve()}"
    assert (home / "body").read_bytes() == job(home, AlertTarget("x")).body.encode()
    environ = (home / "environ").read_text().splitlines()
    assert "MEDIAKEEP_ALERT_NEXT=music-queue-manager --list" in environ
    assert not [name for name in environ if name.startswith(WEBHOOK_VARIABLE) or "s3cr3t" in name]


@pytest.mark.parametrize("how", ["checkout", "installed"])
def test_it_finds_its_modules_as_the_process_before_did(serve: Serve, home: Path, how: str) -> None:
    """In a checkout a script adds its own folder; an installed package is on the path anyway."""
    place = UTILITIES
    if how == "installed":
        place = home / "site-packages"
        shutil.copytree(UTILITIES / "mediakeep", place / "mediakeep")
    service = serve(answer(200))
    encoded = msgspec.json.encode(job(home, AlertTarget(service.url), 0.0)).decode()
    code = (
        f"import sys, msgspec; sys.path.insert(0, {str(place)!r});"
        " from mediakeep.alerts import spawn_sender;"
        f" spawn_sender.send_in_background(msgspec.json.decode({encoded!r}, "
        "type=spawn_sender.DeliveryJob))"
    )
    clean = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "-c", code], cwd="/", env=clean, check=True, timeout=PATIENCE)
    assert read_log_line(home)["ok"]


def test_half_a_job_and_a_home_that_is_gone_end_it_quietly(serve: Serve, home: Path) -> None:
    service = serve(answer(200))
    whole = msgspec.json.encode(job(home, AlertTarget(service.url), 0.0))
    shutil.rmtree(home / "status")
    for data, count in ((whole[:-20], 0), (b"", 0), (whole, 1)):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "import mediakeep.alerts.sender_process as module; module.main()",
            ],
            input=data,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(UTILITIES)},
            timeout=PATIENCE,
        )
        assert done.stderr == b""
        assert len(service.requests) == count
