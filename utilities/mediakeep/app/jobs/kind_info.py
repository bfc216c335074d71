"""What a form or a program needs to know about a kind: its stages, options and actions."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from mediakeep.app.jobs import command_words
from mediakeep.app.queue_admin.item_actions import ACTIONS
from mediakeep.kinds import Kind


class OptionInfo(msgspec.Struct, frozen=True):
    """An option of a kind's command."""

    name: str
    help: str
    values: str
    default: Any
    choices: tuple[str, ...] = ()


class KindInfo(msgspec.Struct, frozen=True):
    """A kind of queue: its nouns, stages, options and actions.

    `has_jobs` is True if its items can be started as jobs. `examples` are sources to type, if
    those are texts and not files.
    """

    name: str
    noun: str
    plural: str
    stages: list[str]
    options: list[OptionInfo]
    actions: list[str]
    examples: tuple[str, ...]
    has_jobs: bool


def describe_kind(kind: Kind) -> KindInfo:
    """Return what is known about a kind."""
    options = [
        OptionInfo(
            field.name,
            field.help,
            field.describe_values(),
            None if field.default is UNSET else msgspec.to_builtins(field.default),
            tuple(map(str, field.choices)),
        )
        for field in command_words.list_options(kind)
    ]
    stages = [stage.name for stage in kind.stages.stages]
    return KindInfo(
        name=kind.name,
        noun=kind.noun,
        plural=kind.plural,
        stages=stages,
        options=options,
        actions=list(ACTIONS),
        examples=kind.item_examples,
        has_jobs=can_start(kind),
    )


def can_start(kind: Kind) -> bool:
    """Return whether the command of a kind adds jobs; those with stages of a file have others."""
    return bool(kind.stages) and not kind.stores_stages
