"""The wizard of audio_toolkit.py: it asks for a command and its parameters, and runs it.

1. The questions come from a table, see `questions`; all take `back`, `help`, `defaults`, `quit`.
2. The command that the answers make is run, and shown for the next time.
3. The answers can be saved as a preset or a pipeline.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mediakeep import command_text, path_text
from mediakeep.commands import app
from mediakeep.commands.console import prompt_text
from mediakeep.errors import MediakeepError, Stopped
from mediakeep.pipelines import presets, questions
from mediakeep.pipelines.questions import Question, ToolkitCommand

Answers = dict[str, Any]
_HINT = "Enter takes the value in brackets. Other answers: back, help, defaults, quit."
_RUN = {"run": "", "dry-run": "only show the steps", "no": "only show the command"}
_SAVE = {"no": "", "preset": "these parameters, for --preset", "pipeline": "a YAML file"}


def run_wizard(
    home: Path, commands: Mapping[str, ToolkitCommand], run: Callable[[list[str]], int]
) -> int:
    """Ask, run the command, and offer to save the answers; return the exit code of the command.

    `run` takes the words of a command.
    """
    known = presets.load_presets(home)
    click.echo(_HINT)

    def list_all(answers: Answers) -> Iterator[Question]:
        yield from questions.list_questions(commands, known, answers)
        if "command" in answers:
            yield Question("run", "Run it now", "Whether to run the command.", None, _RUN)

    answers = _ask(list_all)
    command = commands[answers["command"]]
    words = questions.build_words(command, answers, known)
    line = shlex.join(["audiotoolkit", *words])
    if Path(sys.argv[0]).name != "audiotoolkit":
        line = command_text.format_command(f"audio_toolkit.py {shlex.join(words)}")
    code = 0
    if answers["run"] != "no":
        code = run([*words, *(["--dry-run"] if answers["run"] == "dry-run" else [])])
    click.echo(f"To repeat it: {app.escape_controls(line)}")
    _save(home, command, answers)
    return code


def _save(home: Path, command: ToolkitCommand, answers: Answers) -> None:
    """Offer to save the answers; a name or path that cannot be used is asked for again."""
    while True:
        saved = _ask(_list_save_questions)
        if saved["save"] == "no":
            return
        values = questions.list_values(command, answers)
        try:
            if saved["save"] == "preset":
                path = presets.save_preset(home, saved["name"], command.processor, values)
            else:
                from mediakeep.app.pipelines.toolkit import FORMATS  # which imports much

                path = questions.save_pipeline(Path(saved["path"]), command, answers, FORMATS)
        except MediakeepError as error:
            app.print_message(str(error))
        else:
            click.echo(f"Saved: {path_text.display_path(path)}")
            return


def _list_save_questions(answers: Answers) -> Iterator[Question]:
    yield Question("save", "Save it", "As what to save the answers.", "no", _SAVE)
    if answers.get("save") == "preset":
        text = "Small letters, digits, - and _, such as lecture."
        yield Question("name", "Name", text, parse=presets.check_name)
    if answers.get("save") == "pipeline":
        yield Question("path", "File", "A new file for the pipeline.", "pipeline.yaml")


def _ask(list_all: Callable[[Answers], Iterator[Question]]) -> Answers:
    """Ask all questions; raise Stopped if the user quits."""
    answers: Answers = {}
    while question := _find_next(list_all, answers):
        if question.choices:
            _print_choices(question.choices)
        shown = "" if question.default is None else f" [{question.default or 'empty'}]"
        word = prompt_text(question.text + shown, default=question.default, show_default=False)
        match word.lower():
            case "back":
                answers and answers.popitem()
            case "help":
                click.echo(question.help)
            case "quit":
                raise Stopped
            case "defaults":
                while question and question.default is not None:
                    answers[question.name] = question.parse_answer(question.default)
                    question = _find_next(list_all, answers)
            case _:
                try:
                    answers[question.name] = question.parse_answer(word)
                except ValueError as error:
                    app.print_message(f"{error}\n{question.help}")
    return answers


def _find_next(
    list_all: Callable[[Answers], Iterator[Question]], answers: Answers
) -> Question | None:
    return next((one for one in list_all(answers) if one.name not in answers), None)


def _print_choices(choices: Mapping[str, str]) -> None:
    table = Table.grid(padding=(0, 2))
    for number, (name, meaning) in enumerate(choices.items(), 1):
        table.add_row(Text(f"  {number}"), Text(name, "bold"), Text(meaning))
    Console(highlight=False).print(table)
