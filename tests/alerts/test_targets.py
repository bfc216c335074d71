"""Where alerts may go: the rules of addresses and commands, and that a secret stays one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mediakeep.alerts import targets
from mediakeep.errors import UsageError
from tests.sampling import each_row


@each_row(
    "address",
    [
        "https://hooks.example.org/s3cr3t",
        "https://hooks.example.org:8443",
        "HTTPS://hooks.example.org/a?b=c#d",
        "http://localhost:8080/s3cr3t",
        "http://bell.localhost/s3cr3t",
        "http://127.0.0.1/s3cr3t",
        "http://127.9.9.9/s3cr3t",
        "http://[::1]:9/s3cr3t",
    ],
)
def test_https_and_this_machine_are_fine(address: str) -> None:
    assert targets.parse_webhook(address, insecure=False).webhook == address


@each_row(
    "address",
    [
        "http://hooks.example.org/s3cr3t",
        "http://192.168.1.2/s3cr3t",
        "http://localhost.example.org/s3cr3t",
        "http://127.0.0.1.example.org/s3cr3t",
        "http://[fe80::1]/s3cr3t",
        "http://0.0.0.0/s3cr3t",
        "http://2130706433/s3cr3t",
    ],
)
def test_plain_http_elsewhere_needs_leave(address: str) -> None:
    with pytest.raises(UsageError, match="is not https") as caught:
        targets.parse_webhook(address, insecure=False)
    assert "s3cr3t" not in str(caught.value)
    assert targets.parse_webhook(address, insecure=True).webhook == address


@each_row(
    "address",
    [
        "",
        "s3cr3t",
        "ftp://example.org/s3cr3t",
        "file:///s3cr3t",
        "https:///s3cr3t",
        "https://user:s3cr3t@example.org/",
        "https://example.org/s3cr3t with space",
        "https://example.org/s3cr3t\r\nHost: other",
        "https://example.org/s3cr3t\x00",
        "https://example.org/s3cr3t/é",
        "https://example.org:s3cr3t/",
        "https://example.org:99999/s3cr3t",
        "https://[::1/s3cr3t",
        "https://a..b/s3cr3t",
        f"https://{'a' * 70}.org/s3cr3t",
        f"https://example.org/s3cr3t{'a' * 5000}",
    ],
)
def test_what_is_no_address_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(UsageError, match="Invalid webhook address") as caught:
        targets.parse_webhook(address, insecure=True)
    assert "s3cr3t" not in str(caught.value)


def test_a_target_shows_no_more_than_its_host() -> None:
    target = targets.parse_webhook("https://hooks.example.org:8443/s3cr3t", insecure=False)
    assert (target.target_type, target.display_name) == ("webhook", "hooks.example.org")
    assert repr(target) == f"{target}" == "Target(webhook hooks.example.org)"


def test_the_address_is_read_from_a_file_outside_the_home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    place = tmp_path / "address"
    place.write_text("https://example.org/s3cr3t\n")
    assert targets.read_webhook_file(str(place), tmp_path / "home") == "https://example.org/s3cr3t"


@each_row("how", ["inside", "linked"])
def test_a_file_in_the_home_is_refused(tmp_path: Path, how: str) -> None:
    home, place = tmp_path / "home", tmp_path / "home" / "address"
    home.mkdir()
    place.write_text("https://example.org/s3cr3t")
    if how == "linked":
        (tmp_path / "link").symlink_to(place)
        place = tmp_path / "link"
    with pytest.raises(UsageError, match="is inside the home"):
        targets.read_webhook_file(str(place), home)


@each_row(
    ("content", "why"), [(None, "No such file"), (b"\xff\xfe", "no address"), (b" \n", "is empty")]
)
def test_a_file_without_an_address_is_named(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    place = tmp_path / "address"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(UsageError, match=why) as caught:
        targets.read_webhook_file(str(place), tmp_path / "home")
    assert str(place) in str(caught.value)


@pytest.mark.parametrize("text", ["https://example.org/s3cr3t", " http://localhost/s3cr3t"])
def test_an_address_in_place_of_a_file_is_refused_and_not_shown(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="address itself") as caught:
        targets.read_webhook_file(text, tmp_path)
    assert "s3cr3t" not in str(caught.value)


@each_row(
    ("text", "why"),
    [
        ("fifo", "not a regular file"),
        (".", "not a regular file"),
        ("round", "symbolic links|Symlink loop"),
        ("x\0y", r"x\\x00y: "),
        ("~no-such-user/x", "~no-such-user/x: "),
        ("a" * 300, "name too long"),
    ],
)
def test_what_is_no_file_is_a_clear_error(
    text: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    Path("round").symlink_to("round")
    with pytest.raises(UsageError, match=why):
        targets.read_webhook_file(text, tmp_path / "home")


def test_a_command_is_split_as_a_shell_does_and_its_program_found(tmp_path: Path) -> None:
    target = targets.parse_command("sh -c 'echo \"$HOME\"' x", tmp_path)
    assert target.command == (shutil.which("sh"), "-c", 'echo "$HOME"', "x")
    assert target.target_type == "command"


def test_a_command_with_a_folder_is_relative_to_the_home(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tell").write_text("#!/bin/sh\n")
    (tmp_path / "bin/tell").chmod(0o755)
    assert targets.parse_command("bin/tell me", tmp_path).command == (f"{tmp_path}/bin/tell", "me")


@each_row(
    ("line", "why"),
    [
        ("no-such-program-here --x", "there is no program no-such-program-here"),
        ("'sh", "no closing quotation"),
        ("  ", "names no program"),
        ("./plain", "there is no program ./plain"),
        ("~no-such-user/tell", "there is no program ~no-such-user/tell"),
        ("sh -c 'echo \0'", "contains a null byte"),
    ],
)
def test_a_command_that_cannot_run_is_refused(tmp_path: Path, line: str, why: str) -> None:
    (tmp_path / "plain").write_text("no program")
    (tmp_path / "plain").chmod(0o644)
    with pytest.raises(UsageError, match=why):
        targets.parse_command(line, tmp_path)
