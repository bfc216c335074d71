"""The pages that people read, each rendered from its template."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediakeep.pages import markdown

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")


def render(template: str, **facts: Any) -> str:
    """Render a template; what it names must be given, or jinja2 raises."""
    return _environment().get_template(template).render(facts)


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: "1 track", "2 tracks", "0 auto-fixes"."""
    plural = f"{noun}es" if noun.endswith(("s", "x")) else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def playing_time(seconds: float) -> str:
    """Write a span of music as people say it: "1 h 12 min"."""
    minutes = round(seconds / 60)
    if not minutes:
        return f"{round(seconds)} s"
    return f"{minutes // 60:,} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


@cache  # each process loads its templates once
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from mediakeep.pages.compiled import Compiled

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # Markdown is no HTML: a template passes what strangers wrote through md
        auto_reload=False,
        bytecode_cache=Compiled(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = markdown.escape
    environment.filters["code"] = markdown.code
    environment.filters["counted"] = counted
    return environment
