"""Access to a YouTube channel: its token file, and the login that creates it.

The file is the JSON of google-auth for an authorised user. Its packages are imported when they are
needed, because they are an extra.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mediakeep import atomic_files, command_text, path_text, secret_file
from mediakeep.errors import NotAuthorised, ServiceFailed, UsageError
from mediakeep.lookups.http.models import Secret
from mediakeep.untrusted_files import decode_json

if TYPE_CHECKING:
    from google.oauth2.credentials import Credentials

SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"  # uploads, playlists and captions
SETTING = "youtube_token_file"
_LOGIN = f"Run: {command_text.format_command('migrate_episodes.py login')}"
_FIELDS = ("refresh_token", "token_uri", "client_id", "client_secret")


class TokenFile:
    """The file with the tokens of a channel, outside the home and readable by its owner only.

    A process uses one login only, as another one may be to another channel.
    """

    def __init__(self, path: str, home: Path) -> None:
        self.path, self._home = path, home
        self._token = self._login = ""

    def get_secret(self, *, fresh: bool = False) -> Secret:
        """Return an access token, refreshed if it has expired or, with `fresh`, was rejected.

        Raise NotAuthorised if there is none, or another login has replaced it, and ServiceFailed if
        Google does not answer.
        """
        credentials = self._load()
        if not credentials.valid or (fresh and credentials.token == self._token):
            with _translate_auth_errors():
                from google.auth.transport.requests import Request

                credentials.refresh(Request())  # type: ignore[no-untyped-call]
            # If the file cannot be written, each process refreshes.
            with contextlib.suppress(OSError), self._hold_lock() as path:
                self._load()  # it may have been replaced meanwhile
                _write(path, credentials)
            self._login = str(credentials.refresh_token)
        self._token = str(credentials.token)
        return Secret(self._token, f"the file of {SETTING}")

    def save(self, credentials: Any) -> None:
        """Replace the file atomically, whatever its login; only its owner can read it."""
        with self._hold_lock() as path:
            _write(path, credentials)

    @contextlib.contextmanager
    def _hold_lock(self) -> Iterator[Path]:
        """Keep other processes from replacing the file, and yield its path."""
        path = Path(self.path).expanduser().resolve()  # a symlink stays one
        atomic_files.make_folder(path.parent)
        with atomic_files.exclusive_lock(f"{path}.lock"):
            yield path

    def _load(self) -> Credentials:
        if not self.path:
            raise NotAuthorised(f"{SETTING} is not set", _LOGIN)
        try:
            text = secret_file.read_secret(self.path, self._home, SETTING, "token")
        except UsageError as error:  # of the settings: no episode is to blame
            raise NotAuthorised(str(error).rstrip("."), _LOGIN) from error
        shown = path_text.to_printable(self.path)
        if secret_file.is_accessible_to_others(self.path):
            raise NotAuthorised(f"{shown} is accessible to others", f"Run: chmod 600 {shown}")
        with _translate_auth_errors():
            from google.oauth2.credentials import Credentials

            facts = decode_json(text, dict[str, Any])
            expiry = datetime.fromisoformat(str(facts.get("expiry") or "1970-01-01").rstrip("Z"))
            known = {name: str(facts[name]) for name in _FIELDS}
            self._login = self._login or known["refresh_token"]
            if self._login != known["refresh_token"]:
                raise NotAuthorised(f"{shown} has the token of another login now", "Run again")
            token = facts.get("token")
            return Credentials(token, expiry=expiry, **known)  # type: ignore[no-untyped-call]


def _write(path: Path, credentials: Any) -> None:
    atomic_files.write_atomic(path, credentials.to_json(), mode=0o600)


def authorise(client_file: Path, token_file: TokenFile, prompt: str, **options: Any) -> None:
    """Let the user grant access in a browser, and save the tokens.

    `client_file` is the JSON of an OAuth client of the type "desktop", from Google's console.
    `prompt` is printed, with the address in place of {url}. `options` are those of
    `InstalledAppFlow.run_local_server`.
    """
    if not token_file.path:
        hint = "Name a file outside the home: token_file in the section [episodes.youtube]"
        raise NotAuthorised(f"{SETTING} is not set", f"{hint} of mediakeep.toml.")
    with _translate_auth_errors():
        from google_auth_oauthlib.flow import InstalledAppFlow
        from oauthlib.oauth2 import OAuth2Error

        flow = InstalledAppFlow.from_client_secrets_file(str(client_file), [SCOPE])
        options["authorization_prompt_message"] = prompt
        try:
            credentials = flow.run_local_server(port=0, **options)
        except OAuth2Error as error:
            raise NotAuthorised(f"Google answered {error.error}", _LOGIN) from None
    token_file.save(credentials)


@contextlib.contextmanager
def _translate_auth_errors() -> Iterator[None]:
    """Convert errors of Google's packages, whose messages may contain tokens."""
    try:
        from google.auth import exceptions

        yield
    except ImportError as error:
        hint = 'Run: pip install "mediakeep[youtube]"'
        raise NotAuthorised(f"the package {error.name} is missing", hint) from error
    except Warning:  # raised by oauthlib if the user unchecked a box
        raise NotAuthorised("access was granted only in part", f"{_LOGIN}, and allow all") from None
    except OSError as error:
        if error.errno is None:  # of requests
            raise ServiceFailed("Google", "no access token received") from None
        why = path_text.to_printable(f"{error.strerror}: {error.filename}")
        raise NotAuthorised(why, _LOGIN) from None
    except (KeyError, ValueError, msgspec.DecodeError):
        raise NotAuthorised("the token file or the client file is invalid", _LOGIN) from None
    except exceptions.GoogleAuthError as error:
        if isinstance(error, exceptions.TransportError) or error.retryable:
            raise ServiceFailed("Google", "no access token received") from None
        raise NotAuthorised("access has expired or was revoked", _LOGIN) from None
