"""Look up artists, albums, releases, missing albums, and covers at MusicBrainz."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep import path_text
from mediakeep.commands import app
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import musicbrainz_options
from mediakeep.errors import UsageError
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.service_config import ServiceConfig

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
@musicbrainz_options.with_lookup_options
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
    access = musicbrainz_options.parse_access(options, fresh=options["refresh"])
    return _look_up(home, what, words, access, options)


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


def _look_up(
    home: Path, what: str, words: tuple[str, ...], config: ServiceConfig, options: dict[str, Any]
) -> CommandResult:
    if what == "missing":
        from mediakeep.app.music import missing_albums

        flags = {"all_types": options["all_types"], "as_csv": options["as_csv"]}
        return missing_albums.show_missing(home, words[0], config, ClickConsole(), **flags)
    from mediakeep.app.music import musicbrainz_text

    with (
        contextlib.closing(MusicBrainzContext(home / "status" / "cache", config)) as context,
        musicbrainz_text.report_cache_warnings(context, ClickConsole()),
    ):
        if what == "cover":
            from mediakeep.app.music import cover_download

            request = cover_download.CoverRequest(
                words[0], options["size"] or "full", options["back"]
            )
            return cover_download.download_cover(
                context, request, options["output"], force=options["force"]
            )
        with context.musicbrainz.bypassing_cache(config.fresh):
            output = _look_up_entity(
                context, what, [*map(_check_name, words)], [*map(_check_name, options["album"])]
            )
        counts = {"requests": context.stats.requests, "hits": context.stats.hits}
        return replace(output, data=output.data | counts)


def _look_up_entity(
    context: MusicBrainzContext, what: str, names: list[str], titles: list[str]
) -> CommandResult:
    from mediakeep.app.music import artist_search, release_search

    if what == "artist":
        return artist_search.show_artist(context, names[0], titles)
    if what == "album":
        return release_search.show_album(context, names[0], names[1])
    return release_search.show_release(context, names[0])


def _check_name(text: str) -> str:
    """Return a normalized name; raise UsageError if it is invalid."""
    name = " ".join(text.split())
    if not name or not name.isprintable():
        raise UsageError(
            f'"{path_text.to_printable(path_text.escape_path(text))}" is not a valid name.'
        )
    return name
