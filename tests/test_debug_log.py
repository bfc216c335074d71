"""The debug log: JSON lines, files of limited size that processes share, and syslog."""

from __future__ import annotations

import json
import logging
import multiprocessing
import socket
from pathlib import Path
from typing import Any

import pytest

from mediakeep import debug_log
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


def write_lines(folder: Path, name: str, count: int) -> None:
    debug_log.MAX_BYTES = 2000
    with debug_log.open_debug_log(folder, "", verbose=True):
        for number in range(count):
            LOGGER.info("%s", f"{name} {number:03d}")


def test_processes_share_a_file_and_lose_no_line_when_it_is_renamed(tmp_path: Path) -> None:
    count = 25  # fewer bytes than the old files may have
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_lines, args=(tmp_path, name, count)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files][:2] == ["debug.log", "debug.log.1"]
    assert all(path.stat().st_size <= 2000 for path in files)
    found = sorted(line["message"] for path in files for line in read(path))
    assert found == [f"{name} {number:03d}" for name in "ab" for number in range(count)]


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
