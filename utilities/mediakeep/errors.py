"""All exceptions that mediakeep defines, with their exit codes.

    MediakeepError            1   some items failed
      ItemFailed              1   one item cannot be processed
        Unreadable            1   a file or folder cannot be read
          NotAudio            1   a file with an audio suffix contains no audio
            UnsupportedAudio  1   it is audio of a format that is not read
            ContainsVideo     1   it contains video: a film, not a track
            Truncated         1   a file is truncated before its audio begins
        DecodingFailed        1   the audio of a file cannot be decoded
        EncodingFailed        1   a converted copy cannot be made
        DiskFull              1   the disk for mediakeep's own files is full or read-only
        VolumeFull            1   another volume is full
        InvalidItemData       1   a worker returned fields that its kind does not define
        NotWritten            1   a library file was not changed
          ReadOnlyFormat      1   writing its format, or this variant of it, is not supported
          ValueNotSupported   1   its tags cannot store a value
          WriteRefused        1   the system or a setting forbids writing
          VerificationFailed  1   verification of the new copy failed
          ConcurrentChange    1   another program changed it during the write
          UnexpectedError     1   an unforeseen exception, limited to the file that raised it
        NotCopied             1   a file or folder was not copied or moved
          SourceChanged       1   another program changed it meanwhile
          CopyDiffers         1   its copy on the disk is not equal to it
        SourcesRefused        1   files of an audiobook cannot be used
        WorkingFilesChanged   1   working files differ from what was recorded about them
        TargetExists          1   another file or folder has the name of an output
        NotEnoughSpace        1   a file system has less free space than an item needs
        PictureRefused        1   a picture cannot be shown in a video
        CaptionsRefused       1   a transcript cannot be used as captions
        UndoRefused           1   a change cannot be undone in the current state
        NotFound              1   a service has no resource at a URL
          NoSuchMBID          1   MusicBrainz has no entity with this MBID
          NoCover             1   the Cover Art Archive has no such picture
          NoSuchMovie         1   TMDb has no entry with this id
          UnusableItem        1   an item of archive.org cannot become an episode
        TransferCut           1   a download or upload was cut before its end
        DownloadMismatch      1   a downloaded file differs from what was announced
        UploadSessionLost     1   an upload session no longer exists
        UploadSourceChanged   1   a file was changed before its upload was finished
        NotAMovieNfo          1   a file is not a movie NFO, and is never changed
          BrokenNfo           1   it is truncated, or malformed XML
          UnsafeNfo           1   it is too large or too complex to parse safely
      UsageError              2   wrong usage or settings
        BadSetting, BadTemplate, InvalidCursor, NoHome, NoQueue, NoSuchItem, AmbiguousName,
        ItemInUse, LibraryMissing, SettingLost, ScanRefused, LockingUnsupported, QueueBusy
        InvalidOutcome        2   a worker returned an outcome that its stage does not allow
        InvalidPipelineError  2   a pipeline has faults, all of which the message names
          InvalidYAMLError    2   the first one: it is not YAML, or has aliases or tags
          UnknownProcessorError   2   the first one: there is no such processor
          MissingParameterError   2   the first one: a processor lacks a parameter
        LookupSkipped         2   the settings disable a service
        NotAuthorised         2   YouTube access is missing, expired or revoked
          WrongChannel        2   the token is for another channel than the settings or uploads
        NoCache               2   service responses cannot be stored
      StateDamaged            3   the state is damaged; nothing was changed
        SnapshotDamaged, JournalDamaged, UndoLogDamaged, UnknownField, NewerFormat,
        InvalidQueueValues, QueueNeedsImport, IllegalTransition, RecordNotWritten
      ServiceFailed           4   a service returned an unusable response
        Outage                4   it is unreachable at the moment
        InvalidResponse       4   its response is invalid
        LookupIncomplete      4   the requested data is not available yet
        SecretRejected        4   it rejected a token or key
        RequestLost           4   a request that is not sent again was not answered
        RequestRefused        4   it refused a request
      LimitReached            4   a quota or limit of a service is used up
      ClusterFailed           4   a Dask scheduler, or all of its workers, cannot be used
        QueueHostLost         4   a worker cannot reach the host of the queue
      Stopped               130   the user declined

Each class has its message template and its exit code as attributes, because `python -OO` removes
docstrings. A worker that raises a class whose `is_final` is set is not called again for the item.
An error of a transfer may set `made_progress`: if enough bytes are new, no attempt is counted.
Nor is one for an error with `retry_after`: the service is at fault, and the item waits.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePath

from mediakeep import path_text

# How the reason begins for which an item waits for disk space.
OUT_OF_SPACE = "Not enough disk space"


class MediakeepError(Exception):
    message = "Something went wrong: {}"
    exit_code = 1
    is_final = False  # whether no further attempt of the item, or of the part, can succeed
    made_progress = 0  # the bytes that the stage, or the part, has so far
    retry_after: float | None = None  # seconds that the item of a kind with stages waits

    def __str__(self) -> str:
        args = [path_text.display_path(x) if isinstance(x, PurePath) else x for x in self.args]
        return self.message.format(*args).rstrip()  # without a cure, if there is none


class ItemFailed(MediakeepError):
    message = "{}"


class Unreadable(ItemFailed):
    message = "Cannot read {}: {}. {}"


class NotAudio(Unreadable):
    message = "{} is not audio: {}."


class UnsupportedAudio(NotAudio):
    message = "{} is not supported: {}."


class ContainsVideo(NotAudio):
    pass


class Truncated(NotAudio):
    message = "{} is truncated: {}."


class DecodingFailed(ItemFailed):
    message = "{} cannot be decoded: {}."


class AudioDamaged(DecodingFailed):
    message = "{} is damaged: {}."


class EncodingFailed(ItemFailed):
    message = "{} not encoded: {}. {}"


class DiskFull(ItemFailed):
    message = "{} The batch stops here; no attempt was counted."


class VolumeFull(ItemFailed):
    """Raised by a worker whose output needs `needed` more bytes on the volume of `path`.

    `needed` is 0 if unknown. An item of a kind with stages waits until there is space.
    """

    message = "The volume of {} is full."

    def __init__(self, path: str | PurePath, needed: int = 0) -> None:
        super().__init__(path, needed)
        self.path, self.needed = str(path), needed

    def __str__(self) -> str:
        more = f" {self.needed:,} more bytes are needed there." if self.needed else ""
        return super().__str__() + more


class InvalidItemData(ItemFailed):
    message = "The {} worker returned invalid item data: {}"


class NotWritten(ItemFailed):
    message = "{} not changed: {}."


class ReadOnlyFormat(NotWritten):
    message = "{} cannot be written by mediakeep: {}."


class ValueNotSupported(NotWritten):
    message = "{} not changed: {} cannot be {} in it."


class WriteRefused(NotWritten):
    message = "{} not changed: {}. {}"


class VerificationFailed(NotWritten):
    message = "{} not changed: verification of the new copy failed ({})."


class ConcurrentChange(NotWritten):
    message = "{} not changed: another program modified it at the same time."


class UnexpectedError(NotWritten):
    message = "{} not processed: unexpected error ({}). Please report it."


class NotCopied(ItemFailed):
    message = "{} not copied: {}. {}"


class NotDeleted(NotCopied):
    message = "{} not deleted: {}. {}"


class SourceChanged(NotCopied):
    message = "{} not copied: {} during the copy. Run again when no other program changes it."


class CopyDiffers(NotCopied):
    message = "{} not copied: its copy on the disk differs from it. Check the disk, then run again."


class SourcesRefused(ItemFailed):
    """Raised with a text for each problem of the files of an audiobook, and its cure.

    It is not final if the system could not read a file.
    """

    message = "{} with the source files: {}"
    is_final = True
    _SHOWN = 20  # problems; more are counted

    def __init__(self, problems: tuple[str, ...], is_final: bool = True) -> None:
        super().__init__(problems, is_final)
        self.problems, self.is_final = problems, is_final

    def __str__(self) -> str:
        count, shown = len(self.problems), self.problems[: self._SHOWN]
        more = [f"{count - self._SHOWN:,} more."] if count > self._SHOWN else []
        number = f"{count:,} problems" if count > 1 else "1 problem"
        return self.message.format(number, " ".join([*shown, *more]))


class WorkingFilesChanged(ItemFailed):
    message = "{} is not as recorded: {}. {}"


class LinkInOriginal(ItemFailed):
    message = (
        "{} is a link, so the original is not deleted. Run again with --retry-failed and"
        " --keep-original, or replace the link by its file and reset the album."
    )
    is_final = True


class TargetExists(ItemFailed):
    message = "{} exists already. {}"


class NotEnoughSpace(ItemFailed):
    message = f"{OUT_OF_SPACE}: {{}}. Free disk space or use another folder, then run again."


class PictureRefused(ItemFailed):
    message = "{} not used as picture: {}. {}"
    is_final = True


class CaptionsRefused(ItemFailed):
    message = "{} not used as captions: {}. {}"
    is_final = True


class UndoRefused(ItemFailed):
    message = "{} not undone: {}. {}"


class NotFound(ItemFailed):
    message = "{} has nothing at {}."


class NoSuchMBID(NotFound):
    message = "MusicBrainz has no {} with the MBID {}."


class NoCover(NotFound):
    message = "The Cover Art Archive has no {} cover of {}."


class NoSuchMovie(NotFound):
    message = "TMDb has no {} with the id {}."


class UnusableItem(NotFound):
    message = "archive.org item {} cannot be used: {}. {}"
    is_final = True


class TransferCut(ItemFailed):
    """Raised with a file name, the bytes of the file that arrived so far, and its size."""

    message = "{}: connection cut after {:,} of {:,} bytes. Run again to continue there."

    def __init__(self, name: str, done: int, size: int) -> None:
        super().__init__(name, done, size)
        self.made_progress = done


class DownloadMismatch(ItemFailed):
    message = "{} not downloaded: {}. The next attempt begins again."


class UploadSessionLost(ItemFailed):
    message = "{}: the upload session has expired. Check for the finished video, then open another."


class UploadSourceChanged(ItemFailed):
    message = (
        "{} not uploaded: it was changed after it was converted. The next attempt converts the"
        " audio again."
    )
    is_final = True


class NotAMovieNfo(ItemFailed):
    message = "Not a movie NFO, so not changed: {}."


class BrokenNfo(NotAMovieNfo):
    message = "Malformed NFO, so not changed: {}."


class UnsafeNfo(NotAMovieNfo):
    message = "Unsafe NFO, so neither read nor changed: {}."


class UsageError(MediakeepError):
    message = "{}"
    exit_code = 2


class BadSetting(UsageError):
    message = "{}: {}"


class BadTemplate(UsageError):
    message = "Template {}, line {}: {}. Fix the template or delete it to use the built-in one."


class NoHome(UsageError):
    message = "No mediakeep home found. Create one with: {}."

    def __init__(
        self,
        command: str = (
            "mediakeep scan PATH --home DIR (for movies: mediakeep movies scan PATH --home DIR)"
        ),
    ) -> None:
        super().__init__(command)


class NoQueue(UsageError):
    message = """There is no {} queue in {} yet. Create it with:
    {}"""


class InvalidCursor(UsageError):
    message = "The cursor {}. Begin again without it."


class NoSuchItem(UsageError):
    message = 'There is no {} named "{}" in the queue.{}'


class AmbiguousName(UsageError):
    message = 'Ambiguous name "{}": {}. Use the full name.'


class ItemInUse(UsageError):
    message = (
        "{} is being processed by {}. Wait for it or stop it, then run again{}."
        " Nothing was changed."
    )

    def __init__(self, key: str, session: str, alternative: str = "") -> None:
        super().__init__(key, session, alternative)


class LockNotAcquired(UsageError):
    message = "Could not acquire lock for {}: {} processes it. Wait for it or stop it."


class LibraryMissing(UsageError):
    message = "The library {} is {}. Mount it and run again; no attempt was counted."


class SettingLost(LibraryMissing):
    message = "{} Correct that and run again; no attempt was counted."


class ScanRefused(UsageError):
    message = "{} Nothing was changed."


class LockingUnsupported(UsageError):
    message = (
        "{} cannot hold a queue: {} does not support file locks ({}). Nothing was changed. Move the"
        " home to a local disk and set --home."
    )


class QueueBusy(UsageError):
    message = (
        "{} was edited while session {} is using it. That session will set the edit aside at its "
        "next commit; wait a moment and run again."
    )


class InvalidOutcome(UsageError):
    message = (
        "{}, stage {}: invalid result of the worker: {}. {} The batch stops here; no attempt was"
        " counted, and everything recorded before is safe."
    )


class InvalidPipelineError(UsageError):
    pass


class InvalidYAMLError(InvalidPipelineError):
    pass


class UnknownProcessorError(InvalidPipelineError):
    pass


class MissingParameterError(InvalidPipelineError):
    pass


class LookupSkipped(UsageError):
    message = "{} not queried: {}."


class NotAuthorised(UsageError):
    message = "YouTube not authorised: {}. {}"


class WrongChannel(NotAuthorised):
    message = (
        "The YouTube token is for channel {}, but {} is used here. Log in with the account of that"
        " channel, or correct youtube_channel."
    )


class NoCache(UsageError):
    message = (
        "Cannot store service responses in {}: {}. Free disk space, fix its permissions, or "
        "delete it to look everything up again."
    )


class StateDamaged(MediakeepError):
    message = "{}"
    exit_code = 3


class SnapshotDamaged(StateDamaged):
    message = "{} cannot be read: {}. Nothing was changed. {}"


class JournalDamaged(StateDamaged):
    message = "{} is damaged at {}. Nothing was changed. {}"


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
        "{}: {}. Nothing was changed. Correct the file, or run --repair to restore the queue from"
        " before the file was replaced."
    )


class QueueNeedsImport(StateDamaged):
    message = "{} is a queue from before mediakeep. Nothing was changed. Import it: {}"


class NewerFormat(StateDamaged):
    message = "{} has format {}; this mediakeep supports {}. Nothing was changed. Update mediakeep."


class IllegalTransition(StateDamaged):
    message = "{}: a change from {} to {} is not allowed."


class RecordNotWritten(StateDamaged):
    message = (
        "{} could not be written: {}. The run stops here; everything recorded before is safe. "
        "Free disk space or repair the disk, then run again."
    )


class ServiceFailed(MediakeepError):
    message = "{} failed: {}."
    exit_code = 4
    retry_after: float | None = 600.0


class Outage(ServiceFailed):
    message = "{0} is unreachable ({3}). Next attempt at {1} (in {2})."


class InvalidResponse(ServiceFailed):
    message = "{} returned an invalid response: {} ({}). The response is not cached; run again."
    retry_after = None


class LookupIncomplete(ServiceFailed):
    message = "{}"


class SecretRejected(ServiceFailed):
    pass


class RequestLost(ServiceFailed):
    pass


class RequestRefused(ServiceFailed):
    """Raised with the service, its message, and its reason as a word; `is_final` if invalid."""

    message = "{} refused the request: {} ({})."
    retry_after = None

    def __init__(self, service: str, text: str, reason: str, is_final: bool = False) -> None:
        super().__init__(service, text, reason, is_final)
        self.reason, self.is_final = reason, is_final


class LimitReached(MediakeepError):
    """Raised with the service, its limit, and the time until which it is not used."""

    message = "{}: {} reached. Next request after {:%Y-%m-%d %H:%M} (local time)."
    exit_code = 4

    def __init__(self, service: str, limit: str, until: datetime) -> None:
        super().__init__(service, limit, until.astimezone())
        self.until = until
        self.retry_after = max(1.0, (until - datetime.now(UTC)).total_seconds())


class ClusterFailed(MediakeepError):
    message = "The Dask scheduler at {} cannot be used: {}. Nothing is lost; run again to continue."
    exit_code = 4


class QueueHostLost(ClusterFailed):
    message = (
        "The batch's machine cannot be reached from worker {}: {}. Nothing is lost; run again to"
        " continue."
    )


class Stopped(MediakeepError):
    message = "Stopped. Nothing was changed."
    exit_code = 130


class UndoStopped(Stopped):
    message = "Stopped. Run the same command to continue."
