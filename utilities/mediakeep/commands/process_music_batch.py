"""The main job: take artists from the music queue, read and diagnose them, write their reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep import kinds
from mediakeep.commands import deep, planned, policies, services, shared, terms
from mediakeep.media import ignoring
from mediakeep.runner import early


@shared.command()
@services.options
@terms.options()
@policies.fixing
@planned.options
@deep.option
@services.refreshing
@services.estimating
@click.option("--artist", metavar="NAME", help="Only this artist, whatever its status.")
def main(home: Path, artist: str | None, apply_plan: Path | None, **given: Any) -> int:
    """Process the next artists of the music queue: read, diagnose, repair, report.

    Can be stopped (Ctrl-C) or killed at any moment; run it again and it goes on.
    """
    policy = policies.policy(given)
    if apply_plan:
        return planned.apply(home, apply_plan, policy, {**given, "artist": artist})
    access = services.access(given, fresh=terms.fresh(kinds.MUSIC, artist, given))
    ignored = ignoring.patterns(given["ignore"])
    request = terms.Request(
        kinds.MUSIC, artist, access, policy, native=given["deep"], ignored=ignored
    )
    ask = terms.asked(home, request, given)
    deep.check(ask.deep)
    if given["estimate"]:
        from mediakeep.commands import estimates

        return estimates.show(ask)
    with early.hands(ask.opening(), ask.early) as hands:
        from mediakeep.commands import batches  # while the workers import what they need

        return batches.run(ask, hands)
