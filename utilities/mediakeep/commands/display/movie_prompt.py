"""Prompt the user to identify a movie, at a terminal or through a pipe."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep import path_text
from mediakeep.commands import console
from mediakeep.errors import Stopped
from mediakeep.lookups.tmdb import constants
from mediakeep.runner import signals

if TYPE_CHECKING:
    from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
    from mediakeep.movies.identify.model import MovieChoice, MovieIdentity
    from mediakeep.movies.model import LocalMovie

_ANSWERS_TEXT = "a number, i for an id, s for later, x for never, q to stop"
_ID_PROMPT = "TMDb or IMDb id, such as 603 or tt0133093"


def prompt_for_movie(local: LocalMovie, identity: MovieIdentity, *, home: Path) -> MovieChoice:
    """Prompt until the answer is valid; the end of the input counts as "q"."""
    from mediakeep.app.movies import tmdb_text
    from mediakeep.movies.identify.model import MovieChoice

    try:
        lines = tmdb_text.format_question(local, identity, home)
        click.echo("\n".join(map(path_text.to_printable, lines)))
        with signals.stop_input_on_signal():
            return _read_choice(identity.candidates[: tmdb_text.MAX_CANDIDATES])
    except (Stopped, click.Abort, OSError):  # OSError: the terminal or the reader has gone
        with contextlib.suppress(OSError):
            click.echo()
        return MovieChoice("stop")


def _read_choice(shown: tuple[MovieCandidate, ...]) -> MovieChoice:
    from mediakeep.movies.identify.model import MovieChoice

    answers = _ANSWERS_TEXT if shown else _ANSWERS_TEXT.partition(", ")[2]
    answer = _AnswerParam([*map(str, range(1, len(shown) + 1)), "i", "s", "x", "q"])
    while True:
        word, _, rest = console.prompt_text(
            f"Which movie is it? {answers}", type=answer, show_choices=False
        ).partition(" ")
        if word == "q":
            raise Stopped
        if word == "s":
            return MovieChoice("later")
        if word == "x":
            return MovieChoice("never")
        if word != "i":
            return MovieChoice("take", shown[int(word) - 1].hit.id)
        if chosen := constants.parse_movie_id(
            rest or console.prompt_text(_ID_PROMPT, default="", show_default=False)
        ):
            return MovieChoice("take", *chosen)
        click.echo("Invalid id.")


class _AnswerParam(click.Choice[str]):
    """One of the answers in any case; i may be followed by an id."""

    def __init__(self, answers: Sequence[str]) -> None:
        super().__init__(answers, case_sensitive=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the answer in lower case, with its id if there is one."""
        word, _, rest = str(value).strip().partition(" ")
        if rest and word.lower() == "i":
            return f"i {rest}"
        return super().convert(str(value).strip(), param, ctx)
