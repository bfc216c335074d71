"""Look-ups at MusicBrainz by hand: artists, albums, releases, what is missing, and covers."""

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

if TYPE_CHECKING:  # each part is loaded when it is asked for: --help must be quick
    from mediakeep.commands.entries import Told

_TAKES = {  # what stands behind each word
    "artist": ("NAME",),
    "album": ("ARTIST", "ALBUM"),
    "release": ("MBID",),
    "missing": ("ARTIST",),
    "cover": ("MBID",),
}
_OWN = {  # options that go with some words only
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
    "--album", multiple=True, metavar="TITLE", help="With artist: an album of theirs; repeatable."
)
@click.option("--all-types", is_flag=True, help="With missing: singles, live albums and all else.")
@click.option("--csv", "as_csv", is_flag=True, help="With missing: print a table for spreadsheets.")
@click.option(
    "--output", type=shared.Place(), metavar="FILE", help="With cover: the file to be written."
)
@click.option(
    "--size",
    type=shared.Choice(["250", "500", "1200", "full"]),
    metavar="WORD",
    help="With cover: pixels, 250, 500 or 1200, or full.  [default: full]",
)
@click.option("--back", is_flag=True, help="With cover: the back cover of a release.")
@click.option("--force", is_flag=True, help="With cover: replace FILE, and keep the old one.")
@click.option("--refresh", is_flag=True, help="Ask anew what was answered before.")
@services.options
@shared.as_json
def main(home: Path, what: str, words: tuple[str, ...], as_json: bool, **given: Any) -> int:
    """Ask MusicBrainz; WHAT is one of:

    \b
    artist NAME          who bears a name, and what they released
    album ARTIST ALBUM   an album, with all editions
    release MBID         a release, with all tracks
    missing ARTIST       what is missing here: a name in the queue, or a folder
    cover MBID           fetch the cover of a release or an album to --output

    In place of a name an MBID may be given. What was answered once is not asked again.
    """
    _check(what, words, given)
    if given["as_csv"] and as_json:
        raise click.UsageError("Give --csv or --json, not both.")
    access = services.access(given, fresh=given["refresh"])
    told = _told(home, what, words, access, given)
    shared.show(told.lines, told.data, as_json=as_json)
    return told.code


def _check(what: str, words: tuple[str, ...], given: dict[str, Any]) -> None:
    """Refuse what does not go together."""
    for name, allowed in _OWN.items():
        if given[name] and what not in allowed:
            flag = "--csv" if name == "as_csv" else f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{flag} does not go with {what}, but with {allowed[0]}.")
    takes = _TAKES[what]
    if len(words) != len(takes):
        raise click.UsageError(
            f"It reads: {what} {' '.join(takes)}. Put quotes around a name of several words."
        )
    if what == "cover" and not given["output"]:
        raise click.UsageError("Give the file to be written: --output FILE.")


def _told(
    home: Path, what: str, words: tuple[str, ...], access: Access, given: dict[str, Any]
) -> Told:
    if what == "missing":
        from mediakeep.commands import gaps

        ways = {"all_types": given["all_types"], "as_csv": given["as_csv"]}
        return gaps.tell(home, words[0], access, **ways)
    from mediakeep.commands import entries

    with contextlib.closing(Desk(home / "status" / "cache", access)) as desk, entries.warned(desk):
        if what == "cover":
            from mediakeep.commands import artwork

            wanted = artwork.Wanted(words[0], given["size"] or "full", given["back"])
            return artwork.fetch(desk, wanted, given["output"], force=given["force"])
        with desk.musicbrainz.afresh(access.fresh):
            told = _asked(desk, what, [*map(_named, words)], [*map(_named, given["album"])])
        counts = {"requests": desk.spent.requests, "hits": desk.spent.hits}
        return told._replace(data=told.data | counts)


def _asked(desk: Desk, what: str, names: list[str], titles: list[str]) -> Told:
    from mediakeep.commands import artists, editions

    if what == "artist":
        return artists.tell(desk, names[0], titles)
    if what == "album":
        return editions.album(desk, names[0], names[1])
    return editions.release(desk, names[0])


def _named(text: str) -> str:
    """Return a name as it can be asked for; UsageFailed where it is none."""
    name = " ".join(text.split())
    if not name or not name.isprintable():
        raise UsageFailed(f'"{files.printable(files.escape(text))}" is no name.')
    return name
