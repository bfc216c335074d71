"""The table of all kinds of issues in music: one row here and one function in `checks` a kind."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec

from mediakeep.issue import Severity
from mediakeep.music.checks import (
    agreement,
    containers,
    copies,
    covers,
    files,
    identifiers,
    names,
    numbers,
    presence,
    texts,
)


class Scope(StrEnum):
    """What an issue of a kind is about."""

    TRACK = "track"
    ALBUM = "album"
    ARTIST = "artist"


class Kind(msgspec.Struct, frozen=True):
    """A kind of issue.

    The check is shown a track, album or artist, and gives the detail, or None where all is well.
    Where its `view` is wider than its scope, it gives the details of all places that have it.
    """

    name: str
    severity: Severity
    scope: Scope
    check: Callable[[Any], Any]
    repairable: bool  # a program may mend it without asking, once it is certain what belongs there
    meaning: str
    cure: str
    view: Scope | None = None


# Most urgent first: reports follow this order.
KINDS = (
    Kind(
        "unreadable-file",
        Severity.ERROR,
        Scope.TRACK,
        files.unreadable_file,
        False,
        "The system refuses to give the file's content.",
        "Check its rights, where a link leads, and the disk.",
    ),
    Kind(
        "empty-file",
        Severity.ERROR,
        Scope.TRACK,
        files.empty_file,
        False,
        "The file holds no data at all.",
        "Replace it from a backup or another copy.",
    ),
    Kind(
        "not-audio",
        Severity.ERROR,
        Scope.TRACK,
        files.not_audio,
        False,
        "The file is named like audio, but no audio can be read from it.",
        "Replace it from a backup or another copy, or move it out of the library.",
    ),
    Kind(
        "essence-changed",
        Severity.ERROR,
        Scope.TRACK,
        files.essence_changed,
        False,
        "The sound is no longer the one that an earlier deep scan found.",
        "Restore it from a backup; if you replaced it yourself,"
        " run process_artist.py PATH --deep --accept-sound.",
    ),
    Kind(
        "decode-error",
        Severity.ERROR,
        Scope.TRACK,
        files.decode_error,
        False,
        "The sound does not decode cleanly: a part of it is damaged.",
        "Listen to it, and replace it from a backup or another copy.",
    ),
    Kind(
        "truncated-audio",
        Severity.ERROR,
        Scope.TRACK,
        files.truncated_audio,
        False,
        "The file ends before its audio does: an unfinished copy or download.",
        "Replace it from a backup or another copy.",
    ),
    Kind(
        "drm-protected",
        Severity.ERROR,
        Scope.TRACK,
        files.drm_protected,
        False,
        "The audio is locked by DRM, so most players cannot play it.",
        "Replace it by a copy without DRM; the shop often offers one.",
    ),
    Kind(
        "missing-title",
        Severity.ERROR,
        Scope.TRACK,
        presence.missing_title,
        True,
        "The track has no title, so players show its file name or nothing.",
        "Write the title; the file name often tells it.",
    ),
    Kind(
        "missing-artist",
        Severity.ERROR,
        Scope.TRACK,
        presence.missing_artist,
        True,
        "The track has no artist, so players file it under nobody.",
        "Write the artist; the other tracks of the album often tell it.",
    ),
    Kind(
        "missing-album",
        Severity.ERROR,
        Scope.TRACK,
        presence.missing_album,
        True,
        "The track has no album, so players tear it from its album.",
        "Write the album; the folder and the other tracks often tell it.",
    ),
    Kind(
        "duplicate-track",
        Severity.WARNING,
        Scope.TRACK,
        copies.duplicate_track,
        False,
        "The same audio stands here twice, bit for bit.",
        "Keep the better tagged one, and move the other out of the library.",
        view=Scope.ARTIST,
    ),
    Kind(
        "mojibake",
        Severity.WARNING,
        Scope.TRACK,
        texts.mojibake,
        True,
        "A text was read in the wrong encoding, so letters are garbled.",
        "Write the text that it was meant to be; the detail shows it where it is certain.",
    ),
    Kind(
        "tag-conflict",
        Severity.WARNING,
        Scope.TRACK,
        containers.tag_conflict,
        False,
        "The file holds two kinds of tags that contradict each other, so players differ.",
        "Decide which is right, and write it to both, or take the wrong kind away.",
    ),
    Kind(
        "id3v1-only",
        Severity.WARNING,
        Scope.TRACK,
        containers.id3v1_only,
        True,
        "The only tags are ID3v1, which cut texts at 30 letters and know no cover.",
        "Write the same texts as ID3v2.",
    ),
    Kind(
        "wrong-extension",
        Severity.WARNING,
        Scope.TRACK,
        files.wrong_extension,
        False,
        "The name's extension is that of another format, so some players refuse the file.",
        "Rename the file; the detail names the extension that fits.",
    ),
    Kind(
        "missing-track-number",
        Severity.WARNING,
        Scope.TRACK,
        presence.missing_track_number,
        True,
        "The track has no number, so players may play the album out of order.",
        "Write the track number; the file name often tells it.",
    ),
    Kind(
        "duplicate-number",
        Severity.WARNING,
        Scope.ALBUM,
        numbers.duplicate_number,
        False,
        "Two tracks of one disc bear the same number, so their order is left to chance.",
        "Correct the numbers; where discs are mixed up, write the disc numbers.",
    ),
    Kind(
        "track-gap",
        Severity.WARNING,
        Scope.ALBUM,
        numbers.track_gap,
        False,
        "Numbers between the first and the last track are missing, so tracks seem lost.",
        "Find the missing tracks, or correct the numbers.",
    ),
    Kind(
        "track-number-format",
        Severity.WARNING,
        Scope.TRACK,
        numbers.track_number_format,
        True,
        "The track number is not written as a plain number, so players sort it wrong.",
        "Write the number alone, and the total where the format keeps it.",
        view=Scope.ALBUM,
    ),
    Kind(
        "filename-tag-mismatch",
        Severity.WARNING,
        Scope.TRACK,
        names.filename_tag_mismatch,
        False,
        "The file's name and its tags speak of different tracks.",
        "Listen which of them is right, then correct the other.",
        view=Scope.ALBUM,
    ),
    Kind(
        "artist-variation",
        Severity.WARNING,
        Scope.ARTIST,
        agreement.artist_variation,
        False,
        "One artist is spelt in several ways, so players show several artists.",
        "Choose one spelling, and write it everywhere.",
    ),
    Kind(
        "albumartist-mixed",
        Severity.WARNING,
        Scope.ALBUM,
        agreement.albumartist_mixed,
        False,
        "The tracks of one album name different album artists, so players tear it apart.",
        'Write one album artist; for a compilation "Various Artists".',
    ),
    Kind(
        "album-variation",
        Severity.WARNING,
        Scope.ALBUM,
        agreement.album_variation,
        False,
        "The album's title is spelt in several ways, so players show several albums.",
        "Choose one spelling, and write it to all tracks.",
    ),
    Kind(
        "missing-albumartist",
        Severity.WARNING,
        Scope.TRACK,
        presence.missing_albumartist,
        True,
        "The track has no album artist, so albums with guests are torn apart.",
        "Write the album artist; mostly it is the artist of the album.",
    ),
    Kind(
        "missing-date",
        Severity.WARNING,
        Scope.TRACK,
        presence.missing_date,
        True,
        "The track has no date, so albums cannot be put in order of time.",
        "Write the year in which the album came out.",
    ),
    Kind(
        "date-mixed",
        Severity.WARNING,
        Scope.ALBUM,
        agreement.date_mixed,
        False,
        "A few tracks bear another year than the rest of their album.",
        "Write the album's year to all its tracks; the original date has a tag of its own.",
    ),
    Kind(
        "missing-cover",
        Severity.WARNING,
        Scope.ALBUM,
        covers.missing_cover,
        False,
        "No track of the album holds a picture, and none lies in its folder.",
        "Put the front cover into the folder as cover.jpg, or embed it.",
    ),
    Kind(
        "cover-not-image",
        Severity.WARNING,
        Scope.ALBUM,
        covers.cover_not_image,
        False,
        "What should be a cover is no picture at all, such as a saved error page.",
        "Replace it by a real picture.",
    ),
    Kind(
        "cover-too-small",
        Severity.WARNING,
        Scope.ALBUM,
        covers.cover_too_small,
        False,
        "No cover of the album is at least 300 pixels wide and high, so it looks blurred.",
        "Find a larger cover.",
    ),
    Kind(
        "unsure-artist",
        Severity.WARNING,
        Scope.ARTIST,
        identifiers.unsure_artist,
        False,
        "MusicBrainz knows several artists of this name, or none of these albums by this one.",
        "Write the artist's MBID as album artist MBID: it decides.",
    ),
    Kind(
        "deleted-mbid",
        Severity.WARNING,
        Scope.ARTIST,
        identifiers.deleted_mbid,
        False,
        "Tags name an artist or a release that MusicBrainz has deleted.",
        "Look the album up there, and write the MBID that it has now, or none.",
    ),
    Kind(
        "merged-mbid",
        Severity.WARNING,
        Scope.TRACK,
        identifiers.merged_mbid,
        True,
        "MusicBrainz has merged this MBID into another.",
        "Write the one that it has become.",
        view=Scope.ARTIST,
    ),
    Kind(
        "placeholder-genre",
        Severity.WARNING,
        Scope.TRACK,
        presence.placeholder_genre,
        True,
        "The genre is a word that stands for none, and hides that none was chosen.",
        "Write a real genre, or take the word away.",
    ),
    Kind(
        "whitespace",
        Severity.WARNING,
        Scope.TRACK,
        texts.whitespace,
        True,
        "A text has white space where none belongs, so one name is sorted as two.",
        "Take the superfluous white space away.",
    ),
    Kind(
        "missing-genre",
        Severity.NOTE,
        Scope.TRACK,
        presence.missing_genre,
        False,
        "The track has no genre.",
        "Write one, if you sort by genre.",
    ),
    Kind(
        "genre-mixed",
        Severity.NOTE,
        Scope.ALBUM,
        agreement.genre_mixed,
        False,
        "The tracks of the album name different genres.",
        "Write the same genres to all, if you sort by genre.",
    ),
    Kind(
        "external-cover-not-embedded",
        Severity.NOTE,
        Scope.ALBUM,
        covers.external_cover_not_embedded,
        True,
        "The cover lies in the folder only, so a track that is copied alone loses it.",
        "Embed it, if you copy tracks to phones or cars.",
    ),
    Kind(
        "similar-track",
        Severity.NOTE,
        Scope.TRACK,
        copies.similar_track,
        False,
        "Two tracks of the album have the same title and nearly the same length.",
        "Listen whether one of them is superfluous.",
        view=Scope.ALBUM,
    ),
    Kind(
        "mixed-formats",
        Severity.NOTE,
        Scope.ALBUM,
        agreement.mixed_formats,
        False,
        "The album is stored in several formats.",
        "Replace the lesser ones, if you can.",
    ),
    Kind(
        "low-bitrate",
        Severity.NOTE,
        Scope.TRACK,
        files.low_bitrate,
        False,
        "The audio is compressed so strongly that most people hear it.",
        "Replace it by a better copy, if you find one.",
    ),
    Kind(
        "name-not-portable",
        Severity.NOTE,
        Scope.TRACK,
        files.name_not_portable,
        False,
        "The name cannot be kept on Windows, on a USB stick or on some servers.",
        "Rename it before you copy it there.",
        view=Scope.ARTIST,
    ),
)
