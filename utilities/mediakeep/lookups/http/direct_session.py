"""HTTP session without a cache, for large bodies and for requests that change something.

It shares rate limit, pauses and outages with all other sessions of the service.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from msgspec import structs

from mediakeep.errors import SecretRejected
from mediakeep.lookups.http.adapter import (
    RetryingAdapter,
    prepare_session,
    translate_request_errors,
)
from mediakeep.lookups.http.models import HttpEnvironment, RequestStats, Secret, Service
from mediakeep.lookups.http.rate_limit import SharedRateLimit
from mediakeep.lookups.http.retry import RetryState


class DirectSession(requests.Session):
    """HTTP session of one service.

    `state_dir` holds the state of the rate limit if there is no runtime directory. `renew` returns
    another secret after the service has rejected the current one.
    """

    def __init__(
        self,
        service: Service,
        state_dir: Path,
        environment: HttpEnvironment | None = None,
        *,
        contact: str = "",
        renew: Callable[[], Secret] | None = None,
    ) -> None:
        super().__init__()
        self.service, self.stats = service, RequestStats()
        self.headers["Accept-Encoding"] = "identity"
        self._environment = environment or HttpEnvironment()
        self._state_dir, self._renew = state_dir, renew
        self._adapter = RetryingAdapter(self._environment)
        self._adapter.expects_json = False
        prepare_session(self, self._adapter, contact)

    def exchange(
        self,
        method: str,
        url: str | Secret,
        *,
        once: bool = False,
        before_send: Callable[[], object] = lambda: None,
        **options: Any,
    ) -> requests.Response:
        """Send a request, and return its response, which is not of a status worth a retry.

        `options` are those of `requests.request`. A secret URL never appears in errors and logs.
        With `once`, a request without an answer raises RequestLost instead of being sent again.
        `before_send` is called before each request. Raise SecretRejected, Outage or ServiceFailed.
        """
        adapter = self._adapter
        adapter.sends_once, adapter.before_send = once, before_send
        adapter.hidden_target = None
        if isinstance(url, Secret):
            parts = urlsplit(url.reveal())
            adapter.hidden_target = Secret(f"{parts.path}?{parts.query}")
            url = f"{parts.scheme}://{parts.netloc}/"
        try:
            return self._send_with_retries(method, url, options)
        except SecretRejected:
            if not self._renew:
                raise
        self.service = structs.replace(self.service, secret=self._renew())
        return self._send_with_retries(method, url, options)

    def _send_with_retries(
        self, method: str, url: str, options: dict[str, Any]
    ) -> requests.Response:
        slots = SharedRateLimit(self.service, self._state_dir, self._environment)
        self._adapter.retry_state = RetryState(self.service, slots, self._environment, self.stats)
        with translate_request_errors(self.service):
            return self.request(method, url, **options)
