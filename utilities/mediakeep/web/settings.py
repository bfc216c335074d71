"""The settings of the web server: the section [web]."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from mediakeep.job_settings import JobSettings


class WebOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The section [web]. `roots` are folders, escaped, that jobs may read."""

    host: Annotated[
        str, Meta(description="The address to listen on.", extra={"alias": "API_HOST"})
    ] = "127.0.0.1"
    port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="The port; 0 for a free one.",
            extra={"alias": "API_PORT", "range": (0, 65535)},
        ),
    ] = 8000
    names: tuple[str, ...] = ()  # further host names of the server, such as "nas.local"
    roots: tuple[str, ...] = ()


class WebSettings(JobSettings, frozen=True, kw_only=True):
    """All settings of the web server."""

    web: WebOptions = WebOptions()
