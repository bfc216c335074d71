"""Every error that mediakeep raises by itself.

    MediakeepError            1   some items failed
      ItemFailed              1   one item cannot be done
        Unreadable            1   a file or folder refuses to be read
          NotAudio            1   a file that is named like audio holds none
            Truncated         1   a file is cut off before its audio begins
        NoRoom                1   the disk for our own files is full or read-only
        BadData               1   a worker returned fields that its kind does not have
        NotWritten            1   a person's file was left as it was
          ReadOnlyFormat      1   its format, or what is odd about it, is not written
          Unfit               1   its tags cannot hold what they should
          Refused             1   the system or a setting forbids it
          Unverified          1   the copy beside it was not what it should be
          ChangedMeanwhile    1   another program changed it while it was being written
          Unexpected          1   a foreign exception, kept to the file that raised it
        NotUndone             1   a change cannot be taken back as things are
        NotThere              1   a service has nothing under that address
          NoSuchMBID          1   MusicBrainz has no entity of that MBID
          NoCover             1   the Cover Art Archive has no such picture of it
          NoSuchMovie         1   TMDb has nothing under that id
        NotNfo                1   a file is not the NFO of a movie, and is never touched
          BrokenNfo           1   it is cut off, or no proper XML
          UnsafeNfo           1   it is larger or trickier than an NFO has reason to be
      UsageFailed             2   wrong usage or settings
        BadSetting, BadTemplate, NoHome, NoQueue, NoSuchItem, AmbiguousName, ItemHeld,
        LibraryGone, ScanRefused, LockingUnsupported, QueueBusy
        NotAsked              2   a service is not asked as things are set
        NoCache               2   what services answer cannot be kept
      StateDamaged            3   the record is damaged; nothing was changed
        SnapshotDamaged, JournalDamaged, UndoLogDamaged, UnknownField, NewerFormat,
        InvalidQueueValues, QueueNeedsImport, IllegalTransition, RecordNotWritten
      ServiceFailed           4   a service gave an answer that is of no use
        Outage                4   it is not to be had now
        BadAnswer             4   its answer is not what it should be
        Unanswered            4   what it was asked for is not known now
      Stopped               130   the user said no

A class carries the template of its message and its exit code as attributes, because `python -OO`
removes docstrings.
"""

from __future__ import annotations

from pathlib import PurePath

from mediakeep import files


class MediakeepError(Exception):
    message = "Something went wrong: {}"
    exit_code = 1

    def __str__(self) -> str:
        given = [files.display_path(x) if isinstance(x, PurePath) else x for x in self.args]
        return self.message.format(*given)


class ItemFailed(MediakeepError):
    message = "{}"


class Unreadable(ItemFailed):
    message = "Cannot read {}: {}. {}"


class NotAudio(Unreadable):
    message = "{} is not audio: {}."


class Truncated(NotAudio):
    message = "{} is cut off: {}."


class NoRoom(ItemFailed):
    message = "{} The batch stops here; no attempt was counted."


class BadData(ItemFailed):
    message = "The {} worker returned data that its item cannot hold: {}"


class NotWritten(ItemFailed):
    message = "{} was left as it was: {}."


class ReadOnlyFormat(NotWritten):
    message = "{} is not written by mediakeep: {}."


class Unfit(NotWritten):
    message = "{} was left as it was: {} cannot be {} in it."


class Refused(NotWritten):
    message = "{} was left as it was: {}. {}"


class Unverified(NotWritten):
    message = "{} was left as it was: in the copy that was to replace it, {}."


class ChangedMeanwhile(NotWritten):
    message = "{} was left as it is: another program changed it meanwhile."


class Unexpected(NotWritten):
    message = "{} not processed: unexpected error ({}). Please report it."


class NotUndone(ItemFailed):
    message = "{} was not undone: {}. {}"


class NotThere(ItemFailed):
    message = "{} has nothing at {}."


class NoSuchMBID(NotThere):
    message = "MusicBrainz has no {} with the MBID {}."


class NoCover(NotThere):
    message = "The Cover Art Archive has no {} cover of {}."


class NoSuchMovie(NotThere):
    message = "TMDb has no {} with the id {}."


class NotNfo(ItemFailed):
    message = "It is not the NFO of a movie, and is left alone: {}."


class BrokenNfo(NotNfo):
    message = "The NFO is broken, and is left alone: {}."


class UnsafeNfo(NotNfo):
    message = "The NFO is not read, and is left alone: {}."


class UsageFailed(MediakeepError):
    message = "{}"
    exit_code = 2


class BadSetting(UsageFailed):
    message = "{}: {}"


class BadTemplate(UsageFailed):
    message = (
        "The template {}, line {}: {}. Mend it, or remove it: then the one that comes along is "
        "used."
    )


class NoHome(UsageFailed):
    message = (
        "No mediakeep home found here. Make one with: music-queue-manager --scan PATH --home DIR,"
        " or with movie-queue-manager for movies."
    )


class NoQueue(UsageFailed):
    message = """There is no {} queue in {} yet. Make one with:
    {} --home {} --scan PATH"""


class NoSuchItem(UsageFailed):
    message = 'There is no {} named "{}" in the queue.{}'


class AmbiguousName(UsageFailed):
    message = 'The name "{}" fits several: {}. Give one of them exactly.'


class ItemHeld(UsageFailed):
    message = (
        "{} is being worked on by session {}. Wait for it, stop it, or use --force to fence it off."
    )


class LibraryGone(UsageFailed):
    message = "The library {} is {}. Mount it and run again; no attempt was counted."


class ScanRefused(UsageFailed):
    message = "{} Nothing was changed."


class LockingUnsupported(UsageFailed):
    message = (
        "{} cannot hold a queue: on {} files cannot be locked ({}). Nothing was changed. Move the"
        " home to a local disk, and name it with --home."
    )


class QueueBusy(UsageFailed):
    message = (
        "{} was edited while session {} works on it. That session will set the edit aside at its "
        "next record; wait a moment and run again."
    )


class NotAsked(UsageFailed):
    message = "{} was not asked: {}."


class NoCache(UsageFailed):
    message = (
        "The answers of services cannot be kept in {}: {}. Free space, correct its rights, or "
        "remove it: then all is looked up anew."
    )


class StateDamaged(MediakeepError):
    message = "{}"
    exit_code = 3


class SnapshotDamaged(StateDamaged):
    message = "{} cannot be read: {}. Nothing was changed. {}"


class JournalDamaged(StateDamaged):
    message = (
        "{} is damaged at line {}: {}. Nothing was changed. Run --repair: it sets the damage "
        "aside and keeps all before it."
    )


class UndoLogDamaged(StateDamaged):
    message = (
        "Undo incomplete: the undo log in {} has damaged lines ({}). The changes recorded there "
        "were not undone; all others were. To undo the rest, restore the log files from a backup "
        "of status/undo and run again."
    )


class UnknownField(StateDamaged):
    message = "{}: {}. Nothing was changed. Correct or remove it there, or update mediakeep."


class InvalidQueueValues(StateDamaged):
    message = (
        "{}: {}. Nothing was changed. Correct it in the file, or run --repair, which brings back"
        " the queue as it was before that file was put in its place."
    )


class QueueNeedsImport(StateDamaged):
    message = "{} is a queue from before mediakeep. Nothing was changed. Import it: {}"


class NewerFormat(StateDamaged):
    message = "{} has format {}, this mediakeep knows {}. Nothing was changed. Update mediakeep."


class IllegalTransition(StateDamaged):
    message = "{}: a change from {} to {} is not allowed."


class RecordNotWritten(StateDamaged):
    message = (
        "{} could not be written: {}. The run stops here; all that was recorded before is safe. "
        "Free space or mend the disk, then run again."
    )


class ServiceFailed(MediakeepError):
    message = "{} failed: {}."
    exit_code = 4


class Outage(ServiceFailed):
    message = "{} is not to be had, and is not asked before {} (in {}): {}."


class BadAnswer(ServiceFailed):
    message = "{} failed: {} ({}). The answer is not kept; run again."


class Unanswered(ServiceFailed):
    message = "{}"


class Stopped(MediakeepError):
    message = "Stopped. Nothing was changed."
    exit_code = 130
