"""Targets of alerts, checked before a batch: a webhook, whose address is a secret, or a command.

Plain HTTP would reveal the secret in transit. So it is accepted only for this machine, unless the
user allows it.
"""

from __future__ import annotations

import ipaddress
import shlex
import shutil
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec

from mediakeep import path_text, secret_file
from mediakeep.errors import BadSetting, UsageError

WEBHOOK_VARIABLE = "MEDIAKEEP_ALERT_WEBHOOK"  # the environment variable with the address


class AlertTarget(msgspec.Struct, frozen=True):
    """The address of a webhook, or a command with its arguments."""

    webhook: str = ""
    command: tuple[str, ...] = ()

    @property
    def target_type(self) -> str:
        """The type of the target: "webhook" or "command"."""
        return "webhook" if self.webhook else "command"

    @property
    def display_name(self) -> str:
        """The name to display: of a webhook only its host, of a command its program."""
        return (urlsplit(self.webhook).hostname or "") if self.webhook else self.command[0]

    def __repr__(self) -> str:
        return f"Target({self.target_type} {self.display_name})"


def read_webhook_file(path: str, home: Path) -> str:
    """Read the address of a webhook from a file outside the home; raise UsageFailed if invalid."""
    if "://" in path:
        raise UsageError(
            "Invalid alert_webhook_file: it is an address itself, which others could see."
            f" Use the path of a file with the address, or set {WEBHOOK_VARIABLE}."
        )
    return secret_file.read(path, home, "alert_webhook_file", "address")


def parse_webhook(address: str, *, insecure: bool) -> AlertTarget:
    """Check the address of a webhook; raise UsageFailed, which names at most its host.

    The syntax is that of RFC 3986. User names are refused, because they could appear in logs.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
        is_valid = _is_valid_address(address, parts) and bool((host.encode("idna")).strip())
    except ValueError:
        is_valid = False
    if not is_valid:
        raise UsageError(
            "Invalid webhook address. Use https://HOST/PATH, without a user name, and with"
            " percent-encoding for all other than plain characters."
        )
    if parts.scheme == "http" and not insecure and not is_loopback(host):
        raise UsageError(
            f"The webhook at {host} is not https, so others could read its address in transit."
            " Use https, or allow http with --alert-insecure."
        )
    return AlertTarget(webhook=address)


def _is_valid_address(address: str, parts: SplitResult) -> bool:
    is_plain = address.isascii() and address.isprintable() and " " not in address
    is_complete = (
        parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    )
    return is_plain and is_complete and len(address) <= secret_file.MAX_CHARS


def is_loopback(host: str) -> bool:
    """Return whether a host is local: 127.0.0.0/8 and ::1 (RFC 6890), localhost (RFC 6761)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        name = host.lower().removesuffix(".")
        return name == "localhost" or name.endswith(".localhost")


def parse_command(line: str, home: Path) -> AlertTarget:
    """Split a command line by shell syntax, and find its program; raise BadSetting if invalid."""
    if "\0" in line:
        raise BadSetting("alert_command", "it contains a null byte.")
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise BadSetting("alert_command", f"{str(error).lower()}.") from error
    if not words:
        raise BadSetting("alert_command", "it names no program.")
    if not (program := _find_program(words[0], home)):
        raise BadSetting(
            "alert_command", f"there is no program {path_text.to_printable(words[0])}."
        )
    return AlertTarget(command=(program, *words[1:]))


def _find_program(word: str, home: Path) -> str | None:
    try:
        program = Path(word).expanduser()
        return shutil.which(str(home / program) if len(program.parts) > 1 else word)
    except RuntimeError:  # ~NAME of an unknown user
        return None
