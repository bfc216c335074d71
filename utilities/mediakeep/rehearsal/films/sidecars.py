"""The files that other programs leave next to a movie: NFOs, pictures, subtitles."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from mediakeep.rehearsal.films import clips, prints
from mediakeep.rehearsal.films.clip import Clip
from mediakeep.rehearsal.films.film import Film

SUBTITLES = b"1\n00:00:01,000 --> 00:00:03,000\nIt was never lost.\n"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_POSTER, _BACKDROP = (1000, 1500), (1920, 1080)

_SCENE = """\
   .-------------------------------------------.
   |  L A N T E R N   p r e s e n t s          |
   |  {title:<40} |
   |  Runtime : {runtime} min      <{title}>
   '-------------------------------------------'
       \xdb\xdb greets to all who keep their files \xdb\xdb
"""


def of_kodi(film: Film, *, watched: bool = False) -> bytes:
    """Return an NFO like that of a Kodi export."""
    return _document([*_told(film), *(_seen() if watched else ()), *_people(film)])


def of_jellyfin(film: Film, *, locked: bool = False) -> bytes:
    """Return an NFO like Jellyfin's: IDs in separate elements, and whether it is locked."""
    ids = [f"<tmdbid>{film.id}</tmdbid>"]
    if film.imdb_id:
        ids.insert(0, f"<imdbid>{film.imdb_id}</imdbid>")
    told = [f"<lockdata>{'true' if locked else 'false'}</lockdata>"]
    return _document([*_told(film), *ids, *told, "<isuserfavorite>false</isuserfavorite>"])


def edited(film: Film) -> bytes:
    """Return an NFO edited by a user: changed texts, comments and unknown elements."""
    own = [
        "<!-- the one that we saw in the open air -->",
        "<plot>My own words on this one. Do not touch.</plot>",
        *_seen(),
        "<userrating>9</userrating>",
        "<tag>lent to Ottilie</tag>",
        '<shelfmark row="3">B-17</shelfmark>',
    ]
    told = [line for line in _told(film) if not line.startswith("<plot>")]
    return _document([*told, *own])


def scene(film: Film) -> bytes:
    """Return the NFO of a release group: text art, not XML."""
    return _SCENE.format(title=film.title[:40], runtime=film.runtime).encode("cp437", "replace")


def pictures(film: Film, poster: str, fanart: str) -> dict[str, bytes]:
    """Render a poster and a fanart under the given names."""
    return {
        poster: prints.jpeg(f"poster {film.id}", *_POSTER),
        fanart: prints.jpeg(f"fanart {film.id}", *_BACKDROP),
    }


def video(clip: Clip, suffix: str) -> bytes:
    """Return the bytes of another video."""
    return clips.content(clip, suffix)


def _document(lines: list[str]) -> bytes:
    body = "".join(f"  {line}\n" for line in lines)
    return f"{_HEAD}\n<movie>\n{body}</movie>\n".encode()


def _told(film: Film) -> Iterator[str]:
    """Yield the elements that all of these programs write, in Kodi's order."""
    original = film.original_title or film.title
    yield from _each("title", film.title)
    yield from _each("originaltitle", original)
    yield from _each("plot", film.overview)
    yield from _each("tagline", film.tagline)
    yield from _each("runtime", str(film.runtime) if film.runtime else "")
    yield f'<uniqueid type="tmdb" default="true">{film.id}</uniqueid>'
    if film.imdb_id:
        yield f'<uniqueid type="imdb">{film.imdb_id}</uniqueid>'
    yield from _each("genre", *film.genres)
    yield from _each("director", *(one.name for one in film.people if one.job == "Director"))
    yield from _each("premiered", film.release_date)
    yield from _each("year", film.release_date[:4])
    yield from _each("studio", *film.studios)


def _people(film: Film) -> Iterator[str]:
    for place, one in enumerate(one for one in film.people if not one.job):
        name, role = escape(one.name), escape(one.role)
        yield f"<actor><name>{name}</name><role>{role}</role><order>{place}</order></actor>"


def _seen() -> tuple[str, ...]:
    return (
        "<playcount>2</playcount>",
        "<lastplayed>2021-03-14</lastplayed>",
        "<watched>true</watched>",
        "<resume><position>61.0</position><total>5400.0</total></resume>",
    )


def _each(name: str, *texts: str) -> Iterator[str]:
    return (f"<{name}>{escape(text)}</{name}>" for text in texts if text)
