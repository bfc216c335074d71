"""The pages that people read, each rendered from its template."""

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


def compose(folder: Path | None, template: str, **facts: Any) -> str:
    """Render a template, a person's own in `folder` before ours; BadTemplate where it is wrong.

    A person's template reaches nothing but what it is given (jinja2's sandbox).
    """
    from mediakeep.pages import sandbox
    from mediakeep.pages.compiled import Compiled

    own = [folder] if folder and folder.is_dir() else []  # what is not ours is not kept compiled
    kept = None if own else Compiled(TEMPLATES)
    environment = sandbox.Sandbox(*own, TEMPLATES, compiled=kept)
    _with_filters(environment)
    try:
        with sandbox.limited():
            return environment.get_template(template).render(facts)
    except Exception as error:  # a template is a program: it may raise whatever there is
        path = folder / template if folder else None
        if path is None or not path.exists():
            raise
        raise BadTemplate(files.escape(path), _line(error, path), f"{error}".rstrip(".")) from error


def _line(error: Exception, path: Path) -> int:
    """Find the line of a template in which an error arose."""
    if line := getattr(error, "lineno", None):
        return int(line)
    frames = traceback.extract_tb(error.__traceback__)
    return next((one.lineno or 0 for one in reversed(frames) if one.filename == str(path)), 0)


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
    return _with_filters(environment)


def _with_filters(environment: Environment) -> Environment:
    environment.filters["md"] = markdown.escape
    environment.filters["code"] = markdown.code
    environment.filters["counted"] = counted
    environment.filters["plain"] = files.printable
    environment.filters["commands"] = config.with_commands
    return environment
