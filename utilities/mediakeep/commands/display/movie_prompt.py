"""Prompt the user to identify a movie, at a terminal or through a pipe."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep import path_text
from mediakeep.commands import console
from mediakeep.errors import Stopped
from mediakeep.lookups.tmdb import constants
from mediakeep.runner.signals import SIGNALS

if TYPE_CHECKING:
    from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
    from mediakeep.movies.identify.model import MovieChoice, MovieIdentity
    from mediakeep.movies.model import LocalMovie

MAX_CANDIDATES = 3  # candidates
_ANSWERS_TEXT = "a number, i for an id, s for later, x for never, q to stop"
_REPEAT_SECONDS = 0.1
_ID_PROMPT = "TMDb or IMDb id, such as 603 or tt0133093"


def prompt_for_movie(local: LocalMovie, identity: MovieIdentity, *, home: Path) -> MovieChoice:
    """Prompt until the answer is valid; the end of the input counts as "q"."""
    from mediakeep.movies.identify.model import MovieChoice

    try:
        click.echo("\n".join(map(path_text.to_printable, _format_question(local, identity, home))))
        with _stop_on_signal():
            return _read_choice(identity.candidates[:MAX_CANDIDATES])
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


@contextlib.contextmanager
def _stop_on_signal() -> Iterator[None]:
    """Let the first signal end the prompt, as the batch would stop only after an answer."""
    is_waiting = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        if is_waiting.is_set():
            is_waiting.clear()
            raise Stopped

    with _repeat_signals(is_waiting):
        handled = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, stop) for number in handled}
        try:
            try:
                is_waiting.set()
                yield
            finally:
                is_waiting.clear()
        finally:  # also if a signal came right before `is_waiting` was cleared
            for number, handler in before.items():
                signal.signal(number, handler)


@contextlib.contextmanager
def _repeat_signals(is_waiting: threading.Event) -> Iterator[None]:
    """Send a signal that arrives in a `with` block to the main thread again while `is_waiting`.

    A signal that arrives right before `input` begins to wait does not interrupt it.
    """
    main_thread = threading.get_ident()
    receiver, sender = socket.socketpair()
    sender.setblocking(False)

    def repeat() -> None:
        while numbers := receiver.recv(64):  # from the wakeup descriptor; empty at the end
            time.sleep(_REPEAT_SECONDS)
            while is_waiting.is_set() and (stopping := set(numbers) & set(SIGNALS)):
                signal.pthread_kill(main_thread, stopping.pop())
                time.sleep(_REPEAT_SECONDS)

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        sender.close()
        thread.join()
        receiver.close()


def _format_question(local: LocalMovie, identity: MovieIdentity, home: Path) -> Iterator[str]:
    """Yield lines on the file, its parsed name, and the candidates."""
    from mediakeep.movies.outputs import choose_commands

    name = local.name
    parsed = f'"{name.title}"' + (f", {name.year}" if name.year else "")
    yield ""
    yield local.key
    runtime = f"; runtime {round(local.duration / 60)} min" if local.duration else ""
    yield (f"  parsed as {parsed}" if name.title else "  the name could not be parsed") + runtime
    if identity.lookup_error:
        yield f"  {identity.lookup_error}"
    shown = identity.candidates[:MAX_CANDIDATES]
    for number, candidate in enumerate(shown, 1):
        yield f"  {number}  {100 * candidate.confidence:3.0f}%  {_format_candidate(candidate)}"
    if not shown:
        yield "  no similar movie at TMDb"
    yield "  s: decide later; it stays in the list of reviews"
    yield f"  x: never ask again, until {choose_commands.format_reset_command(home, local.key)}"


def _format_candidate(candidate: MovieCandidate) -> str:
    """Return a line that distinguishes a movie from namesakes."""
    year = f" ({candidate.hit.year})" if candidate.hit.year else ""
    director = f"by {candidate.director}" if candidate.director else ""
    runtime = f"{candidate.runtime} min" if candidate.runtime else ""
    return ", ".join(filter(None, (f"{candidate.hit.title}{year}", director, runtime)))
