"""Three sample libraries: a neglected one, a well-kept one, and a mixed one."""

from __future__ import annotations

import shutil
from pathlib import Path

from mediakeep_samples.music import track_files
from tests.music import sounds

_VIK = "Ásta Vík"
_VIK_ALBUM = ("Norðurljós", "Hafið bláa", "Þoka", "Vetrarnótt", "Sólarlag", "Einn dagur", "Ísafold")
_HARBOUR = (
    *("Harbour Lights", "The Long Way Round the Harbour Wall", "Slack Water", "Nets"),
    *("Three Herring Boats", "Keel", "A Letter from the Westman Islands"),
)


def neglected(root: Path) -> Path:
    """An MP3 collection of twenty years: wrong encodings, old tags, copies, broken downloads."""
    artist = root / _VIK
    _misread_album(artist / "1997 - Norðurljós")
    _old_album(artist / "Harbour Songs")
    _downloads(artist / "Best Of")
    _live(artist / "Live in Akureyri")
    for number, title in enumerate(("Vetur", "Vor", "Sumar", "Haust"), 1):
        named = _tags(title, "Árstíðir", f"{number}/4", date="2011", genre="Folk")
        sounds.mp3(artist / "Árstíðir (2011)" / f"{number:02} {title}.mp3", named, cover=True)
    copied = artist / "1997 - Norðurljós" / "03 Þoka.mp3"
    shutil.copyfile(copied, artist / "Þoka (1).mp3")
    sounds.mp3(artist / "Track 7.mp3", {})
    return artist


def _tags(title: str, album: str, number: str, **more: str) -> dict[str, str]:
    people = {"artist": _VIK, "albumartist": _VIK}
    return {"title": title, "album": album, "tracknumber": number, **people, **more}


def _misread(text: str) -> str:
    """Read UTF-8 as Latin-1, as old programs did."""
    return text.encode().decode("latin-1")


def _misread_album(folder: Path) -> None:
    """Garbled letters, no album artist, a genre that is none."""
    for number, title in enumerate(_VIK_ALBUM, 1):
        texts = {"title": title, "artist": _VIK, "album": "Norðurljós"}
        named = {name: _misread(text) for name, text in texts.items()}
        more = {"tracknumber": f"{number}/7", "date": "1997", "genre": "Other"}
        sounds.mp3(folder / f"{number:02} {title}.mp3", {**named, **more})
    (folder / "folder.jpg").write_bytes(track_files.read_seed_file("cover.jpg"))


def _old_album(folder: Path) -> None:
    """Tags of the nineties, which cut texts at 30 letters; a picture for a phone of 2004."""
    for number, title in enumerate(_HARBOUR, 1):
        named = {"title": title[:30], "artist": _VIK, "album": folder.name, "date": "2001"}
        sounds.mp3(
            folder / f"{number:02} {title}.mp3", {**named, "tracknumber": str(number)}, old=True
        )
    (folder / "cover.png").write_bytes(sounds.png(120, 120))


def _downloads(folder: Path) -> None:
    """Spellings by many authors; one file is empty, one a web page, one truncated."""
    artists = (_VIK, "Asta Vik", "ASTA VIK", _VIK, "Asta Vik", "Ásta  Vík", _VIK, _VIK, _VIK)
    for number, artist in enumerate(artists, 1):
        named = _tags(f"Song {number}", "Best of" if number == 4 else "Best Of", str(number))
        more = {"artist": artist, "date": "1999" if number == 2 else "2004", "genre": "Folk"}
        sounds.mp3(
            folder / f"{number:02} - Song {number}.mp3", {**named, **more}, cover=number == 1
        )
    (folder / "05 - Song 5.mp3").write_bytes(b"")
    (folder / "07 - Song 7.mp3").write_bytes(b"<!DOCTYPE html><html><body>404</body></html>")


def _live(folder: Path) -> None:
    """Two discs without a cover, the second ripped without a connection."""
    for number in range(1, 6):
        named = _tags(f"Live {number}", folder.name, f"{number}/5", discnumber="1/2", date="2008")
        sounds.mp3(folder / "CD1" / f"{number:02} Live {number}.mp3", named)
    for number in range(1, 6):
        sounds.mp3(folder / "CD2" / f"Track {number}.mp3", {"tracknumber": f"Track {number}"})


_SYMPHONIES = {
    "Symphony No. 1 in C minor": ("Allegro moderato", "Adagio", "Scherzo. Lebhaft", "Finale"),
    "Symphony No. 2 in F major": ("Andante - Allegro", "Larghetto", "Allegro vivace"),
    "Symphony No. 3 in D minor": ("Maestoso", "Adagio", "Scherzo. Presto", "Finale. Allegro"),
    "Symphony No. 4 in G major": ("Allegro", "Andante con moto", "Menuetto", "Rondo. Vivace"),
}
_COMPOSER = "Clara Weidenbach"
_BOX = "The Symphonies"


def well_kept(root: Path) -> Path:
    """A box set in FLAC with every tag, where one copy broke off and one disc lacks a movement."""
    artist = root / _COMPOSER
    for disc, (work, movements) in enumerate(_SYMPHONIES.items(), 1):
        for number, movement in enumerate(movements, 1):
            name = f"{number:02} {work} - {movement}.flac"
            path = artist / _BOX / f"CD{disc}" / name
            title = f"{work}: {_ROMAN[number]}. {movement}"
            named = _classical(title, _BOX, f"{number}", f"{len(movements)}", disc)
            sounds.flac(path, named, seconds=250 + 97 * number + 31 * disc)
    broken = artist / _BOX / "CD3" / "02 Symphony No. 3 in D minor - Adagio.flac"
    broken.write_bytes(broken.read_bytes()[:-3000])
    (artist / _BOX / "CD4" / "03 Symphony No. 4 in G major - Menuetto.flac").unlink()
    for number, title in enumerate(("Im Nebel", "Abendlied", "An den Mond", "Heimkehr"), 1):
        named = _classical(title, "Lieder (1994)", f"{number}", "4", 1)
        sounds.flac(
            artist / "Lieder (1994)" / f"{number:02} {title}.flac", named, seconds=170 + number
        )
    return artist


_ROMAN = ("", "I", "II", "III", "IV")


def _classical(title: str, album: str, number: str, total: str, disc: int) -> dict[str, str]:
    return {
        "title": title,
        "artist": "Philharmonie Lindau, Ruth Adler",
        "albumartist": _COMPOSER,
        "album": album,
        "tracknumber": number,
        "tracktotal": total,
        "discnumber": str(disc),
        "date": "1994-09-12",
        "genre": "Classical",
        "composer": _COMPOSER,
        "conductor": "Ruth Adler",
        "musicbrainz_albumid": "5b1a2f0e-6c1e-4b57-9a4e-7d1f0a9b2c3d",
    }


_HITS = (
    *(("Solar Kids", "Daylight"), ("DJ Kino", "Reel One"), ("Mara Lane", "Wide Open Windows")),
    *(("The Tin Cups", "Paper Boats"), ("Solar Kids", "Again"), ("Dj Kino", "Reel Two")),
    *(("Ostwind", "Nachtzug"), ("Tin Cups", "Rain Check"), ("Mara Lane", "Postcards")),
)


def assorted(root: Path) -> Path:
    """Samplers: numbers written in every way, pictures that are none, albums torn apart."""
    artist = root / "Various Artists"
    _sampler(artist / "Summer Hits 1999")
    _torn(artist / "Label Night, Vol. 1")
    _numbers(artist / "Party Mix")
    for number, (name, title) in enumerate(_HITS[:6], 1):
        named = {**_hit(name, title, "Evening Songs", f"{number}/6"), "date": "2003"}
        path = artist / "Evening Songs" / f"{number:02} {name} - {title}.mp3"
        sounds.mp3(path, named, cover=True)
    return artist


def _hit(name: str, title: str, album: str, number: str) -> dict[str, str]:
    people = {"artist": name, "albumartist": "Various Artists"}
    more = {"date": "1999", "genre": "Pop", "compilation": "1"}
    return {"title": title, "album": album, "tracknumber": number, **people, **more}


def _sampler(folder: Path) -> None:
    """The cover is a saved error page; two tracks were mixed up; one is FLAC."""
    for number, (name, title) in enumerate(_HITS, 1):
        stem = f"{number:02} {name} - {title}"
        sounds.mp3(folder / f"{stem}.mp3", _hit(name, title, folder.name, f"{number}/9"))
    (folder / "folder.jpg").write_bytes(b"<html><body>403 Forbidden</body></html>")
    name, title = _HITS[2]
    (folder / f"03 {name} - {title}.mp3").unlink()
    named = {**_hit(name, title, folder.name, "3"), "tracktotal": "9"}
    sounds.flac(folder / f"03 {name} - {title}.flac", named, seconds=1, cover=False)
    for place, wrong in ((4, 5), (5, 4)):
        name, title = _HITS[place - 1]
        named = _hit(name, title, folder.name, f"{wrong}/9")
        sounds.mp3(folder / f"{place:02} {name} - {title}.mp3", named)


def _torn(folder: Path) -> None:
    """Each track has its artist for album artist; the picture is a thumbnail."""
    for number, (name, title) in enumerate(_HITS[:5], 1):
        named = _hit(name, f"{title} (Live)", folder.name, f"{number}/5")
        path = folder / f"{number:02} {name} - {title} (Live).mp3"
        sounds.mp3(path, {**named, "albumartist": name, "compilation": "0"})
    (folder / "cover.png").write_bytes(sounds.png(150, 150))


def _numbers(folder: Path) -> None:
    """One number twice, one not at all, several in words of their own."""
    numbers = ("1/8", "2/8", "2/8", "No. 4", "5 of 8", "6/8", "8/8")
    for place, (number, (name, title)) in enumerate(zip(numbers, _HITS, strict=False), 1):
        named = _hit(name, f"{title} (Club Mix)", folder.name, number)
        path = folder / f"{name} - {title} (Club Mix).mp3"
        sounds.mp3(path, named, cover=place == 1)
