"""The client of archive.org: search, one audio per item, dates, and items that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from mediakeep.errors import InvalidResponse, MediakeepError, UnusableItem
from mediakeep.lookups.archive_org import choose_files, client
from mediakeep.lookups.archive_org.choose_files import ItemFile
from mediakeep.lookups.archive_org.client import ArchiveClient
from mediakeep.lookups.http.direct_session import DirectSession
from mediakeep.lookups.http.models import HttpEnvironment
from mediakeep_simulator.episode_catalogue import generate_catalogue
from tests.lookups import episode_clients
from tests.lookups.conftest import Scripted, answer, raw
from tests.lookups.episode_clients import SHOW, EpisodeClients
from tests.sampling import each_row


def test_a_search_continues_with_its_cursor(
    tmp_path: Path, machine: HttpEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE_SIZE", 100)
    with episode_clients.serve(tmp_path, machine, generate_catalogue(250, size=50_000)) as clients:
        archive = ArchiveClient(clients.open_archive_session())
        page = archive.search_collection(SHOW)
        identifiers = [*page.identifiers]
        while page.cursor:  # in a new process
            archive = ArchiveClient(clients.open_archive_session())
            page = archive.search(f"collection:{SHOW}", page.cursor)
            identifiers += page.identifiers
    assert identifiers == [f"{SHOW}-{number:04}" for number in range(1, 251)]


def test_an_episode_has_all_that_its_item_says(clients: EpisodeClients) -> None:
    archive = ArchiveClient(clients.open_archive_session())
    episode = archive.get_episode(f"{SHOW}-0001")
    assert (episode.title, episode.date) == ("Episode 1: The Simulated Radio Hour", "2019-01-13")
    assert (episode.audio.name, episode.audio.size) == (f"{SHOW}-0001.wav", 300_000)
    assert episode.transcript
    assert episode.transcript.name == f"{SHOW}-0001.txt"
    remote = archive.build_remote(episode.identifier, episode.audio)
    assert remote.url == f"{clients.url}/download/{SHOW}-0001/{SHOW}-0001.wav"
    assert (remote.algorithm, remote.checksum) == ("md5", episode.audio.md5)
    derivative = archive.get_episode(f"{SHOW}-0001", f"{SHOW}-0001.mp3")
    assert derivative.audio.source == "derivative"


def file(name: str, source: str = "original", size: object = "5", **more: Any) -> dict[str, Any]:
    return {"name": name, "source": source, "size": size, **more}


def item(*files: object, **metadata: object) -> dict[str, Any]:
    return {"metadata": {"title": "T", **metadata}, "files": list(files)}


@each_row(
    ("files", "audio"),
    [
        ([file("a.mp3"), file("a.ogg", "derivative", 9)], "a.mp3"),
        ([file("a_64kb.mp3", "derivative", 2), file("a.ogg", "derivative", 9)], "a.ogg"),
        ([file("a.FLAC"), file("notes.txt"), file("a.png")], "a.FLAC"),
        ([file("a.mp3", private="true"), file("b.mp3")], "b.mp3"),
        ([file("../a.mp3"), file("/b.mp3"), file("c//d.mp3"), file("x/e.mp3")], "x/e.mp3"),
        ([file("a.mp3", size=0), file("b.mp3", size=None), file("c.mp3", size=7)], "c.mp3"),
        ([None, 7, {"source": "original"}, file("a.mp3", md5=8), file("b.mp3")], "b.mp3"),
        ([file("a\n.mp3"), file("b.mp3")], "b.mp3"),
    ],
)
def test_one_audio_is_chosen(files: list[Any], audio: str) -> None:
    assert choose_files.choose_audio("x", choose_files.parse_files(files)).name == audio


def test_transcript_and_picture_belong_to_the_audio() -> None:
    names = ("a.mp3", "b.txt", "a.txt", "a.en.srt", "b.vtt", "small.jpg", "b.srt")
    files = choose_files.parse_files(
        [*map(file, names), file("big.png", size=9), file("t.jpg", "derivative", 99)]
    )
    transcript = choose_files.choose_transcript(files, files[0])
    picture = choose_files.choose_picture(files)
    assert (transcript and transcript.name, picture and picture.name) == ("a.en.srt", "big.png")
    assert choose_files.choose_transcript(files[1:2], files[0]) is None
    assert choose_files.choose_picture([files[0], ItemFile("__ia_thumb.jpg", "original")]) is None


@each_row(
    ("names", "transcript"),
    [
        (("a.mp3", "ab.srt", "a1.vtt"), ""),
        (("a.mp3", "a-b.mp3", "a-b.srt", "a_transcript.txt"), "a_transcript.txt"),
        (("a (1).mp3", "a (1).en.srt"), "a (1).en.srt"),
    ],
)
def test_transcripts_of_other_audio_are_not_used(names: tuple[str, ...], transcript: str) -> None:
    files = choose_files.parse_files([*map(file, names)])
    chosen = choose_files.choose_transcript(files, files[0])
    assert (chosen.name if chosen else "") == transcript


def test_invalid_identifiers_are_named(
    server: Scripted, machine: HttpEnvironment, tmp_path: Path
) -> None:
    url = "/services/search/v1/scrape?fields=identifier&count=1000&q=x"
    body = {"items": [{"identifier": "a"}, {"identifier": "b..c"}, {}]}
    server.manners[url] = [answer(body=msgspec.json.encode(body))]
    session = DirectSession(server.service(), tmp_path, machine)
    page = ArchiveClient(session).search("x")
    assert (page.identifiers, page.invalid) == (("a",), ("b..c", "None"))


@each_row(
    ("texts", "date"),
    [
        (("2021-03-04T00:00:00Z", "2020-01-01"), "2021-03-04"),
        (("2021", "Show of 2020.02.29, part 2"), "2020-02-29"),
        (("2021-13-40", "20210231 20210228"), "2021-02-28"),
        (("", "Call 0123456789"), ""),
        (("0000-00-00", "no date"), ""),
    ],
)
def test_the_date_is_the_first_valid_day(texts: tuple[str, str], date: str) -> None:
    assert choose_files.find_date(*texts) == date


@each_row(
    ("text", "plain"),
    [
        ("<p>One &amp; <a href='x'>two</a>.</p><P>Three<br/>four</P>", "One & two.\nThree\nfour"),
        ("a < b and c > d, <3", "a < b and c > d, <3"),
        ("plain\n\ntext", "plain\n\ntext"),
        ("<div>&lt;b&gt;</div><script", "<b>\n<script"),
        ("<" * 100_000, "<" * 100_000),  # takes no longer than its length
    ],
)
def test_descriptions_become_plain_text(text: str, plain: str) -> None:
    assert client.strip_html(text) == plain


@each_row(
    ("identifier", "body", "error", "text"),
    [
        ("x", b"Try later", InvalidResponse, "no JSON object"),
        ("x", b"[]", InvalidResponse, "no JSON object"),
        ("x", raw(b"HTTP/1.1 403 \r\nContent-Length: 2\r\n\r\n{}"), InvalidResponse, "status 403"),
        ("x", b'{"error": "down\\u001b[1m"}', InvalidResponse, r"response: down\S*\[1m"),
        ("x", b"{}", UnusableItem, r"archive\.org item x cannot be used: it does not exist"),
        ("x", item(file("a.mp3")) | {"is_dark": True}, UnusableItem, "it is not public"),
        ("x", item(file("a.txt")), UnusableItem, "it has no audio file"),
        (
            *("x", item(file("a.mp3"), file("b.mp3")), UnusableItem),
            r"it has 2 original audio files \(a\.mp3, b\.mp3\)\. Choose one",
        ),
        ("..", item(), UnusableItem, "its identifier is invalid"),
        ("a/../b", item(), UnusableItem, "its identifier is invalid"),
        ("a..b", item(), UnusableItem, "its identifier is invalid"),
        ("a b\n", item(), UnusableItem, "its identifier is invalid"),
    ],
)
def test_what_cannot_be_used_is_named(
    server: Scripted,
    machine: HttpEnvironment,
    tmp_path: Path,
    identifier: str,
    body: Any,
    error: type[MediakeepError],
    text: str,
) -> None:
    if not callable(body):
        body = answer(body=body if isinstance(body, bytes) else msgspec.json.encode(body))
    server.asked.clear()
    server.manners[f"/metadata/{identifier}"] = [body]
    archive = ArchiveClient(DirectSession(server.service(), tmp_path, machine))
    with pytest.raises(error, match=text) as raised:
        archive.get_episode(identifier)
    assert raised.value.is_final == (error is UnusableItem)
    assert raised.value.__str__().isprintable()


def test_fields_may_be_lists_or_missing(
    server: Scripted, machine: HttpEnvironment, tmp_path: Path
) -> None:
    body = item(file("a.mp3"), title=["One", "Two"], description=None, date=["2021-03-04"])
    server.manners["/metadata/x"] = [answer(body=msgspec.json.encode(body))]
    episode = ArchiveClient(DirectSession(server.service(), tmp_path, machine)).get_episode("x")
    assert (episode.title, episode.description, episode.date) == ("One\nTwo", "", "2021-03-04")
