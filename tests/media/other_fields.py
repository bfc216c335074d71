"""The names that other readers show for the fields that MusicBrainz knows, in lower case.

Most show what the file itself has for a name. A dot stands for what lies between the words: a
space, a hyphen, an underscore or nothing.
"""

from __future__ import annotations

import re

_SHOWN = """
artists:artists
originaldate:originaldate tdor original.released.date
artistsort:artistsort artist.sort sort.artist performer.sort
albumartistsort:albumartistsort tso2 sort.album.artist album.performer.sort
composersort:composersort tsoc sort.composer composer.sort
label:label publisher
catalognumber:catalognumber
barcode:barcode
releasecountry:releasecountry musicbrainz.album.release.country
media:media tmed media.type
releasetype:releasetype musicbrainz.album.type
releasestatus:releasestatus musicbrainz.album.status
isrc:isrc tsrc
lyricist:lyricist text
conductor:conductor
remixer:remixer tpe4 remixedby
discsubtitle:discsubtitle tsst set.subtitle
compilation:compilation
acoustid_id:acoustid.id
musicbrainz_discid:musicbrainz.discid musicbrainz.disc.id
musicbrainz_recordingid:musicbrainz.trackid musicbrainz.track.id
musicbrainz_trackid:musicbrainz.releasetrackid musicbrainz.release.track.id
musicbrainz_albumid:musicbrainz.albumid musicbrainz.album.id
musicbrainz_releasegroupid:musicbrainz.releasegroupid musicbrainz.release.group.id
musicbrainz_artistid:musicbrainz.artistid musicbrainz.artist.id
musicbrainz_albumartistid:musicbrainz.albumartistid musicbrainz.album.artist.id
"""
_FIELDS = {
    name: field
    for field, names in (row.split(":") for row in _SHOWN.split("\n") if row)
    for name in names.split()
}

# The names of mediafile's attributes.
MEDIAFILE = {
    "artists": "artists",
    "original_date": "originaldate",
    "artist_sort": "artistsort",
    "albumartist_sort": "albumartistsort",
    "composer_sort": "composersort",
    "label": "label",
    "catalognum": "catalognumber",
    "barcode": "barcode",
    "country": "releasecountry",
    "media": "media",
    "albumtypes": "releasetype",
    "albumstatus": "releasestatus",
    "isrc": "isrc",
    "lyricists": "lyricist",
    "remixers": "remixer",
    "disctitle": "discsubtitle",
    "comp": "compilation",
    "acoustid_id": "acoustid_id",
    "mb_trackid": "musicbrainz_recordingid",
    "mb_releasetrackid": "musicbrainz_trackid",
    "mb_albumid": "musicbrainz_albumid",
    "mb_releasegroupid": "musicbrainz_releasegroupid",
    "mb_artistids": "musicbrainz_artistid",
    "mb_albumartistids": "musicbrainz_albumartistid",
}


def field(shown: str) -> str | None:
    """Return our name of a field that a reader shows under its own, None where it is another."""
    return _FIELDS.get(re.sub("[ _-]", ".", shown.lower()))
