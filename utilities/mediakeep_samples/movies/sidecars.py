"""The files that other programs leave next to a movie: NFOs, pictures, subtitles."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from mediakeep_samples.movies import video_files
from mediakeep_samples.movies.video_spec import VideoSpec
from mediakeep_simulator.tmdb import image_factory
from mediakeep_simulator.tmdb.model import CatalogueMovie

SUBTITLE_CONTENT = b"1\n00:00:01,000 --> 00:00:03,000\nIt was never lost.\n"
_XML_HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_POSTER_SIZE, _BACKDROP_SIZE = (1000, 1500), (1920, 1080)

_SCENE_TEXT = """\
   .-------------------------------------------.
   |  L A N T E R N   p r e s e n t s          |
   |  {title:<40} |
   |  Runtime : {runtime} min      <{title}>
   '-------------------------------------------'
       \xdb\xdb greets to all who keep their files \xdb\xdb
"""


def kodi_nfo(movie: CatalogueMovie, *, watched: bool = False) -> bytes:
    """Return an NFO like that of a Kodi export."""
    return _to_document(
        [
            *_common_elements(movie),
            *(_watched_elements() if watched else ()),
            *_people_elements(movie),
        ]
    )


def jellyfin_nfo(movie: CatalogueMovie, *, locked: bool = False) -> bytes:
    """Return an NFO like Jellyfin's: IDs in separate elements, and whether it is locked."""
    ids = [f"<tmdbid>{movie.id}</tmdbid>"]
    if movie.imdb_id:
        ids.insert(0, f"<imdbid>{movie.imdb_id}</imdbid>")
    lock = [f"<lockdata>{'true' if locked else 'false'}</lockdata>"]
    return _to_document(
        [*_common_elements(movie), *ids, *lock, "<isuserfavorite>false</isuserfavorite>"]
    )


def edited_nfo(movie: CatalogueMovie) -> bytes:
    """Return an NFO edited by a user: changed texts, comments and unknown elements."""
    own = [
        "<!-- the one that we saw in the open air -->",
        "<plot>My own words on this one. Do not touch.</plot>",
        *_watched_elements(),
        "<userrating>9</userrating>",
        "<tag>lent to Ottilie</tag>",
        '<shelfmark row="3">B-17</shelfmark>',
    ]
    common = [line for line in _common_elements(movie) if not line.startswith("<plot>")]
    return _to_document([*common, *own])


def scene_nfo(movie: CatalogueMovie) -> bytes:
    """Return the NFO of a release group: text art, not XML."""
    return _SCENE_TEXT.format(title=movie.title[:40], runtime=movie.runtime).encode(
        "cp437", "replace"
    )


def render_pictures(movie: CatalogueMovie, poster: str, fanart: str) -> dict[str, bytes]:
    """Render a poster and a fanart under the given names."""
    return {
        poster: image_factory.render_jpeg(f"poster {movie.id}", *_POSTER_SIZE),
        fanart: image_factory.render_jpeg(f"fanart {movie.id}", *_BACKDROP_SIZE),
    }


def render_extra(spec: VideoSpec, suffix: str) -> bytes:
    """Return the bytes of another video."""
    return video_files.render_video(spec, suffix)


def _to_document(lines: list[str]) -> bytes:
    body = "".join(f"  {line}\n" for line in lines)
    return f"{_XML_HEADER}\n<movie>\n{body}</movie>\n".encode()


def _common_elements(movie: CatalogueMovie) -> Iterator[str]:
    """Yield the elements that all of these programs write, in Kodi's order."""
    original = movie.original_title or movie.title
    yield from _repeat_element("title", movie.title)
    yield from _repeat_element("originaltitle", original)
    yield from _repeat_element("plot", movie.overview)
    yield from _repeat_element("tagline", movie.tagline)
    yield from _repeat_element("runtime", str(movie.runtime) if movie.runtime else "")
    yield f'<uniqueid type="tmdb" default="true">{movie.id}</uniqueid>'
    if movie.imdb_id:
        yield f'<uniqueid type="imdb">{movie.imdb_id}</uniqueid>'
    yield from _repeat_element("genre", *movie.genres)
    yield from _repeat_element(
        "director", *(person.name for person in movie.people if person.job == "Director")
    )
    yield from _repeat_element("premiered", movie.release_date)
    yield from _repeat_element("year", movie.release_date[:4])
    yield from _repeat_element("studio", *movie.studios)


def _people_elements(movie: CatalogueMovie) -> Iterator[str]:
    for place, person in enumerate(person for person in movie.people if not person.job):
        name, role = escape(person.name), escape(person.role)
        yield f"<actor><name>{name}</name><role>{role}</role><order>{place}</order></actor>"


def _watched_elements() -> tuple[str, ...]:
    return (
        "<playcount>2</playcount>",
        "<lastplayed>2021-03-14</lastplayed>",
        "<watched>true</watched>",
        "<resume><position>61.0</position><total>5400.0</total></resume>",
    )


def _repeat_element(name: str, *texts: str) -> Iterator[str]:
    return (f"<{name}>{escape(text)}</{name}>" for text in texts if text)
