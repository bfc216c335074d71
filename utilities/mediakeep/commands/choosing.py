"""Prompt the user to identify a movie, at a terminal or through a pipe."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mediakeep import files
from mediakeep.errors import Stopped
from mediakeep.lookups.tmdb import terms
from mediakeep.runner.stop import SIGNALS

if TYPE_CHECKING:
    from mediakeep.lookups.tmdb.known import Candidate
    from mediakeep.movies.identify.choice import Choice
    from mediakeep.movies.identify.verdict import Identity
    from mediakeep.movies.model import Movie

SHOWN = 3  # candidates
_ANSWERS = "a number, i for an id, s for later, x for never, q to stop"


def choose(local: Movie, identity: Identity, *, home: Path) -> Choice:
    """Prompt until the answer is valid; the end of the input counts as "q"."""
    from mediakeep.movies.identify.choice import Choice

    try:
        click.echo("\n".join(map(files.printable, _question(local, identity, home))))
        with _interrupted():
            return _answer(identity.candidates[:SHOWN])
    except (Stopped, OSError):  # OSError: the terminal or the reader of our output has gone
        with contextlib.suppress(OSError):
            click.echo()
        return Choice("stop")


def _answer(shown: tuple[Candidate, ...]) -> Choice:
    from mediakeep.movies.identify.choice import Choice

    prompt = f"Which movie is it? {_ANSWERS if shown else _ANSWERS.partition(', ')[2]}: "
    while True:
        word, _, rest = _said(prompt).partition(" ")
        word = word.lower()
        if word == "q":
            raise Stopped
        if word == "s":
            return Choice("later")
        if word == "x":
            return Choice("never")
        if word == "i":
            if chosen := read_id(rest or _said("TMDb or IMDb id, such as 603 or tt0133093: ")):
                return Choice("take", *chosen)
            click.echo("Invalid id.")
        elif word.isdecimal() and 1 <= int(word[:3]) <= len(shown):
            return Choice("take", shown[int(word[:3]) - 1].hit.id)
        else:
            click.echo("Invalid answer.")


def read_id(text: str) -> tuple[int, str] | None:
    """Parse a TMDb or IMDb id, or the URL of its page; the other id is 0 or "".

    Return None if it is neither.
    """
    ids = terms.read_tmdb_id(text), terms.read_imdb_id(text)
    return ids if any(ids) else None


def _said(prompt: str) -> str:
    """Return a line of input; raise Stopped at the end of the input."""
    click.echo(prompt, nl=False)
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        return "?"
    if not line:
        raise Stopped
    return line.strip()


@contextlib.contextmanager
def _interrupted() -> Iterator[None]:
    """Let signals end the prompt, as the batch would stop only after an answer."""

    def stop(_number: int, _frame: object) -> None:
        raise Stopped

    handled = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _question(local: Movie, identity: Identity, home: Path) -> Iterator[str]:
    """Yield lines on the file, its parsed name, and the candidates."""
    from mediakeep.movies.outputs import decisions

    name = local.name
    read = f'"{name.title}"' + (f", {name.year}" if name.year else "")
    yield ""
    yield local.key
    lasts = f"; runtime {round(local.duration / 60)} min" if local.duration else ""
    yield (f"  parsed as {read}" if name.title else "  the name could not be parsed") + lasts
    if identity.why:
        yield f"  {identity.why}"
    shown = identity.candidates[:SHOWN]
    for number, candidate in enumerate(shown, 1):
        yield f"  {number}  {100 * candidate.confidence:3.0f}%  {_named(candidate)}"
    if not shown:
        yield "  no similar movie at TMDb"
    yield "  s: decide later; it stays in the list of reviews"
    yield f"  x: never ask again, until {decisions.bring_back(home, local.key)}"


def _named(candidate: Candidate) -> str:
    """Return a line that distinguishes a movie from namesakes."""
    year = f" ({candidate.hit.year})" if candidate.hit.year else ""
    director = f"by {candidate.director}" if candidate.director else ""
    runtime = f"{candidate.runtime} min" if candidate.runtime else ""
    return ", ".join(filter(None, (f"{candidate.hit.title}{year}", director, runtime)))
