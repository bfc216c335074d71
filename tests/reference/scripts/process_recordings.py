"""Process the next recordings of the queue."""

import click

from mediakeep.commands import app, job_command
from tests.reference.recording import KIND

main = job_command.build_command(
    KIND,
    (
        click.option("--output", type=app.PathParam(), help="Where recordings are published."),
        click.option("--working", type=app.PathParam(), help="Where they are converted."),
        click.option("--publish-after", type=app.DurationParam(), default="0", help="The wait."),
        click.option("--delete-original", is_flag=True, help="Delete the original at the end."),
        click.option("--keep-working", is_flag=True, help="Keep the working copy at the end."),
    ),
)

if __name__ == "__main__":
    main()
