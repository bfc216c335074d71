"""Where alerts go: a webhook, whose address is a secret, or a command; checked before a batch.

Plain http would show the secret to everybody on the way. So it is for this machine only, unless a
person allows it elsewhere.
"""

from __future__ import annotations

import ipaddress
import shlex
import shutil
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec

from mediakeep import files, secrets
from mediakeep.errors import BadSetting, UsageFailed

SECRET = "MEDIAKEEP_ALERT_WEBHOOK"  # the one place in the environment that holds the address


class Target(msgspec.Struct, frozen=True):
    """A webhook's address, or the words of a command."""

    webhook: str = ""
    command: tuple[str, ...] = ()

    @property
    def sort(self) -> str:
        """Which of the two it is."""
        return "webhook" if self.webhook else "command"

    @property
    def name(self) -> str:
        """What may be shown: of a webhook its host alone, of a command its program."""
        return (urlsplit(self.webhook).hostname or "") if self.webhook else self.command[0]

    def __repr__(self) -> str:
        return f"Target({self.sort} {self.name})"


def secret(given: str, home: Path) -> str:
    """Read a webhook's address from a file outside the home; UsageFailed where that does not go."""
    if "://" in given:
        raise UsageFailed(
            "alert_webhook_file holds an address itself, which would be seen by others."
            f" Write it to a file and name that, or set {SECRET}."
        )
    return secrets.read(given, home, "alert_webhook_file", "address")


def webhook(address: str, *, insecure: bool) -> Target:
    """Check a webhook's address; UsageFailed tells what is wrong and shows no more than its host.

    The shape is that of RFC 3986; user names in an address are refused, as they show up in logs.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
        sound = _sound(address, parts) and bool((host.encode("idna")).strip())
    except ValueError:
        sound = False
    if not sound:
        raise UsageFailed(
            "The webhook's address is none. It is written like https://HOST/PATH, without a user"
            " name; all that is no plain letter is percent-encoded."
        )
    if parts.scheme == "http" and not insecure and not loopback(host):
        raise UsageFailed(
            f"The webhook at {host} is not https, so that anybody on the way could read its"
            " address. Use https, or allow it with --alert-insecure."
        )
    return Target(webhook=address)


def _sound(address: str, parts: SplitResult) -> bool:
    plain = address.isascii() and address.isprintable() and " " not in address
    whole = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    return plain and whole and len(address) <= secrets.LONGEST


def loopback(host: str) -> bool:
    """Tell whether a host is this machine: 127.0.0.0/8 and ::1 (RFC 6890), localhost (RFC 6761)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        name = host.lower().removesuffix(".")
        return name == "localhost" or name.endswith(".localhost")


def command(line: str, home: Path) -> Target:
    """Split a command line as a shell does, without one; UsageFailed where it cannot be run."""
    if "\0" in line:
        raise BadSetting("alert_command", "it holds a zero byte.")
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise BadSetting("alert_command", f"{str(error).lower()}.") from error
    if not words:
        raise BadSetting("alert_command", "it names no program.")
    if not (found := _program(words[0], home)):
        raise BadSetting("alert_command", f"there is no program {files.printable(words[0])}.")
    return Target(command=(found, *words[1:]))


def _program(word: str, home: Path) -> str | None:
    try:
        program = Path(word).expanduser()
        return shutil.which(str(home / program) if len(program.parts) > 1 else word)
    except RuntimeError:  # ~NAME of nobody
        return None
