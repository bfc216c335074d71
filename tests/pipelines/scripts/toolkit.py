"""Run and resume pipelines with the sample processors."""

from __future__ import annotations

from pathlib import Path

import click

from mediakeep.app.batch.output import NullOutput
from mediakeep.app.pipelines import run_session, sessions
from mediakeep.app.pipelines.run_session import RunOptions
from mediakeep.commands import app
from mediakeep.commands.console import ClickConsole
from mediakeep.pipelines import configuration, inputs


@app.create_command()
@click.option("--config", type=Path)
@click.option("--resume", "name", is_flag=False, flag_value="", default=None)
@click.option("--force", is_flag=True)
@click.option("--workers", default=2)
@click.option("--stall", default=600.0)
@click.option("--memory", default=0)
def main(
    home: Path,
    config: Path | None,
    name: str | None,
    *,
    force: bool,
    workers: int,
    stall: float,
    memory: int,
) -> int:
    """Run a pipeline, or resume a session."""
    if config:
        pipeline = configuration.load_file(config)
        found = inputs.find_inputs(pipeline.input, pipeline.output_dir)
        name = run_session.create_session(home, pipeline, found).id
    else:
        info = sessions.prepare_resume(home, name or "", force=force)
        name = info.id
        click.echo(f"Resuming session {name}, skipping {info.completed} completed files")
    click.echo(name)
    options = RunOptions(workers, stall, memory=memory)
    with run_session.prestart_workers(home, name, options) as early:
        return run_session.run_session(home, name, NullOutput(), ClickConsole(), options, early)


if __name__ == "__main__":
    main()
