"""NFO files of invented movies, as several programs write them."""

from __future__ import annotations

from mediakeep.media.nfo.model import NfoActor, NfoMovie, NfoRating, NfoSet, NfoStreams, NfoThumb
from mediakeep.media.video.model import AudioStream, SubtitleStream, VideoStream

PICTURE = "https://image.tmdb.org/t/p/original"

TIDE = NfoMovie(
    title="The Patient Tide",
    original_title="Die geduldige Flut",
    sort_title="Patient Tide, The",
    ratings=(NfoRating("themoviedb", 7.713, 1204),),
    plot="A keeper & her light.\n\nThen the sea <comes> back.",
    tagline="It waits.",
    runtime=101,
    thumbs=(NfoThumb(f"{PICTURE}/a.jpg", "poster", "https://image.tmdb.org/t/p/w500/a.jpg"),),
    fanart=(NfoThumb(f"{PICTURE}/f.jpg", preview="https://image.tmdb.org/t/p/w780/f.jpg"),),
    mpaa="Rated PG-13",
    ids={"tmdb": "900042", "imdb": "tt9900042"},
    genres=("Drama", "Adventure"),
    countries=("Germany",),
    collection=NfoSet("The Tide Collection", "Two films of one coast.", 900007),
    tags=("lighthouse", "sea"),
    credits=("Ilse Marquardt",),
    directors=("Ove Tannert",),
    premiered="2011-03-04",
    year=2011,
    studios=("Harbour Pictures",),
    trailer="plugin://plugin.video.youtube/?action=play_video&videoid=abc_DEF-123",
    streams=NfoStreams(
        (VideoStream("h264", 1920, 1080, 1.778, 6060.0, hdr="hdr10"),),
        (AudioStream("aac", "ger", 2), AudioStream("ac3", "eng", 6)),
        (SubtitleStream("ger"),),
    ),
    actors=(
        NfoActor("Runa Feddersen", 'Keeper "Lux"', 0, f"{PICTURE}/r.jpg"),
        NfoActor("Jan Holt", "", 1),
    ),
)

# As Kodi 18 exports it: many empty elements, and the playback state.
KODI = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<movie>
    <title>My own title</title>
    <originaltitle></originaltitle>
    <ratings>
        <rating name="imdb" default="true" max="10">
            <value>5.800000</value>
            <votes>1641</votes>
        </rating>
    </ratings>
    <userrating>9</userrating>
    <top250>240</top250>
    <outline></outline>
    <plot></plot>
    <mpaa></mpaa>
    <playcount>3</playcount>
    <lastplayed>2017-09-06 12:44:12</lastplayed>
    <id>tt9900042</id>
    <uniqueid default="true" type="imdb">tt9900042</uniqueid>
    <genre clear="true">Sea / Storm</genre>
    <myshelf row="3">left</myshelf> <!-- the blue one -->
    <year></year>
    <fileinfo>
        <streamdetails>
            <video>
                <codec>H264</codec>
                <durationinseconds>5311</durationinseconds>
            </video>
            <audio/>
            <subtitle/>
        </streamdetails>
    </fileinfo>
    <resume>
        <position>12.5</position>
        <total>5311</total>
    </resume>
    <dateadded>2019-07-05 17:35:08</dateadded>
</movie>
"""

# As Jellyfin saves it.
JELLYFIN = """\
\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>
<movie>
  <plot>Somebody's own words.</plot>
  <outline />
  <lockdata>false</lockdata>
  <dateadded>2024-02-03 10:00:00</dateadded>
  <title>The Patient Tide</title>
  <rating>7.7</rating>
  <year>2011</year>
  <imdbid>tt9900042</imdbid>
  <tmdbid>900042</tmdbid>
  <runtime>101</runtime>
  <genre>Drama</genre>
  <set tmdbcolid="900007">
    <name>The Tide Collection</name>
  </set>
  <art>
    <poster>/media/Tide/poster.jpg</poster>
  </art>
  <actor>
    <name>Runa Feddersen</name>
    <role>Keeper</role>
    <type>Actor</type>
    <sortorder>0</sortorder>
  </actor>
</movie>"""

# As MediaElch and others wrote it for Kodi 16.
OLD = """\
<movie>\r
\t<title>The Patient Tide</title>\r
\t<rating>7.7</rating>\r
\t<votes>1,204</votes>\r
\t<set>The Tide Collection</set>\r
\t<id>tt9900042</id>\r
\t<genre>Drama / Adventure</genre>\r
\t<watched>true</watched>\r
</movie>\r
https://www.themoviedb.org/movie/900042-the-patient-tide\r
"""

RELEASE = "\xb0\xb1\xb2 T H E   P A T I E N T   T I D E <3 \xdb\r\nhttp://www.imdb.com/title/tt9900042/\r\n"
