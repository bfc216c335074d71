"""Placeholder texts that rippers, players and shops write for unknown values.

Texts are compared as a whole, casefolded and stripped: "Other" is a placeholder genre, "Other Folk"
is a genre. Names of real music are left out of a group: there are songs called "Untitled",
"Unknown", "None" and "?", and "Various" stands for many artists, not for an unknown one.
"""

from __future__ import annotations

import re
import unicodedata

TITLES = frozenset(
    {
        *("unknown title", "unknown track", "unknown song", "untitled track", "no title available"),
        *("<unknown>", "(unknown)", "[unknown]"),
        *("unbekannter titel", "titre inconnu", "título desconocido", "título desconhecido"),
        *("titolo sconosciuto", "onbekende titel", "okänd titel", "неизвестная композиция"),
        *("нет названия", "不明なタイトル"),
    }
)
ARTISTS = frozenset(
    {
        *("unknown", "unknown artist", "unknown interpret", "unknown performer", "no artist"),
        *("<unknown>", "(unknown)", "[unknown]"),
        *("<unknown artist>", "(unknown artist)", "[unknown artist]", "[no artist]"),
        *("unbekannt", "unbekannter interpret", "unbekannter künstler", "artiste inconnu"),
        *("artista desconocido", "artista desconhecido", "artista sconosciuto"),
        *("onbekende artiest", "okänd artist", "ukendt kunstner", "ukjent artist"),
        *("tuntematon esittäjä", "nieznany wykonawca", "neznámý interpret", "ismeretlen előadó"),
        *("неизвестный исполнитель", "неизвестен", "不明なアーティスト", "未知艺术家", "未知藝人"),
    }
)
ALBUMS = frozenset(
    {
        *("unknown album", "untitled album", "new album", "no album"),
        *("<unknown>", "(unknown)", "[unknown]"),
        *("<unknown album>", "(unknown album)", "[unknown album]", "[standalone recordings]"),
        *("unbekanntes album", "neues album", "album inconnu", "álbum desconocido"),
        *("álbum desconhecido", "album sconosciuto", "onbekend album", "okänt album"),
        *("ukendt album", "ukjent album", "tuntematon albumi", "nieznany album", "neznámé album"),
        *("ismeretlen album", "неизвестный альбом", "不明なアルバム", "未知专辑", "未知專輯"),
    }
)
# Folder names that are no album titles.
FOLDERS = frozenset(
    {
        *("albums", "audio", "bonus", "downloads", "extras", "flac", "inbox", "incoming", "loose"),
        *("lossless", "m4a", "misc", "mp3", "mp3s", "music", "musik", "new folder", "neuer ordner"),
        *("nouveau dossier", "nueva carpeta", "other", "others", "rips", "singles", "songs"),
        *("temp", "tmp", "tracks", "unknown", "unsorted", "untitled folder", "various"),
    }
)
GENRES = frozenset(
    {
        *("unknown", "unknown genre", "<unknown>", "(unknown)", "[unknown]", "genre unknown"),
        *("other", "others", "misc", "misc.", "miscellaneous", "various", "varied"),
        *("genre", "no genre", "none", "(none)", "<none>", "null", "nil", "undefined"),
        *("unclassifiable", "unclassified", "uncategorized", "unspecified", "not available"),
        *("n/a", "na", "n.a.", "tba", "tbd", "?", "??", "???", "-", "--", "---", ".", "..", "..."),
        *("default", "general", "music", "audio", "mp3"),
    }
)

# With a number, such as "Track 01" and "AudioTrack_7", these are placeholder titles, too.
NUMBERED_TITLE_WORDS = (
    *("track", "audio track", "audiotrack", "untitled track", "unknown track", "title"),
    *("titel", "piste", "plage", "pista", "faixa", "traccia", "nummer", "spår", "spor", "raita"),
    *("utwór", "stopa", "дорожка", "трек", "トラック"),
)
_NUMBERED_TITLE = re.compile(rf"(?:{'|'.join(NUMBERED_TITLE_WORDS)})[ _#.-]{{0,2}}[0-9]{{1,3}}")


# Default names of new folders; several get a number.
_NEW_FOLDERS = (
    *("new folder", "untitled folder", "neuer ordner", "nouveau dossier", "dossier sans titre"),
    *("nueva carpeta", "carpeta sin título", "nuova cartella", "cartella senza titolo"),
    *("nieuwe map", "naamloze map", "nova pasta", "ny mapp", "ny mappe", "uusi kansio"),
    *("nowy folder", "nová složka", "új mappa", "yeni klasör", "новая папка"),
    *("新しいフォルダー", "新しいフォルダ", "新建文件夹", "新增資料夾", "새 폴더"),
)
_NEW_FOLDER = re.compile(rf"(?:{'|'.join(_NEW_FOLDERS)})(?: ?\(?[0-9]{{1,3}}\)?)?")


def is_placeholder_title(text: str) -> bool:
    """Return whether a title is only a placeholder."""
    plain = _normalize(text)
    return plain in TITLES or _NUMBERED_TITLE.fullmatch(plain) is not None


def is_placeholder_artist(text: str) -> bool:
    """Return whether an artist is only a placeholder, such as "Unknown Artist" or "New Folder"."""
    plain = _normalize(text)
    return plain in ARTISTS or _is_new_folder(plain)


def is_placeholder_album(text: str) -> bool:
    """Return whether an album title is only a placeholder."""
    return _normalize(text) in ALBUMS


def is_placeholder_folder(name: str) -> bool:
    """Return whether a folder's name cannot be the title of an album."""
    plain = _normalize(name)
    return plain in FOLDERS or _is_new_folder(plain) or is_placeholder_album(name)


def is_placeholder_genre(text: str) -> bool:
    """Return whether a genre is only a placeholder."""
    return _normalize(text) in GENRES


def _is_new_folder(plain: str) -> bool:
    return _NEW_FOLDER.fullmatch(unicodedata.normalize("NFC", plain)) is not None


def _normalize(text: str) -> str:
    return text.strip().casefold()
