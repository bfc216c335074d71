"""The targets of alerts: a webhook or a command, checked before a batch starts.

The address of a webhook is a secret, which plain HTTP would reveal in transit. So plain HTTP is
accepted only for this machine, unless the user allows it.
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
    """Where alerts are sent: the address of a webhook, or a command with its arguments."""

    webhook: str = ""
    command: tuple[str, ...] = ()

    @property
    def target_type(self) -> str:
        """The type of the target: "webhook" or "command"."""
        return "webhook" if self.webhook else "command"

    @property
    def display_name(self) -> str:
        """A name without secrets: only the host of a webhook, or only the program of a command."""
        return (urlsplit(self.webhook).hostname or "") if self.webhook else self.command[0]

    def __repr__(self) -> str:
        return f"Target({self.target_type} {self.display_name})"


def read_webhook_file(path: str, home: Path) -> str:
    """Read the address of a webhook from a file; raise UsageFailed if the address is invalid.

    The file must not be inside mediakeep's home folder.
    """
    if "://" in path:
        raise UsageError(
            "Invalid alert_webhook_file: it is an address itself, which others could see."
            f" Use the path of a file with the address, or set {WEBHOOK_VARIABLE}."
        )
    return secret_file.read_secret(path, home, "alert_webhook_file", "address")


def parse_webhook(address: str, *, insecure: bool) -> AlertTarget:
    """Check the address of a webhook, and return it as a target; raise UsageFailed if invalid.

    The error names at most the host. The syntax is that of RFC 3986. An address with a user name is
    refused, because the name could appear in logs.
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
    """Return whether a host is this machine.

    The names are those of RFC 6890 (127.0.0.0/8 and ::1) and RFC 6761 (localhost).
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        name = host.lower().removesuffix(".")
        return name == "localhost" or name.endswith(".localhost")


def parse_command(line: str, home: Path) -> AlertTarget:
    """Split a command line as a shell does, and return it as a target; raise BadSetting if invalid.

    It is invalid, too, if its program is not found.
    """
    if "\0" in line:
        raise BadSetting("alert_command", "it contains a null byte.")
    try:
        argv = shlex.split(line)
    except ValueError as error:
        raise BadSetting("alert_command", f"{str(error).lower()}.") from error
    if not argv:
        raise BadSetting("alert_command", "it names no program.")
    if not (program := _find_program(argv[0], home)):
        raise BadSetting("alert_command", f"there is no program {path_text.to_printable(argv[0])}.")
    return AlertTarget(command=(program, *argv[1:]))


def _find_program(word: str, home: Path) -> str | None:
    try:
        program = Path(word).expanduser()
        return shutil.which(str(home / program) if len(program.parts) > 1 else word)
    except RuntimeError:  # ~NAME of an unknown user
        return None
