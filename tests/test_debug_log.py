"""The debug log: JSON lines, files of limited size that processes share, and syslog."""

from __future__ import annotations

import json
import logging
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from mediakeep import atomic_files, debug_log
from mediakeep.errors import UsageError

LOGGER = logging.getLogger("mediakeep.test")


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_is_one_json_object(tmp_path: Path) -> None:
    with debug_log.open_debug_log(tmp_path, "", verbose=True):
        facts = {"item": "a\nb", "path": Path("/x"), "level": "lost"}
        LOGGER.debug("%s", "100 % done", extra={"facts": facts})
    LOGGER.error("not written")
    (line,) = read(tmp_path / "debug.log")
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "debug", "message": "100 % done", "item": "a\nb", "path": "/x"}


def test_steps_are_left_out_unless_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    with debug_log.open_debug_log(Path("/nowhere"), "stdout", verbose=False):
        LOGGER.debug("a step")
        LOGGER.info("a result")
    assert [json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()] == [
        "a result"
    ]


def open_files(folder: Path, count: int) -> list[logging.Handler]:
    """Open a debug log as several processes do, with a limit of 2000 bytes."""
    path = folder / "debug.log"
    handlers: list[logging.Handler] = [
        debug_log.SharedFileHandler(path, maxBytes=2000, backupCount=3) for _ in range(count)
    ]
    for handler in handlers:
        handler.setFormatter(debug_log.JsonFormatter())
    return handlers


def emit(handler: logging.Handler, message: str) -> None:
    handler.emit(logging.LogRecord("name", logging.INFO, "path", 1, message, None, None))


def test_processes_share_a_file_and_lose_no_line_when_it_is_renamed(tmp_path: Path) -> None:
    handlers = open_files(tmp_path, 2)
    for number in range(50):  # fewer bytes than the old files may have
        emit(handlers[number % 7 % 2], str(number))
    for handler in handlers:
        handler.close()
    files = [tmp_path / f"debug.log{end}" for end in (".3", ".2", ".1", "")]
    assert sorted(tmp_path.iterdir()) == sorted(path for path in files if path.exists())
    assert len(list(tmp_path.iterdir())) >= 2
    assert all(path.stat().st_size <= 2000 for path in tmp_path.iterdir())
    lines = [line["message"] for path in files if path.exists() for line in read(path)]
    assert lines == [str(number) for number in range(50)]


def test_a_line_waits_for_the_lock_of_another_process(tmp_path: Path) -> None:
    (handler,) = open_files(tmp_path, 1)
    with atomic_files.exclusive_lock(tmp_path, atomic_files.FOLDER):
        writer = threading.Thread(target=emit, args=(handler, "late"))
        writer.start()
        writer.join(0.1)
        assert writer.is_alive()
        assert read(tmp_path / "debug.log") == []
    writer.join(60)
    handler.close()
    assert [line["message"] for line in read(tmp_path / "debug.log")] == ["late"]


def test_a_line_that_cannot_be_written_is_lost_without_harm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with debug_log.open_debug_log(tmp_path / "gone", "", verbose=True):
        LOGGER.info("lost")
    (tmp_path / "debug.log").mkdir()
    with debug_log.open_debug_log(tmp_path, "", verbose=True):
        LOGGER.info("lost")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("family", [socket.AF_UNIX, socket.AF_INET])
def test_lines_go_to_syslog_with_their_severity(tmp_path: Path, family: int) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as server:
        server.settimeout(60)
        server.bind(str(tmp_path / "log") if family == socket.AF_UNIX else ("127.0.0.1", 0))
        name = server.getsockname()
        address = name if family == socket.AF_UNIX else ":".join(map(str, name))
        with debug_log.open_debug_log(tmp_path, f"syslog:{address}", verbose=False):
            LOGGER.warning("attention")
        data = server.recv(65536).decode()
    assert data.startswith("<12>mediakeep: {")  # user, warning: RFC 5424, section 6.2.1
    assert json.loads(data.removeprefix("<12>mediakeep: ").rstrip("\0"))["message"] == "attention"


def test_a_syslog_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"No syslog at .*/none: .*Correct --log-to"),
        debug_log.open_debug_log(tmp_path, f"syslog:{tmp_path}/none", verbose=False),
    ):
        pass


@pytest.mark.parametrize("target", ["file", "syslog:", "syslog:host:none", "syslog:host:0"])
def test_a_wrong_target_is_explained(target: str) -> None:
    with pytest.raises(ValueError, match="; write "):
        debug_log.parse_syslog_address(target)
