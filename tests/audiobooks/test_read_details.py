"""Details and covers come from options, metadata files, tags, and folder names, in this order."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import msgspec
import mutagen
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import pytest

from mediakeep.audiobooks.details import detail_files, read_details
from mediakeep.audiobooks.details.book_tags import BookDetails
from mediakeep.audiobooks.details.read_details import FoundDetails
from mediakeep.audiobooks.sources.source_order import SourceFile
from mediakeep.errors import UsageError
from mediakeep.media import ignore_rules
from tests.audiobooks import books
from tests.media import drawn_pictures
from tests.media.encoding import sounds
from tests.sampling import each_row

PNG = drawn_pictures.draw_picture("image/png", (9, 99, 9, 255))
JPEG = drawn_pictures.draw_picture("image/jpeg", (99, 9, 9, 255))

OLD_JSON = """{"tags": [], "metadata": {"title": "Foundation &amp; Empire", "subtitle": null,
 "authors": [{"id": "au_1", "name": "Isaac Asimov"}], "narrators": ["Scott Brick"],
 "series": [{"name": "Foundation", "sequence": "2"}], "publishedYear": 1952,
 "description": "<p>One</p><p>Two</p>"}}"""
NEW_JSON = """{"title": "Foundation & Empire", "authors": ["Isaac Asimov"],
 "narrators": ["Scott Brick"], "series": ["Foundation #2", "Other"], "publishedYear": "1952",
 "description": "One\\n\\nTwo", "chapters": []}"""
CALIBRE = """<?xml version='1.0' encoding='utf-8'?>
<package xmlns="http://www.idpf.org/2007/opf" unique-identifier="uuid_id" version="2.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">
<dc:title>Foundation &amp; Empire</dc:title>
<dc:creator opf:file-as="Asimov, Isaac" opf:role="aut">Isaac Asimov</dc:creator>
<dc:contributor opf:role="nrt">Scott Brick</dc:contributor>
<dc:contributor opf:role="bkp">calibre (7.0) [https://calibre-ebook.com]</dc:contributor>
<dc:date>1952-01-01T00:00:00+00:00</dc:date>
<dc:description>&lt;div&gt;&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two&lt;/p&gt;&lt;/div&gt;</dc:description>
<meta name="calibre:series" content="Foundation"/>
<meta name="calibre:series_index" content="2.0"/>
</metadata></package>"""
EPUB3 = """<!DOCTYPE package><opf:package xmlns:opf="http://www.idpf.org/2007/opf" version="3.0">
<opf:metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>Foundation &#38; Empire</dc:title>
<dc:creator id="a">Isaac Asimov</dc:creator><dc:creator id="n">Scott Brick</dc:creator>
<opf:meta refines="#n" property="role" scheme="marc:relators">nrt</opf:meta>
<opf:meta name="calibre:series" content="Foundation"/>
<opf:meta name="calibre:series_index" content="2"/>
<dc:date>1952</dc:date><dc:description>One\n\nTwo</dc:description></opf:metadata></opf:package>"""
EXPECTED = {
    "title": "Foundation & Empire",
    "author": "Isaac Asimov",
    "narrator": "Scott Brick",
    "series": "Foundation",
    "part": "2",
    "year": "1952",
    "description": "One\n\nTwo",
}


@each_row(
    ("name", "content"),
    [
        ("metadata.json", OLD_JSON),
        ("metadata.json", "\ufeff" + NEW_JSON),
        ("metadata.opf", CALIBRE),
        ("book.OPF", EPUB3),
    ],
)
def test_metadata_files_are_read(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    found = detail_files.read_detail_file(tmp_path / name)
    others = {"more_series": "Other"} if "Other" in content else {}
    assert found == EXPECTED | others


# As audiobookshelf writes it (getAbsMetadataJson), and an OPF with all that its parser reads.
SHELF_JSON = """{"tags": ["Owned"], "chapters": [], "title": "Empire", "subtitle": "A Novel",
 "authors": ["Isaac Asimov"], "narrators": [], "series": ["Foundation #2", "Robots"],
 "genres": ["Science Fiction", "Classics"], "publishedYear": "1952", "publishedDate": null,
 "publisher": "Gnome Press", "description": "if x<y and y>z, <i>then</i> a<b and c>d",
 "isbn": "9780553293371", "asin": "B004JN1CPG", "language": "English", "explicit": true,
 "abridged": true}"""
SHELF_OPF = """<?xml version='1.0'?><ns0:package xmlns:ns0="http://www.idpf.org/2007/opf">
<ns0:metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Empire</dc:title>
<dc:subtitle>A Novel</dc:subtitle><dc:creator ns0:role="aut">Isaac Asimov</dc:creator>
<dc:creator xmlns:ns1="http://www.idpf.org/2007/opf" ns1:role="nrt">Scott Brick</dc:creator>
<dc:identifier ns0:scheme="ISBN">9780553293371</dc:identifier>
<dc:identifier ns0:scheme="ASIN">B004JN1CPG</dc:identifier>
<dc:publisher>Gnome Press</dc:publisher><dc:language>en</dc:language><dc:date>1952</dc:date>
<dc:subject>Science Fiction</dc:subject><dc:subject>Classics</dc:subject><dc:tag>Owned</dc:tag>
<ns0:meta name="calibre:series" content="Foundation"/>
<ns0:meta name="calibre:series_index" content="2"/>
<ns0:meta name="calibre:series" content="Robots"/>
<ns0:meta name="calibre:series_index" content="4.5"/></ns0:metadata></ns0:package>"""
SHELF = {
    "title": "Empire",
    "author": "Isaac Asimov",
    "series": "Foundation",
    "part": "2",
    "year": "1952",
    "genre": "Science Fiction; Classics",
    "subtitle": "A Novel",
    "publisher": "Gnome Press",
    "isbn": "9780553293371",
    "asin": "B004JN1CPG",
}


@each_row(
    ("name", "content", "others"),
    [
        (
            "metadata.json",
            SHELF_JSON,
            {
                "more_series": "Robots",
                "language": "English",
                "advisory": "1",
                "description": "if x<y and y>z, then a<b and c>d",
                "not carried": "tags, abridged",
            },
        ),
        (
            "metadata.opf",
            SHELF_OPF,
            {
                "more_series": "Robots #4.5",
                "narrator": "Scott Brick",
                "language": "en",
                "not carried": "tags",
            },
        ),
    ],
)
def test_all_details_of_audiobookshelf_are_read(
    tmp_path: Path, name: str, content: str, others: dict[str, str]
) -> None:
    (tmp_path / name).write_text(content)
    assert detail_files.read_detail_file(tmp_path / name) == SHELF | others
    lost = others["not carried"]
    warning = f"{name}: {lost} not carried: no tag of an M4B has them."
    assert read(tmp_path).warnings == (warning,)


# Examples of the tests of audiobookshelf's parser.
@each_row(
    ("metas", "expected"),
    [
        ("Serie|1", ["Serie #1"]),
        ("Serie 1|1 Serie 2|2 Serie 3|3", ["Serie 1 #1", "Serie 2 #2", "Serie 3 #3"]),
        ("Serie 1|1 |2 |3 Serie 3|", ["Serie 1 #1", "Serie 3"]),
        ("Serie 1| Serie 2|abc Serie 3|", ["Serie 1", "Serie 2 #abc", "Serie 3"]),
        ("| ", []),
        ("Serie 1| other|1", ["Serie 1 #1"]),
    ],
)
def test_the_series_of_an_opf_are_read(metas: str, expected: list[str]) -> None:
    listed = []
    for name, number in re.findall(r"((?:Serie(?: \d)?|other)?)\|(\w*)", metas):
        if name == "other":
            listed.append('<meta name="calibre:title_sort" content="Test Title"/>')
        elif name:
            listed.append(f'<meta name="calibre:series" content="{name}"/>')
        if number:
            listed.append(f'<meta name="calibre:series_index" content="{number}"/>')
    found = detail_files.parse_opf(f"<package><metadata>{''.join(listed)}</metadata></package>")
    first = f"{found['series']} #{found['part']}" if found["part"] else found["series"]
    more = found["more_series"].split("; ")
    assert [text for text in (first, *more) if text] == expected


BOMB = """<?xml version="1.0"?><!DOCTYPE package [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;">]>
<package><metadata><dc:title>&b;</dc:title></metadata></package>"""


@each_row(
    ("name", "content", "cause"),
    [
        ("metadata.json", b"{", "it is not JSON"),
        ("metadata.json", b"[" * 100_000, "it is not JSON"),
        ("metadata.json", b"[1]", "it is not a JSON object"),
        ("metadata.opf", b"<html></html>", "it is not an OPF package"),
        ("metadata.opf", b"<package><metadata>", "line 1 is not XML (no element found)"),
        ("metadata.opf", BOMB.encode(), "line 1 is not XML (undefined entity)"),
        ("desc.txt", b"x" * (4 * 1024 * 1024 + 1), "it is larger than 4 MB"),
    ],
)
def test_unusable_metadata_files_are_named(
    tmp_path: Path, name: str, content: bytes, cause: str
) -> None:
    (tmp_path / name).write_bytes(content)
    found = read(tmp_path)
    assert found.warnings == (f"{tmp_path / name} not used: {cause}. Correct or remove it.",)
    assert found.details.title == tmp_path.name


@each_row(
    ("content", "expected"),
    [
        ({"authors": None, "title": 5, "series": [], "publishedYear": "c. 1950"}, {"title": "5"}),
        ({"authors": ["A", " A ", "", "B"], "title": True}, {"author": "A, B"}),
        ({"series": "Foundation #1.5"}, {"series": "Foundation", "part": "1.5"}),
        ({"series": "Agent #X Files"}, {"series": "Agent #X Files"}),
        ({"metadata": [1], "author": "A\x07B\nC"}, {"author": "AB C"}),
    ],
)
def test_unusual_json_is_read(content: object, expected: dict[str, str]) -> None:
    text = msgspec.json.encode(content).decode()
    assert detail_files.clean_details(detail_files.parse_json(text)) == expected


@each_row(
    ("html", "expected"),
    [
        ("plain\n\n\n\ntext & <3, a < b", "plain\n\ntext & <3, a < b"),
        ("a<br>b<br/>c &amp; d&nbsp;e", "a\nb\nc & d e"),
        ("<p>One\n two</p>\n<p>Three</p>", "One two\n\nThree"),
        ("&lt;b&gt;One&lt;/b&gt; &amp;amp; two", "One & two"),
        ("x<y and y>z", "x<y and y>z"),
        (
            "<p>a<b and b>c</p><No tag> <!-- x > y\n-->d <unknown/>",
            "a<b and b>c\n<No tag> d <unknown/>",
        ),
        ("<p hidden>a</p><a href=x download>b</a><ol reversed><li>c", "a\nb\n\nc"),
        ("a<b open or b>c<p ship>", "a<b open or b>c<p ship>"),
        ("<style>p {}</style><ul><li>One</li><li>Two</li></ul>", "One\nTwo"),
    ],
)
def test_html_becomes_plain_text(html: str, expected: str) -> None:
    assert detail_files.to_plain_text(html) == expected


@each_row(
    ("name", "expected"),
    [
        ("Isaac Asimov - Foundation", {"author": "Isaac Asimov", "title": "Foundation"}),
        (
            "Isaac Asimov - Foundation 2 - Empire (1952) {Scott Brick}",
            {
                "author": "Isaac Asimov",
                "series": "Foundation",
                "part": "2",
                "title": "Empire",
                "year": "1952",
                "narrator": "Scott Brick",
            },
        ),
        ("1952 - Foundation", {"year": "1952", "title": "Foundation"}),
        ("01 - Foundation", {"part": "1", "title": "Foundation"}),
        ("101 Dalmatians", {"title": "101 Dalmatians"}),
        ("1984", {"title": "1984"}),
        ("300", {"title": "300"}),
        ("George_Orwell_-_1984", {"author": "George Orwell", "title": "1984"}),
        ("A - 300", {"author": "A", "title": "300"}),
        # Below a root; examples of audiobookshelf.
        ("Isaac Asimov/Foundation", {"author": "Isaac Asimov", "title": "Foundation"}),
        *(
            (
                f"Asimov/Foundation/{folder}",
                {"author": "Asimov", "series": "Foundation", "part": "2", "title": "Empire - Two"},
            )
            for folder in (
                *("Book 2 - Empire - Two", "Empire - Two - Vol 2", "Empire - volume 2 - Two"),
                *("Vol. 2 Empire - Two", "2 - Empire - Two", "02. Empire - Two"),
            )
        ),
        (
            "x/Asimov/Foundation/1952 - Book 0.5 - Empire",
            {
                "author": "Asimov",
                "series": "Foundation",
                "part": "0.5",
                "title": "Empire",
                "year": "1952",
            },
        ),
    ],
)
def test_folder_names_are_parsed(name: str, expected: dict[str, str]) -> None:
    root = Path("/books") if "/" in name else None
    assert read_details.parse_folders([Path("/books", name)], root) == expected


def test_several_folders_have_one_title() -> None:
    folders = [Path("/b/A - Title CD 1"), Path("/b/A - Title CD 2")]
    assert read_details.parse_folders(folders) == {"author": "A", "title": "Title"}
    assert read_details.parse_folders([Path("/b/T/CD1"), Path("/b/T/CD2")]) == {"title": "T"}
    discs = [Path("/b/A/T/CD1"), Path("/b/A/T/CD2")]
    assert read_details.parse_folders(discs, Path("/b")) == {"author": "A", "title": "T"}
    assert read_details.parse_folders([Path("/b/Title, Disc 1")]) == {"title": "Title, Disc 1"}
    for name in ("T (Disc 1 of 3)", "T [CD01]", "T, Part 2", "T - Teil 3", "T"):
        assert read_details.remove_disc(name) == "T"


def read(folder: Path, *names: str, **given: str) -> FoundDetails:
    sources = [SourceFile(folder / name) for name in names]
    return read_details.read_details([folder], sources, given)


def test_refused_links_are_no_source_of_details(tmp_path: Path) -> None:
    folder, refused = tmp_path / "Book", ignore_rules.parse_settings("", "refuse")
    folder.mkdir()
    (tmp_path / "desc.txt").write_text("Long")
    (tmp_path / "cover.png").write_bytes(PNG)
    for name in ("desc.txt", "cover.png"):
        (folder / name).symlink_to(tmp_path / name)
    origins = read_details.read_details([folder], [], {}).origins
    assert {"description", "cover"} <= origins.keys()
    origins = read_details.read_details([folder], [], {}, ignored=refused).origins
    assert not {"description", "cover"} & origins.keys()


def write_tagged(path: Path, album: str, *, author: str = "Tag Author") -> Path:
    """Write an MP3 with the tags of a book."""
    books.write_mp3(path, books.Kind(22_050, 1, 0.2))
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TALB(text=album))
    tags.add(mutagen.id3.TPE1(text=author))
    tags.add(mutagen.id3.TCOM(text=["Tag Narrator"]))
    tags.add(mutagen.id3.TDRC(text="1951-05"))
    tags.add(mutagen.id3.TPUB(text="Tag Publisher"))
    tags.add(mutagen.id3.TLAN(text="eng"))
    tags.add(mutagen.id3.TCON(text=["Drama", "Crime"]))
    tags.add(mutagen.id3.TIT3(text="Tag Subtitle"))
    tags.add(mutagen.id3.TXXX(desc="ASIN", text="B004JN1CPG"))
    tags.add(mutagen.id3.TXXX(desc="isbn", text="9780553293371"))
    tags.add(mutagen.id3.TXXX(desc="ITUNESADVISORY", text="1"))
    tags.add(mutagen.id3.MVNM(text="Tag Series"))
    tags.add(mutagen.id3.MVIN(text="3/7"))
    tags.add(mutagen.id3.COMM(desc="iTunNORM", text="0000"))
    tags.add(mutagen.id3.COMM(desc="", text="Tag <b>description</b>"))
    tags.add(mutagen.id3.APIC(mime="image/png", type=4, desc="a", data=PNG))
    tags.add(mutagen.id3.APIC(mime="image/jpeg", type=3, desc="ab", data=JPEG))
    tags.save(path)
    return path


def test_sources_are_used_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "Dir Author - Dir Title"
    folder.mkdir()
    write_tagged(folder / "1.mp3", "Tag Title, Disc 1")
    write_tagged(folder / "2.mp3", "Tag Title, Disc 2", author="Wrong")
    write_tagged(folder / "3.mp3", "Tag Title, Disc 2")
    names = ("1.mp3", "2.mp3", "3.mp3")
    tagged = BookDetails(
        *("Tag Title", "Tag Author", "Tag Narrator", "Tag Series", "3", "1951"),
        description="Tag description",
        genre="Drama; Crime",
        subtitle="Tag Subtitle",
        publisher="Tag Publisher",
        language="eng",
        isbn="9780553293371",
        asin="B004JN1CPG",
        advisory="1",
        cover=JPEG,
    )
    found = read(folder, *names)
    assert found.details == tagged
    assert set(found.origins.values()) == {"tags"}

    (folder / "reader.txt").write_text("A Reader\n")
    (folder / "desc.txt").write_bytes("Über".encode("cp1252"))
    (folder / "metadata.opf").write_text("<package><dc:title>Opf</dc:title></package>")
    (folder / "metadata.json").write_text('{"series": ["Tag Series #4"]}')
    found = read(folder, *names, title="Given")
    assert found.details == msgspec.structs.replace(
        tagged, title="Given", narrator="A Reader", part="4", description="Über"
    )
    others = ("genre", "subtitle", "publisher", "language", "isbn", "asin", "advisory")
    assert found.origins == {
        **dict.fromkeys(others, "tags"),
        "title": "option",
        "author": "tags",
        "narrator": "reader.txt",
        "year": "tags",
        "series": "metadata.json",
        "part": "metadata.json",
        "description": "desc.txt",
        "cover": "tags",
    }
    assert read(folder, *names).origins["title"] == "metadata.opf"
    assert read(folder).details.author == "Dir Author"
    assert not read(folder, series="Other").details.part  # that of another series
    with pytest.raises(UsageError, match='Part "5" not used: the book has no series'):
        read(tmp_path, part="5")


def test_tags_of_other_formats_are_read(tmp_path: Path) -> None:
    wave = sounds.write_noise(tmp_path / "a.wav", 9000)
    flac, m4a = tmp_path / "a.flac", tmp_path / "a.m4a"
    sounds.convert(wave, flac, "flac")
    sounds.convert(wave, m4a, "aac")
    comments = mutagen.flac.FLAC(flac)
    comments.update({"ALBUM": "T", "ARTIST": ["A", "B"], "NARRATOR": "N", "SERIES": "S"})
    comments.update({"SERIES-PART": "1.5", "YEAR": "1999", "COMPOSER": "C"})
    comments.save()
    atoms = mutagen.mp4.MP4(m4a)
    free = "----:com.apple.iTunes:"
    atoms.update({"\xa9alb": "T", "aART": "A, B", "\xa9nrt": "N", "\xa9day": "1999"})
    atoms.update({free + "SERIES": b"S", free + "SERIES-PART": b"1.5", "ldes": "Long"})
    atoms.update({"\xa9cmt": "x", "covr": [mutagen.mp4.MP4Cover(PNG, 14)]})
    atoms.save()
    expected = BookDetails("T", "A, B", "N", "S", "1.5", "1999")
    assert read(tmp_path, "a.flac").details == expected
    expected = msgspec.structs.replace(expected, description="Long", cover=PNG)
    assert read(tmp_path, "missing.mp3", "a.m4a").details == expected


def test_series_that_audiobookshelf_embeds_are_read(tmp_path: Path) -> None:
    path = books.write_mp3(tmp_path / "1.mp3", books.Kind(22_050, 1, 0.2))
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TIT1(text="Foundation #2; Robots"))
    tags.save(path)
    found = read(tmp_path, "1.mp3").details
    assert (found.series, found.part, found.more_series) == ("Foundation", "2", "Robots")
    tags.add(mutagen.id3.TIT1(text="Favourites"))
    tags.save(path)
    assert not read(tmp_path, "1.mp3").details.series


def test_the_author_is_not_the_narrator(tmp_path: Path) -> None:
    write_tagged(tmp_path / "1.mp3", "T", author="Tag Narrator")
    assert read(tmp_path, "1.mp3").details.narrator == ""


def test_covers_are_found_and_converted(tmp_path: Path) -> None:
    source = write_tagged(tmp_path / "1.mp3", "T")
    gif = drawn_pictures.draw_picture("image/gif", (9, 9, 9, 255))
    steps = [
        ("tags", b""),
        ("scan.bmp", drawn_pictures.draw_picture("image/bmp", (1, 1, 1, 255))),  # the only picture
        ("tags", PNG),  # under a name that says nothing
        ("Front.png", PNG),
        ("folder.gif", gif),
        ("cover.jpg", JPEG),
    ]
    for number, (name, data) in enumerate(steps):
        file = f"other{number}.png" if name == "tags" else name
        if data:
            (tmp_path / file).write_bytes(data)
        found = read(tmp_path, source.name)
        assert found.origins["cover"] == name
        assert not found.warnings
        is_kept = data.startswith((b"\x89PNG", b"\xff\xd8"))
        expected = JPEG if name == "tags" else data if is_kept else None
        assert (
            found.details.cover.startswith(b"\xff\xd8")
            if not expected
            else (found.details.cover == expected)
        )
    (tmp_path / "cover.jpg").write_bytes(b"no picture")
    found = read(tmp_path, source.name)
    assert found.origins["cover"] == "folder.gif"
    assert found.warnings == (f"{tmp_path / 'cover.jpg'} not used: it is not a picture.",)
    (tmp_path / "Front.png").write_bytes(PNG + bytes(11 * 1024 * 1024))
    (tmp_path / "folder.gif").write_bytes(gif[:-99])
    (tmp_path / "cover.png").write_bytes(PNG[:-20])
    found = read(tmp_path, source.name)
    assert found.origins["cover"] == "tags"
    assert [text.partition(" not used: ")[2] for text in found.warnings] == [
        *("it is not a picture.", "it is truncated.", "it is truncated."),
        "it is larger than 10 MB.",
    ]

    assert read(tmp_path, cover=str(tmp_path / "other2.png")).details.cover == PNG
    for name, cause in (("cover.jpg", "it is not a picture"), ("none.png", "No such file")):
        with pytest.raises(UsageError, match=rf"{name} not used: {cause}"):
            read(tmp_path, cover=str(tmp_path / name))


def test_covers_in_vorbis_comments_are_found(tmp_path: Path) -> None:
    wave = sounds.write_noise(tmp_path / "a.wav", 9000)
    sounds.convert(wave, tmp_path / "a.opus", "opus")
    picture = mutagen.flac.Picture()
    picture.data, picture.type, picture.mime = PNG, 3, "image/png"
    file = mutagen.File(tmp_path / "a.opus")
    file["metadata_block_picture"] = [base64.b64encode(picture.write()).decode()]
    file.save()
    assert read(tmp_path, "a.opus").details.cover == PNG


@each_row(
    ("details", "expected"),
    [
        (BookDetails("Title", "Author"), "Author - Title"),
        (BookDetails("Title"), "Folder"),
        (BookDetails("What? Why: A/B", "A"), "A - What_ Why_ A_B"),
    ],
)
def test_books_are_named_by_author_and_title(details: BookDetails, expected: str) -> None:
    assert read_details.build_book_name(details, "Folder") == expected
