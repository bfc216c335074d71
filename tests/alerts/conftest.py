"""Services that are closed again after a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.alerts.service import Manner, Service


@pytest.fixture
def serve() -> Iterator[Callable[..., Service]]:
    """Start services that answer in given manners."""
    started: list[Service] = []

    def start(*manners: Manner) -> Service:
        started.append(Service(*manners))
        return started[-1]

    yield start
    for service in started:
        service.close()
