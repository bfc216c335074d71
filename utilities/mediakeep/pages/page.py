"""Render reports from templates."""

from __future__ import annotations

import traceback
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediakeep import config, files
from mediakeep.errors import BadTemplate
from mediakeep.pages import markdown

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")


def render(template: str, **facts: Any) -> str:
    """Render a built-in template; jinja2 raises UndefinedError for a missing variable."""
    return _environment().get_template(template).render(facts)


def counted(number: int, noun: str) -> str:
    """Format a count with its noun: "1 track", "2 tracks", "0 auto-fixes"."""
    plural = f"{noun}es" if noun.endswith(("s", "x")) else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def playing_time(seconds: float) -> str:
    """Format a playing time, such as "1 h 12 min"."""
    minutes = round(seconds / 60)
    if not minutes:
        return f"{round(seconds)} s"
    return f"{minutes // 60:,} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def compose(folder: Path | None, template: str, **facts: Any) -> str:
    """Render a user's template in `folder`, or the built-in one; raise BadTemplate on errors.

    A user's template can access only its variables (jinja2's sandbox).
    """
    from mediakeep.pages import sandbox
    from mediakeep.pages.compiled import Compiled

    own = [folder] if folder and folder.is_dir() else []  # user templates are not cached
    bytecode_cache = None if own else Compiled(TEMPLATES)
    environment = sandbox.Sandbox(*own, TEMPLATES, compiled=bytecode_cache)
    _with_filters(environment)
    try:
        with sandbox.limited():
            return environment.get_template(template).render(facts)
    except Exception as error:  # a template may raise anything
        path = folder / template if folder else None
        if path is None or not path.exists():
            raise
        raise BadTemplate(files.escape(path), _line(error, path), f"{error}".rstrip(".")) from error


def _line(error: Exception, path: Path) -> int:
    """Return the line of a template in which an error occurred, or 0."""
    if line := getattr(error, "lineno", None):
        return int(line)
    frames = traceback.extract_tb(error.__traceback__)
    return next((it.lineno or 0 for it in reversed(frames) if it.filename == str(path)), 0)


@cache  # each process loads its templates once
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from mediakeep.pages.compiled import Compiled

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # Markdown: templates escape untrusted text with the filter md
        auto_reload=False,
        bytecode_cache=Compiled(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return _with_filters(environment)


def _with_filters(environment: Environment) -> Environment:
    environment.filters["md"] = markdown.escape
    environment.filters["code"] = markdown.code
    environment.filters["counted"] = counted
    environment.filters["plain"] = files.printable
    environment.filters["commands"] = config.with_commands
    return environment
