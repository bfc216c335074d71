"""Asking a person which movie a file is, at the terminal or through a pipe."""

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


def choose(local: Movie, found: Identity, *, home: Path) -> Choice:
    """Ask which movie it is, until the answer is one; that nobody answers any more is a "q"."""
    from mediakeep.movies.identify.choice import Choice

    try:
        click.echo("\n".join(map(files.printable, _question(local, found, home))))
        with _interrupted():
            return _answer(found.candidates[:SHOWN])
    except (Stopped, OSError):  # the latter where the terminal, or who reads of us, has gone
        with contextlib.suppress(OSError):
            click.echo()
        return Choice("stop")


def _answer(shown: tuple[Candidate, ...]) -> Choice:
    from mediakeep.movies.identify.choice import Choice

    prompt = f"Which one is it? {_ANSWERS if shown else _ANSWERS.partition(', ')[2]}: "
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
            if chosen := read_id(
                rest or _said("Its id at TMDb or IMDb, such as 603 or tt0133093: ")
            ):
                return Choice("take", *chosen)
            click.echo("That is no id.")
        elif word.isdecimal() and 1 <= int(word[:3]) <= len(shown):
            return Choice("take", shown[int(word[:3]) - 1].hit.id)
        else:
            click.echo("That is none of the answers.")


def read_id(text: str) -> tuple[int, str] | None:
    """Read an id of TMDb or IMDb, or the address of its page, as the one and "" for the other.

    None if it is neither.
    """
    ids = terms.read_tmdb_id(text), terms.read_imdb_id(text)
    return ids if any(ids) else None


def _said(prompt: str) -> str:
    """Return a line of input; Stopped where there is none any more."""
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
    """Have a signal end the question: the batch would stop only after an answer."""

    def stop(_number: int, _frame: object) -> None:
        raise Stopped

    heard = [one for one in SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
    before = {one: signal.signal(one, stop) for one in heard}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _question(local: Movie, found: Identity, home: Path) -> Iterator[str]:
    """Tell what a file is called, how its name was read, and which movies it may be."""
    from mediakeep.movies.outputs import decisions

    name = local.name
    read = f'"{name.title}"' + (f", {name.year}" if name.year else "")
    yield ""
    yield local.key
    lasts = f"; it lasts {round(local.duration / 60)} min" if local.duration else ""
    yield (f"  read as {read}" if name.title else "  its name could not be read") + lasts
    if found.why:
        yield f"  {found.why}"
    shown = found.candidates[:SHOWN]
    for number, one in enumerate(shown, 1):
        yield f"  {number}  {100 * one.confidence:3.0f}%  {_named(one)}"
    if not shown:
        yield "  TMDb knows nothing that is near"
    yield "  s: decide later; it stays in the list of reviews"
    yield f"  x: never ask again, until {decisions.bring_back(home, local.key)}"


def _named(one: Candidate) -> str:
    """Name a movie with what tells it from others of the name."""
    year = f" ({one.hit.year})" if one.hit.year else ""
    director = f"by {one.director}" if one.director else ""
    runtime = f"{one.runtime} min" if one.runtime else ""
    return ", ".join(filter(None, (f"{one.hit.title}{year}", director, runtime)))
