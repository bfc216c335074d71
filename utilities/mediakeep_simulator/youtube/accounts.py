"""OAuth 2.0 of the simulated Google accounts: consent, tokens, and the check of a request."""

from __future__ import annotations

import secrets
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec

from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse, json_response
from mediakeep_simulator.youtube.errors import YoutubeApiError
from mediakeep_simulator.youtube.model import AccessToken, Channel
from mediakeep_simulator.youtube.state_store import YoutubeState

TOKEN_PATH, CONSENT_PATH = "/token", "/o/oauth2/auth"

_GRANTS = "grants/"  # counters of revoked grants by channel


class AccountServer:
    """Issues tokens for the channels of the settings, and knows which of them are valid."""

    def __init__(self, state: YoutubeState) -> None:
        self._state = state
        self.channels = {channel.id: channel for channel in state.settings.channels}

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Respond to a request for consent, which is always given, or for a token."""
        if request.path == CONSENT_PATH:
            code = request.get_param("login_hint") or self._state.settings.channels[0].id
            answer = {"code": code, "state": request.get_param("state")}
            target = f"{request.get_param('redirect_uri')}?{urlencode(answer)}"
            return SimulatorResponse(302, b"", {"Location": target})
        form = {
            name: texts[0] for name, texts in parse_qs(request.body.read_all().decode()).items()
        }
        client = (form.get("client_id"), form.get("client_secret"))
        if request.authorization.startswith("Basic "):  # RFC 6749, section 2.3.1
            name, _, secret = b64decode(request.authorization[6:]).decode().partition(":")
            client = (name, secret)
        if client != (self._state.settings.client_id, self._state.settings.client_secret):
            return _oauth_error(401, "invalid_client", "The OAuth client was not found.")
        given = form.get("refresh_token") or form.get("code", "")
        for channel in self.channels.values():
            if given in (self.refresh_token(channel), channel.id):
                return json_response(self._issue(channel, with_refresh="code" in form))
        return _oauth_error(400, "invalid_grant", "Token has been expired or revoked.")

    def refresh_token(self, channel: Channel) -> str:
        """Return the refresh token of a channel: a new one after each revocation."""
        return f"1//{channel.id}.{self._state.count(_GRANTS + channel.id, 0):g}"

    def revoke(self, channel_id: str) -> None:
        """Revoke the tokens of a channel, until the next login."""
        self._state.count(_GRANTS + channel_id)

    def expire_tokens(self) -> None:
        """Let all access tokens expire now."""
        for token in self._state.list_all(AccessToken):
            self._state.save(msgspec.structs.replace(token, expires=0.0))

    def authorize(self, request: SimulatorRequest) -> Channel:
        """Return the channel of a request's token; raise YoutubeApiError if it is not valid."""
        token = self._state.find(AccessToken, request.authorization.removeprefix("Bearer "))
        channel = self.channels.get(token.channel) if token else None
        if (
            not token
            or not channel
            or token.expires <= self._state.now()
            or (token.refresh_token != self.refresh_token(channel))
        ):
            raise YoutubeApiError("authError")
        return channel

    def _issue(self, channel: Channel, *, with_refresh: bool) -> dict[str, Any]:
        refresh_token, seconds = self.refresh_token(channel), self._state.settings.token_seconds
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._state.save(AccessToken(token, channel.id, refresh_token, self._state.now() + seconds))
        answer = {"access_token": token, "expires_in": seconds, "token_type": "Bearer"}
        return answer | ({"refresh_token": refresh_token} if with_refresh else {})


def _oauth_error(status: int, error: str, description: str) -> SimulatorResponse:
    body = msgspec.json.encode({"error": error, "error_description": description})
    return SimulatorResponse(status, body)
