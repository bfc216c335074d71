"""HTTP session without a cache, for large bodies and for requests that change something.

It shares rate limit, pauses and outages with all other sessions of the service. A server to which
it redirects, such as one of the hundreds that hold the items of archive.org, has its own ones: if
it is down, only its files wait.
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
    is_service_host,
    prepare_session,
    translate_request_errors,
)
from mediakeep.lookups.http.models import HttpEnvironment, RequestStats, Secret, Service
from mediakeep.lookups.http.rate_limit import SharedRateLimit
from mediakeep.lookups.http.retry import RETRY_STATUSES, RetryState


class DirectSession(requests.Session):
    """HTTP session of one service.

    `state_dir` holds the state of the rate limit if there is no runtime directory. `renew` returns
    another secret after the service has rejected the current one. Responses with one of the
    `retry_statuses` are not returned: the request is sent again.
    """

    def __init__(
        self,
        service: Service,
        state_dir: Path,
        environment: HttpEnvironment | None = None,
        *,
        contact: str = "",
        renew: Callable[[], Secret] | None = None,
        retry_statuses: frozenset[int] = RETRY_STATUSES,
    ) -> None:
        super().__init__()
        self.service, self.stats = service, RequestStats()
        self.headers["Accept-Encoding"] = "identity"
        self._environment = environment or HttpEnvironment()
        self._state_dir, self._renew = state_dir, renew
        self._adapter = RetryingAdapter(self._environment)
        self._adapter.expects_json, self._adapter.retry_statuses = False, retry_statuses
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
        with translate_request_errors(self.service):
            try:
                return self.request(method, url, **options)
            except SecretRejected:
                if not self._renew:
                    raise
            self.service = structs.replace(self.service, secret=self._renew())
            return self.request(method, url, **options)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request, which may follow a redirect; use `exchange` instead."""
        service = self.service
        if not is_service_host(service, request.url):
            parts = urlsplit(request.url or "")
            host = f"{parts.scheme}://{parts.netloc}"
            service = structs.replace(service, host=host, host_setting="", secret=None)
        slots = SharedRateLimit(service, self._state_dir, self._environment)
        self._adapter.retry_state = RetryState(service, slots, self._environment, self.stats)
        return super().send(request, **options)
