"""Who may do what: login links, sessions of browsers, and bearer tokens of programs.

Only digests are stored, in status/web/access.json. A secret has 256 random bits, so that a plain
hash is enough. The file is read again whenever it changes: a revoked token ends at once. A link is
known to its server only, and ends with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import msgspec

from mediakeep import atomic_files, clock, path_text
from mediakeep.errors import StateDamaged, UsageError
from mediakeep.untrusted_files import read_json

FOLDER = "status/web"
FILE = f"{FOLDER}/access.json"
SESSION_DAYS = 30
_LINK_HOURS = 12


class Scope(StrEnum):
    """What a token allows: to read, to decide reviews and items, to run jobs, to read metrics."""

    READ = "read"
    DECIDE = "decide"
    JOBS = "jobs"
    METRICS = "metrics"


ALL_SCOPES = frozenset(Scope)


class AccessGrant(msgspec.Struct, frozen=True):
    """A token, session or link: its name, scopes, creation and end, "" for none."""

    name: str
    scopes: frozenset[Scope]
    created: str
    expires: str = ""


class AccessFile(msgspec.Struct):
    """The content of the file; all keys are digests."""

    format: int = 1
    tokens: dict[str, AccessGrant] = {}
    sessions: dict[str, AccessGrant] = {}


class AccessStore:
    """The grants of a home."""

    def __init__(self, home: Path) -> None:
        self._home, self._path = home, home / FILE
        self._stamp: tuple[int, int] | None = None
        self._content = AccessFile()
        self._links: dict[str, AccessGrant] = {}  # by digest

    def list_tokens(self) -> list[AccessGrant]:
        return list(self._read().tokens.values())

    def create_token(self, name: str, scopes: Iterable[Scope]) -> str:
        """Return a new token; raise UsageError if the name is taken."""
        with self._change() as content:
            if name in {grant.name for grant in content.tokens.values()}:
                shown = path_text.to_printable(name)
                raise UsageError(f'There is a token "{shown}". Revoke it, or use another name.')
            return _add(content.tokens, name, frozenset(scopes))

    def revoke_token(self, name: str) -> None:
        """Remove a token, and the sessions that it began; raise UsageError if there is none."""
        with self._change() as content:
            kept = {key: grant for key, grant in content.tokens.items() if grant.name != name}
            if len(kept) == len(content.tokens):
                shown = path_text.to_printable(name)
                raise UsageError(
                    f'There is no token "{shown}". List them: media_web.py tokens list'
                )
            content.tokens = kept
            content.sessions = {
                key: grant for key, grant in content.sessions.items() if grant.name != name
            }

    def create_link(self) -> str:
        """Return the secret of a login link, which works once, as long as this object exists."""
        return _add(self._links, "login link", ALL_SCOPES, timedelta(hours=_LINK_HOURS))

    def open_session(self, secret: str) -> str | None:
        """Return the cookie of a new session for the secret of a link, which ends, or a token.

        Return None if it is neither.
        """
        grant = self.find_token(secret) or self._links.get(_digest(secret))
        if grant is None or _has_ended(grant):
            return None
        link = None
        try:
            with self._change() as content:
                link = self._links.pop(_digest(secret), None)
                if link is None and not self.find_token(secret):
                    return None  # another request was faster
                lifetime = timedelta(days=SESSION_DAYS)
                return _add(content.sessions, grant.name, grant.scopes, lifetime)
        except OSError:  # such as a full disk: the link works again
            if link:
                self._links[_digest(secret)] = link
            raise

    def close_session(self, cookie: str) -> None:
        with self._change() as content:
            content.sessions.pop(_digest(cookie), None)

    def find_token(self, token: str) -> AccessGrant | None:
        return self._read().tokens.get(_digest(token))

    def find_session(self, cookie: str) -> AccessGrant | None:
        grant = self._read().sessions.get(_digest(cookie))
        return None if grant is None or _has_ended(grant) else grant

    def _read(self) -> AccessFile:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._home.stat()  # raises an error that names a home that is gone
            if self._stamp is None:
                return AccessFile()
            raise StateDamaged(
                f"{path_text.display_path(self._path)} is gone. Mount the disk of the home, or"
                " create a token: media_web.py tokens create NAME"
            ) from None
        stamp = (found.st_mtime_ns, found.st_ino)
        if stamp != self._stamp:
            content = read_json(self._path, AccessFile)
            if content is None:
                raise StateDamaged(
                    f"{path_text.display_path(self._path)} is damaged. Remove it, and create the"
                    " tokens again."
                )
            self._content, self._stamp = content, stamp
        return self._content

    @contextlib.contextmanager
    def _change(self) -> Iterator[AccessFile]:
        """Lock the file for a `with` block, at whose end the yielded content is written."""
        self._read()  # a home that is gone is not created
        atomic_files.make_folder(self._path.parent)
        with atomic_files.exclusive_lock(self._path.with_name("access.lock")):
            content = msgspec.convert(msgspec.to_builtins(self._read()), AccessFile)
            yield content
            for key in [key for key, it in content.sessions.items() if _has_ended(it)]:
                del content.sessions[key]
            data = msgspec.json.format(msgspec.json.encode(content), indent=2)
            atomic_files.write_atomic(self._path, data + b"\n", mode=0o600)


def _add(
    grants: dict[str, AccessGrant],
    name: str,
    scopes: frozenset[Scope],
    lifetime: timedelta | None = None,
) -> str:
    secret, now = secrets.token_urlsafe(32), clock.now()
    end = clock.format_iso(now + lifetime) if lifetime else ""
    grants[_digest(secret)] = AccessGrant(name, scopes, clock.format_iso(now), end)
    return secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _has_ended(grant: AccessGrant) -> bool:
    return "" < grant.expires <= clock.format_iso(clock.now())
