"""Serve the pages, the REST API and the metrics of a home, and manage its tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mediakeep import job_settings
from mediakeep.app.console import CommandResult
from mediakeep.commands import app
from mediakeep.commands.options import own_options
from mediakeep.errors import UsageError
from mediakeep.web.settings import WebSettings

_SCOPES = ("read", "decide", "jobs", "metrics")
_OPTIONS = own_options.build_options(WebSettings)


class ServeByDefault(app.MediakeepGroup):
    """A group whose command `serve` may be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add the name of the command if the first word is none."""
        args = app.put_command_first(args)
        if not args or (args[0] not in self.commands and args[0] not in _OWN_FLAGS):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


_OWN_FLAGS = ("--help", "-h", "--version")


@app.create_group(cls=ServeByDefault)
def main() -> None:
    """Serve pages, a REST API and metrics of a home; `serve` may be left out."""


@app.create_command()
@_OPTIONS["port"]
@_OPTIONS["host"]
def serve(home: Path, **options: Any) -> int:
    """Serve until Ctrl-C or SIGTERM; prints a link that logs a browser in, once."""
    try:
        # here, as --help must be quick, and it is an extra
        from mediakeep.app.lookups import home_access
        from mediakeep.web import server
        from mediakeep.web.web_home import WebHome
    except ImportError as error:
        raise UsageError(
            f"The web server is not installed ({error.name}). Run: pip install 'mediakeep[web]'"
        ) from error
    settings = job_settings.build_settings(WebSettings, home, options)
    server.run_server(WebHome(home, settings.web, home_access.read_access), _announce)
    return 0


def _announce(link: str) -> None:
    if not app.is_quiet():
        click.echo(f"Open this link to log in, once: {link}")


@app.create_group()
def tokens() -> None:
    """List, create and revoke the tokens with which programs log in."""


@app.create_command()
@app.with_json_option
def list_tokens(home: Path) -> CommandResult:
    """List the tokens, without their secrets."""
    from mediakeep.web.access import AccessStore

    grants = AccessStore(home).list_tokens()
    lines = [f"{grant.name}  {','.join(sorted(grant.scopes))}  {grant.created}" for grant in grants]
    return CommandResult(lines or ["No tokens."], grants)


@app.create_command(has_quiet=False)
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=app.SuggestingChoice(_SCOPES),
    multiple=True,
    default=("read",),
    help="What the token allows; can be repeated. Default: read.",
)
def create_token(home: Path, name: str, scopes: tuple[str, ...]) -> int:
    """Create a token, and print it: it is shown only now."""
    from mediakeep.web.access import AccessStore, Scope

    click.echo(AccessStore(home).create_token(name, map(Scope, scopes)))
    return 0


@app.create_command()
@click.argument("name")
def revoke_token(home: Path, name: str) -> CommandResult:
    """Revoke a token, and end the sessions that it began."""
    from mediakeep.web.access import AccessStore

    AccessStore(home).revoke_token(name)
    return CommandResult([f"Revoked: {name}"])


main.add_command(serve, "serve")
main.add_command(tokens, "tokens")
tokens.add_command(list_tokens, "list")
tokens.add_command(create_token, "create")
tokens.add_command(revoke_token, "revoke")
