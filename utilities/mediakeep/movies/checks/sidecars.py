"""Checks of what lies beside a movie: its NFO, its pictures, and what belongs to nothing."""

from __future__ import annotations

from mediakeep import files
from mediakeep.movies.account import Account, NfoState
from mediakeep.movies.checks import matching

POSTER, FANART, NFO = "poster", "fanart", "nfo"
_NARROWEST = 500  # pixels of a poster: below, it is blurred on a television


def missing_nfo(account: Account) -> str | None:
    """No NFO that a media centre can read; the detail says what lies there in its place."""
    nfo = account.nfo
    if nfo.state in (NfoState.READ, NfoState.LOCKED):
        return None
    if nfo.state is NfoState.NONE:
        return f"{matching.quoted(nfo.place)} is empty" if nfo.place else ""
    if nfo.state is NfoState.SCENE:
        return f"{matching.quoted(nfo.place)} is a note of its release, and no XML"
    why = files.printable(nfo.why).rstrip(".") or nfo.state.value
    return f"{matching.quoted(nfo.place)} is not read: {why}"


def missing_poster(account: Account) -> str | None:
    """No poster lies beside it, or in its folder."""
    return _lacking(account, POSTER)


def missing_fanart(account: Account) -> str | None:
    """No fanart lies beside it, or in its folder."""
    return _lacking(account, FANART)


def missing_plot(account: Account) -> str | None:
    """Its NFO has no plot."""
    details = account.nfo.details
    return "" if details is not None and not details.plot.strip() else None


def corrupt_image(account: Account) -> dict[str, str]:
    """A picture file whose bytes are none, or not a whole one."""
    return {
        one.place: one.trouble or "its bytes are no picture"
        for one in account.local.images
        if one.trouble or not one.mime
    }


def small_poster(account: Account) -> dict[str, str]:
    """A poster of few pixels."""
    return {
        one.place: f"{one.width} x {one.height} pixels"
        for one in account.local.images
        if one.role == POSTER and one.mime and not one.trouble and 0 < one.width < _NARROWEST
    }


def orphan_sidecar(account: Account) -> dict[str, str]:
    """A sidecar in its folder that fits no video there."""
    return dict.fromkeys(account.local.orphans, "")


def name_not_parsed(account: Account) -> str | None:
    """Neither the name of the file nor that of the folder tells a title, and nothing else does."""
    return None if account.local.name.title or account.is_certain else ""


def _lacking(account: Account, role: str) -> str | None:
    return None if any(one.role == role for one in account.local.images) else ""
