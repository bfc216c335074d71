"""A sitting at a terminal: questions one at a time, and the keys that answer them."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from mediakeep import command_text, path_text
from mediakeep.app.reviews import undo_answers
from mediakeep.app.reviews.questions import ReviewQuestion
from mediakeep.app.reviews.review_session import ReviewDecision, ReviewSession
from mediakeep.app.reviews.sitting import ShownQuestion, Sitting, SittingFilter
from mediakeep.commands import app
from mediakeep.commands.display.key_reader import KeyReader
from mediakeep.commands.display.open_path import open_path
from mediakeep.commands.display.question_view import QuestionView
from mediakeep.errors import (
    ItemFailed,
    LookupSkipped,
    MediakeepError,
    ServiceFailed,
    Stopped,
    UsageError,
)
from mediakeep.runner import signals
from mediakeep.size_text import format_count

_DONE_WORDS = {
    "accept": "accepted",
    "choose": "chosen",
    "edit": "edited",
    "later": "postponed",
    "never": "ignored",
}
_KEYS_WITH_TEXT = "es"
_KEY_MEANINGS = {  # as docs/review.md says
    "a": "Accept the proposal.",
    "A": "Accept all proposals of this kind; all changes are shown before, and y confirms.",
    "1": "Choose the release, artist, movie or picture with this number.",
    "e": "Enter a value, the MBID of a release or artist, or the path of a picture.",
    "s": "Search MusicBrainz or TMDb by another title or name.",
    "l": "Later: the question is asked again in the next sitting, after all others.",
    "n": "Never: a batch reports the issue, but neither repairs it nor lists it again.",
    "u": "Undo the last answer of this sitting.",
    "o": "Open the folder, and print its path.",
    "?": "Explain the keys, and print the id of the issue, its report and its command.",
    "q": "Quit.",
}


class _Quit(Exception):
    """Raised by the key q."""


@dataclass
class SittingPrompt:
    """Asks questions until none is left or the user ends it."""

    session: ReviewSession
    chosen: SittingFilter
    view: QuestionView
    keys: KeyReader
    sitting: Sitting = field(init=False)

    def __post_init__(self) -> None:
        self.sitting = Sitting(self.session, self.chosen, self._warn)

    def _warn(self, text: str) -> None:
        self.view.print_line(text, "yellow")

    def run(self) -> int:
        """Ask, and print at the end what was done; return the exit code."""
        code = 0
        try:
            while (shown := self.sitting.find_next()) is not None:
                self._ask(shown)
        except (_Quit, EOFError):
            pass
        except (KeyboardInterrupt, Stopped):
            code = Stopped.exit_code
        except MediakeepError:  # such as damaged state
            if self.session.log.read_session(self.session.id):
                self._print_end()
            raise
        try:
            self._print_end()
        except OSError as error:  # the terminal was closed
            if error.errno != errno.EIO:
                raise
        return code

    def _ask(self, shown: ShownQuestion) -> None:
        """Show a question, and act on keys until it is answered."""
        if not self.sitting.prepare(shown):
            return
        self.view.print_group(shown.group, shown.progress)
        if not shown.previewed:
            self.view.print_preview(shown.preview)
        self.view.print_candidates(shown.candidates)
        self.view.print_covers(shown.covers, shown.group.first.place)
        if shown.previewed:
            self.view.print_line("If 1 is chosen:")
            self.view.print_preview(shown.preview)
        while not self._act(shown, self._read_key(shown)):
            pass

    def _read_key(self, shown: ShownQuestion) -> str:
        self.view.print_keys(_list_keys(shown))
        return self.keys.read_key("?" if self.keys.has_keys else "Answer", _KEYS_WITH_TEXT)

    def _act(self, shown: ShownQuestion, key: str) -> bool:
        """Act on a key; return whether the next question follows."""
        try:
            if key.isdecimal() and (value := shown.get_choice(int(key))):
                return self._choose(shown, value)
            if key not in dict(_list_keys(shown)):
                text = "No such key here." if key else "Not understood: type one of the keys."
                self.view.print_line(text)
                return False
            return self._do(shown, key)
        except (ItemFailed, LookupSkipped, ServiceFailed, UsageError) as error:
            self._warn(str(error))
        return False

    def _choose(self, shown: ShownQuestion, value: str) -> bool:
        group = shown.group
        if shown.covers:
            return self._decide_shown(group.questions, ReviewDecision(group.ids, "edit", value))
        decision = ReviewDecision(group.ids[:1], "choose", value)
        if value == shown.previewed:
            return self._decide(decision)
        return self._decide_shown(group.questions[:1], decision)

    def _do(self, shown: ShownQuestion, key: str) -> bool:
        ids, first = shown.group.ids, shown.group.first
        match key:
            case "a":
                return self._decide(ReviewDecision(ids, "accept", expected=shown.preview.digest))
            case "A":
                own = self.sitting.claim_alike(shown.alike)
                decision = ReviewDecision(tuple(question.id for question in own), "accept")
                return self._decide_shown(own, decision, confirm=True)
            case "e":
                return self._edit(shown)
            case "l":
                return self._decide(ReviewDecision(ids, "later"))
            case "n":
                return self._decide(ReviewDecision(ids, "never"))
            case "u":
                return self._undo()
            case "o":
                place = first.place if first.place.is_dir() else first.place.parent
                self.view.print_line(str(place))
                open_path(place)
            case "s":
                self._search(shown)
            case "q":
                raise _Quit
            case _:
                self._print_help(shown)
        return False

    def _edit(self, shown: ShownQuestion) -> bool:
        first = shown.group.first
        what = "the picture's path" if first.field == "cover" else first.field
        if not (value := self.keys.read_text(f"{what}, empty to cancel")):
            return False
        if first.field == "cover":
            value = path_text.escape_path(value)
        elif value != value.encode(errors="replace").decode():
            self._warn("The value is not valid text. Enter it as UTF-8.")
            return False
        ids = shown.group.edit_ids
        asked = [question for question in shown.group.questions if question.id in ids]
        return self._decide_shown(asked, ReviewDecision(ids, "edit", value))

    def _decide_shown(
        self, asked: Sequence[ReviewQuestion], decision: ReviewDecision, *, confirm: bool = False
    ) -> bool:
        """Show what an answer changes, ask again if that is doubtful, and carry it out."""
        shown, needs_insisting = self.sitting.preview(asked, decision)
        self.view.print_preview(shown, asked)
        if needs_insisting and not decision.insist:
            if not self.keys.confirm("Do it anyway?"):
                return False
            return self._decide_shown(asked, structs.replace(decision, insist=True))
        if shown.refused and not shown.files:
            return False
        if decision.action == "edit" and not shown.files:
            self.view.print_line("Nothing to change: the files have this value already.")
            self.sitting.refresh(asked)
            return True
        is_doubtful = bool(shown.files and shown.notes) and not decision.insist
        count = sum(len(plan.changes) for plan in shown.files)
        question = f"{format_count(count, 'change')} in {format_count(len(shown.files), 'file')}?"
        if shown.sidecars:
            question, confirm = "Choose this movie?", True
        if (confirm or is_doubtful) and not self.keys.confirm(question):
            return False
        return self._decide(structs.replace(decision, expected=shown.digest))

    def _decide(self, decision: ReviewDecision) -> bool:
        """Carry out an answer; the first stop signal ends the sitting after it."""
        with signals.finish_before_stop():
            result = self.sitting.decide(decision)
            for text in dict.fromkeys((*result.notes, *result.refused.values())):
                self._warn(text)
            if result.decided:
                count = format_count(len(result.files), "file")
                files = f", {count} changed" if result.files else ""
                words = f"{len(result.decided):,} {_DONE_WORDS[decision.action]}{files}."
                self.view.print_result(words, "green")
        return True

    def _undo(self) -> bool:
        """Undo the last answer; the first stop signal ends the sitting after it."""
        with signals.finish_before_stop():
            for line in undo_answers.format_undone(self.sitting.undo_last()):
                self.view.print_line(line)
        return True

    def _search(self, shown: ShownQuestion) -> None:
        first = shown.group.first
        what = "name" if first.queue == "music" and not first.album else "title"
        if not (title := self.keys.read_text(f"Search by {what}, empty to cancel")):
            return
        if not self.sitting.search(shown, title):
            self.view.print_line("Nothing found.")
        self.view.print_candidates(shown.candidates)

    def _print_help(self, shown: ShownQuestion) -> None:
        for key, _ in _list_keys(shown):
            self.view.print_line(f"  {key:<4} {_KEY_MEANINGS[key[0]]}")
        first = shown.group.first
        for label, text in (
            ("issue", first.id),
            ("report", str(self.session.home / first.report)),
            ("command", first.command),
        ):
            if text:
                self.view.print_command(f"  {label}:", text)

    def _print_end(self) -> None:
        """Print what was done, what is left, and how to undo the sitting."""
        home, session = self.session.home, self.session.id
        answers = self.session.log.read_session(session)
        done = Counter[str]()
        for answer in answers:
            done[answer.action] += len(answer.ids)
        parts = [f"{done[action]:,} {word}" for action, word in _DONE_WORDS.items() if done[action]]
        self.view.print_result("")
        self.view.print_result(f"Done: {', '.join(parts) or 'nothing'}.")
        self.view.print_result(f"Left: {format_count(self.sitting.count_left(), 'question')}.")
        for warning in dict.fromkeys(self.sitting.warnings):
            self._warn(warning)
        if app.is_quiet():
            return
        if any(answer.before for answer in answers):
            command = command_text.format_command("process_movies.py", home, "--all")
            self.view.print_command("Write the files of chosen movies with:", command)
        if answers:
            command = command_text.format_command("review.py", home, f"--undo {session}")
            self.view.print_command("Undo this sitting with:", command)


def _list_keys(shown: ShownQuestion) -> Iterator[tuple[str, str]]:
    """Yield the keys of a question with their meanings."""
    first, count = shown.group.first, len(shown.covers) or len(shown.candidates)
    if first.proposal:
        yield "a", "accept"
    if shown.alike:
        artists = {question.item for question in shown.alike}
        where = format_count(len(artists), "artist") if len(artists) > 1 else "this artist"
        yield "A", f"accept all {len(shown.alike):,} of {where}"
    if count:
        yield ("1" if count == 1 else f"1-{min(count, 9)}"), "choose"
    if first.field:
        yield "e", "edit"
    if first.is_choice:
        yield "s", "search"
    yield from (("l", "later"), ("n", "never"))
    if shown.has_answers:
        yield "u", "undo"
    yield from (("o", "open"), ("?", "help"), ("q", "quit"))
