"""The main job for music: read, diagnose and repair artists of the queue, and report."""

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
@click.option("--artist", metavar="NAME", help="Only this artist, regardless of its status.")
def main(home: Path, artist: str | None, apply_plan: Path | None, **options: Any) -> int:
    """Process the next artists of the music queue: read, diagnose, repair, report.

    Can be stopped (Ctrl-C) or killed at any time; run it again to continue.
    """
    policy = policies.policy(options)
    if apply_plan:
        return planned.apply(home, apply_plan, policy, {**options, "artist": artist})
    access = services.access(options, fresh=terms.fresh(kinds.MUSIC, artist, options))
    ignored = ignoring.patterns(options["ignore"])
    request = terms.Request(
        kinds.MUSIC, artist, access, policy, native=options["deep"], ignored=ignored
    )
    batch = terms.asked(home, request, options)
    deep.check(batch.deep)
    if options["estimate"]:
        from mediakeep.commands import estimates

        return estimates.show(batch)
    with early.hands(batch.opening(), batch.early) as workers:
        from mediakeep.commands import batches  # while the workers import what they need

        return batches.run(batch, workers)
