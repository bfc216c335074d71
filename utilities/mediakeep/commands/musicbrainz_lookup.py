"""Look up artists, albums, releases, missing albums, and covers at MusicBrainz."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep.commands import app
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import lookup_options

if TYPE_CHECKING:  # imported when needed, as --help must be quick
    from mediakeep.app.console import CommandResult

_ARGUMENTS = {  # arguments of each action
    "artist": ("NAME",),
    "album": ("ARTIST", "ALBUM"),
    "release": ("MBID",),
    "missing": ("ARTIST",),
    "cover": ("MBID",),
}
_OPTION_ACTIONS = {  # options that apply to some actions only
    "album": ("artist",),
    "all_types": ("missing",),
    "as_csv": ("missing",),
    "output": ("cover",),
    "size": ("cover",),
    "back": ("cover",),
    "force": ("cover",),
    "refresh": ("artist", "album", "release", "missing"),
}


@app.create_command()
@click.argument("what", type=app.SuggestingChoice(list(_ARGUMENTS)), metavar="WHAT")
@click.argument("words", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--album", multiple=True, metavar="TITLE", help="With artist: one of their albums; repeatable."
)
@click.option(
    "--all-types",
    is_flag=True,
    help="With missing: include singles, live albums and all other types.",
)
@click.option("--csv", "as_csv", is_flag=True, help="With missing: print CSV for spreadsheets.")
@click.option(
    "--output", type=app.PathParam(), metavar="FILE", help="With cover: the file to write."
)
@click.option(
    "--size",
    type=app.SuggestingChoice(["250", "500", "1200", "full"]),
    metavar="WORD",
    help="With cover: pixels, 250, 500 or 1200, or full.  [default: full]",
)
@click.option("--back", is_flag=True, help="With cover: the back cover of a release.")
@click.option("--force", is_flag=True, help="With cover: replace FILE, and keep the old file.")
@click.option("--refresh", is_flag=True, help="Bypass the cache.")
@lookup_options.with_lookup_options
@app.with_json_option
def main(home: Path, what: str, words: tuple[str, ...], **options: Any) -> CommandResult:
    """Query MusicBrainz; WHAT is one of:

    \b
    artist NAME          an artist, with all albums
    album ARTIST ALBUM   an album, with all editions
    release MBID         a release, with all tracks
    missing ARTIST       missing albums: an artist in the queue, or a folder
    cover MBID           download the cover of a release or an album to --output

    An MBID may be given instead of a name. Responses are cached.
    """
    _check_options(what, words, options)
    if options["as_csv"] and app.is_json():
        raise click.UsageError("Give --csv or --json, not both.")
    access = lookup_options.parse_access(options, fresh=options["refresh"])
    if what == "missing":
        from mediakeep.app.music import missing_albums

        flags = {name: options[name] for name in ("all_types", "as_csv")}
        return missing_albums.show_missing(home, words[0], access, ClickConsole(), **flags)
    from mediakeep.app.music import entity_lookup

    request = entity_lookup.LookupRequest(
        what,
        words,
        options["album"],
        options["output"],
        options["size"] or "full",
        options["back"],
        options["force"],
    )
    return entity_lookup.look_up(home, request, access, ClickConsole())


def _check_options(what: str, words: tuple[str, ...], options: dict[str, Any]) -> None:
    """Reject options that cannot be combined."""
    for name, allowed in _OPTION_ACTIONS.items():
        if options[name] and what not in allowed:
            flag = "--csv" if name == "as_csv" else f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{flag} is for {allowed[0]}, not for {what}.")
    takes = _ARGUMENTS[what]
    if len(words) != len(takes):
        raise click.UsageError(
            f"Usage: {what} {' '.join(takes)} (quote names that contain spaces)."
        )
    if what == "cover" and not options["output"]:
        raise click.UsageError("Give the file to write: --output FILE.")
