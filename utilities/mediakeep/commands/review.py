"""Decide about pending reviews in the terminal, one question at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep.app.console import CommandResult
from mediakeep.commands import app, complete_names
from mediakeep.commands.options import write_options
from mediakeep.errors import Stopped, UsageError

if TYPE_CHECKING:  # importing it is slow, and --help must be quick
    from mediakeep.app.reviews.questions import QuestionOrder
    from mediakeep.policy import WritePolicy

_QUEUES = ["music", "movies"]


@app.create_command()
@click.argument(
    "queue", type=app.SuggestingChoice(_QUEUES), metavar="[music|movies]", required=False
)
@click.option(
    "--kind",
    default="",
    metavar="KIND",
    shell_complete=complete_names.complete_issue_kinds,
    help="Only questions of this kind of issue.",
)
@click.option(
    "--artist",
    default="",
    metavar="NAME",
    shell_complete=complete_names.complete_items("music"),
    help="Only questions on this artist.",
)
@click.option(
    "--damage-first/--most-first",
    default=True,
    help="Begin with damaged files, or with what one answer settles most.  [default: damage]",
)
@app.with_dry_run_option("List the questions in their order; ask nothing.")
@click.option(
    "--undo",
    metavar="SESSION",
    shell_complete=complete_names.complete_sittings,
    help='Undo all answers of a sitting; "last" is the last one.',
)
@write_options.with_write_options
def main(home: Path, **options: Any) -> int | CommandResult:
    """Decide about pending reviews: accept, edit, choose, later, never.

    Each answer is written before the next question, and can be undone. ? lists the keys.
    """
    undo, policy = options["undo"], write_options.parse_policy(options)
    if undo is not None:
        return _undo(home, policy, options)
    from mediakeep.app.reviews import review_session
    from mediakeep.app.reviews.sitting import SittingFilter
    from mediakeep.commands.display.key_reader import KeyReader
    from mediakeep.commands.display.question_view import QuestionView
    from mediakeep.commands.display.sitting_prompt import SittingPrompt

    view = QuestionView()
    order: QuestionOrder = "damage" if options["damage_first"] else "most"
    chosen = SittingFilter(options["queue"] or "", options["kind"], options["artist"], order)
    if options["dry_run"]:
        return view.print_questions(home, chosen)
    with review_session.open_session(home, policy, resume=True) as session:
        return SittingPrompt(session, chosen, view, KeyReader()).run()


def _undo(home: Path, policy: WritePolicy, options: dict[str, Any]) -> CommandResult:
    """Undo the answers of a session."""
    from mediakeep.app.edit import item_checkout
    from mediakeep.app.reviews import review_session, undo_answers
    from mediakeep.app.reviews.review_session import ReviewSession
    from mediakeep.runner.signals import StopHandler

    if any(options[name] for name in ("queue", "kind", "artist", "dry_run")):
        raise UsageError("--undo takes no other options.")
    label = item_checkout.new_session_id(review_session.COMMAND_NAME)
    with StopHandler() as stop:
        undone = undo_answers.undo_session(ReviewSession(home, label, policy), options["undo"])
    code = Stopped.exit_code if stop.requested else int(bool(undone.refused))
    return CommandResult([*undo_answers.format_undone(undone)], code=code)
