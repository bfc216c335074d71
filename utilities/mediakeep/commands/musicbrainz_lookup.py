"""Look up artists, albums, releases, missing albums, and covers at MusicBrainz."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep import files
from mediakeep.commands import services, shared
from mediakeep.errors import UsageFailed
from mediakeep.lookups.access import Access
from mediakeep.lookups.desk import Desk

if TYPE_CHECKING:  # imported when needed, as --help must be quick
    from mediakeep.commands.entries import Told

_TAKES = {  # arguments of each action
    "artist": ("NAME",),
    "album": ("ARTIST", "ALBUM"),
    "release": ("MBID",),
    "missing": ("ARTIST",),
    "cover": ("MBID",),
}
_OWN = {  # options that apply to some actions only
    "album": ("artist",),
    "all_types": ("missing",),
    "as_csv": ("missing",),
    "output": ("cover",),
    "size": ("cover",),
    "back": ("cover",),
    "force": ("cover",),
    "refresh": ("artist", "album", "release", "missing"),
}


@shared.command()
@click.argument("what", type=shared.Choice(list(_TAKES)), metavar="WHAT")
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
    "--output", type=shared.Place(), metavar="FILE", help="With cover: the file to write."
)
@click.option(
    "--size",
    type=shared.Choice(["250", "500", "1200", "full"]),
    metavar="WORD",
    help="With cover: pixels, 250, 500 or 1200, or full.  [default: full]",
)
@click.option("--back", is_flag=True, help="With cover: the back cover of a release.")
@click.option("--force", is_flag=True, help="With cover: replace FILE, and keep the old file.")
@click.option("--refresh", is_flag=True, help="Bypass the cache.")
@services.options
@shared.as_json
def main(home: Path, what: str, words: tuple[str, ...], as_json: bool, **options: Any) -> int:
    """Query MusicBrainz; WHAT is one of:

    \b
    artist NAME          an artist, with all albums
    album ARTIST ALBUM   an album, with all editions
    release MBID         a release, with all tracks
    missing ARTIST       missing albums of an artist: a name in the queue, or a folder
    cover MBID           download the cover of a release or an album to --output

    An MBID may be given instead of a name. Responses are cached.
    """
    _check(what, words, options)
    if options["as_csv"] and as_json:
        raise click.UsageError("Give --csv or --json, not both.")
    access = services.access(options, fresh=options["refresh"])
    output = _told(home, what, words, access, options)
    shared.show(output.lines, output.data, as_json=as_json)
    return output.code


def _check(what: str, words: tuple[str, ...], options: dict[str, Any]) -> None:
    """Reject options that cannot be combined."""
    for name, allowed in _OWN.items():
        if options[name] and what not in allowed:
            flag = "--csv" if name == "as_csv" else f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{flag} is for {allowed[0]}, not for {what}.")
    takes = _TAKES[what]
    if len(words) != len(takes):
        raise click.UsageError(
            f"Usage: {what} {' '.join(takes)} (quote names that contain spaces)."
        )
    if what == "cover" and not options["output"]:
        raise click.UsageError("Give the file to write: --output FILE.")


def _told(
    home: Path, what: str, words: tuple[str, ...], access: Access, options: dict[str, Any]
) -> Told:
    if what == "missing":
        from mediakeep.commands import gaps

        flags = {"all_types": options["all_types"], "as_csv": options["as_csv"]}
        return gaps.tell(home, words[0], access, **flags)
    from mediakeep.commands import entries

    with (
        contextlib.closing(Desk(home / "status" / "cache", access)) as context,
        entries.warned(context),
    ):
        if what == "cover":
            from mediakeep.commands import artwork

            request = artwork.Wanted(words[0], options["size"] or "full", options["back"])
            return artwork.fetch(context, request, options["output"], force=options["force"])
        with context.musicbrainz.afresh(access.fresh):
            output = _asked(context, what, [*map(_named, words)], [*map(_named, options["album"])])
        counts = {"requests": context.spent.requests, "hits": context.spent.hits}
        return output._replace(data=output.data | counts)


def _asked(context: Desk, what: str, names: list[str], titles: list[str]) -> Told:
    from mediakeep.commands import artists, editions

    if what == "artist":
        return artists.tell(context, names[0], titles)
    if what == "album":
        return editions.album(context, names[0], names[1])
    return editions.release(context, names[0])


def _named(text: str) -> str:
    """Return a normalized name; raise UsageError if it is invalid."""
    name = " ".join(text.split())
    if not name or not name.isprintable():
        raise UsageFailed(f'"{files.printable(files.escape(text))}" is not a valid name.')
    return name
