"""Process the next transfers of the queue."""

import click

from mediakeep.commands import job_command
from tests.reference.transfer import KIND

main = job_command.build_command(
    KIND,
    (
        click.option("--refuse", is_flag=True, help="Let the service refuse all files."),
        click.option("--then", default="sending", hidden=True, help="The stage after the first."),
    ),
)

if __name__ == "__main__":
    main()
