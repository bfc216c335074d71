"""Render the pages from Jinja templates; every text is escaped."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from mediakeep import __version__, clock, path_text, size_text
from mediakeep.app.edit import text_differences
from mediakeep.size_text import format_count
from mediakeep.views import job_numbers, terminal

FOLDER = Path(__file__).with_name("templates")


def render(template: str, request: Request, **facts: Any) -> str:
    """Render a page for a request with the given variables."""
    grant = request.scope.get("grant")
    facts |= {"path": request.scope["path"], "scopes": grant.scopes if grant else ()}
    return _environment().get_template(template).render(facts)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["version"] = __version__
    environment.filters |= {
        "figure": lambda number: job_numbers.format_number(number.value, number.unit),
        "moment": lambda time: clock.format_local(datetime.fromtimestamp(time, UTC).isoformat()),
        "local": lambda text: clock.format_local(text) if text else "",
        "plain": path_text.to_printable,
        "words": lambda text: text.replace("_", " "),
        "size": size_text.format_size,
        "duration": terminal.format_duration,
        "counted": format_count,
        "host": lambda url: urlsplit(url).hostname,
        "compared": text_differences.compare_texts,
        "segment": lambda text: quote(text, safe=""),
        "place": lambda text: quote(text, safe="/"),
    }
    return environment
