"""Render reports from Jinja templates; texts are escaped so that Markdown shows them literally."""

from __future__ import annotations

import re
import traceback
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediakeep import command_text, path_text, size_text
from mediakeep.errors import BadTemplate
from mediakeep.size_text import format_count

if TYPE_CHECKING:
    from jinja2 import Environment


TEMPLATE_FOLDER = Path(__file__).with_name("templates")


def render_template(template: str, **facts: Any) -> str:
    """Render one of mediakeep's own templates with the given variables.

    jinja2 raises UndefinedError if a variable is missing.
    """
    return _shared_environment().get_template(template).render(facts)


def format_playing_time(seconds: float) -> str:
    """Format a playing time, such as "1 h 12 min"."""
    minutes = round(seconds / 60)
    if not minutes:
        return f"{round(seconds)} s"
    return f"{minutes // 60:,} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def render_user_template(folder: Path | None, template: str, **facts: Any) -> str:
    """Render a template in the user's `folder`, or mediakeep's own one if there is none.

    Raise BadTemplate if the user's template is invalid. It runs in jinja2's sandbox and can only
    use its variables.
    """
    from mediakeep.pages import sandbox, template_cache

    own = [folder] if folder and folder.is_dir() else []  # user templates are not cached
    bytecode_cache = None if own else template_cache.open_cache(sandboxed=True)
    environment = sandbox.TemplateSandbox(*own, TEMPLATE_FOLDER, compiled=bytecode_cache)
    _add_filters(environment)
    try:
        with sandbox.limit_resources():
            return environment.get_template(template).render(facts)
    except Exception as error:  # a template may raise anything
        path = folder / template if folder else None
        if path is None or not path.exists():
            raise
        raise BadTemplate(
            path_text.escape_path(path), _find_error_line(error, path), f"{error}".rstrip(".")
        ) from error


def _find_error_line(error: Exception, path: Path) -> int:
    """Return the line number in a template at which an error occurred, or 0 if unknown."""
    if line := getattr(error, "lineno", None):
        return int(line)
    frames = traceback.extract_tb(error.__traceback__)
    return next((it.lineno or 0 for it in reversed(frames) if it.filename == str(path)), 0)


@cache  # each process loads its templates once
def _shared_environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from mediakeep.pages import template_cache

    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER),
        undefined=StrictUndefined,
        autoescape=False,  # Markdown: templates escape untrusted text with the filter md
        auto_reload=False,
        bytecode_cache=template_cache.open_cache(),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return _add_filters(environment)


def _add_filters(environment: Environment) -> Environment:
    environment.filters["md"] = escape_markdown
    environment.filters["code"] = format_code
    environment.filters["counted"] = format_count
    environment.filters["playing_time"] = format_playing_time
    environment.filters["size"] = size_text.format_size
    environment.filters["plain"] = path_text.to_printable
    environment.filters["commands"] = command_text.rewrite_commands
    return environment


MAX_TEXT_CHARS = 200  # characters of a name or text in a report

_MARKUP = re.compile(
    r"[\\`*\[\]<>|~]"  # emphasis, code, links, HTML, tables, strikes
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis; an underscore within a word is literal
    r"|&(?=#?\w+;)"  # a character reference
    r"|^[-+#=]"  # a list, a heading
    r"|(?<=\bhttp):|(?<=\bhttps):|(?<=\bftp):|(?<=\bwww)\.|(?<=\w)@(?=\w)",  # bare links
    re.IGNORECASE,
)
_NUMBERED_LIST = re.compile(r"^(\d{1,9})([.)])")  # a numbered list


def escape_markdown(text: str, max_chars: int = MAX_TEXT_CHARS) -> str:
    """Escape a text so that Markdown shows it literally on one line, at most `max_chars` long."""
    if len(text) > max_chars:
        text = text[: max_chars - 1] + "…"
    shown = _MARKUP.sub(r"\\\g<0>", path_text.to_printable(text))
    bare = _NUMBERED_LIST.sub(r"\1\\\2", shown).lstrip(" ")
    return "&nbsp;" * (len(shown) - len(shown.lstrip(" "))) + bare


def format_code(text: str) -> str:
    """Format a text as inline code in Markdown, on one line; the text may contain backticks."""
    shown = path_text.to_printable(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"
