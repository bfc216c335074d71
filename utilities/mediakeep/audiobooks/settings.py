"""The settings of audiobooks: those of the section, of the command, and of a book itself."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, structs

from mediakeep import job_settings, kinds, path_text
from mediakeep.audiobooks.item import AudiobookItem
from mediakeep.errors import BadSetting, UsageError
from mediakeep.job_settings import CONFIGURED_LIBRARY, JobSettings
from mediakeep.media import ignore_rules
from mediakeep.setting_fields import OPTION_ONLY, UserPath

_FIRST_BACKUP_DIR = "outputs/audiobooks/backup"  # before there was a setting
_BIT_RATE = re.compile(r"(\d+)(k?)")
_MIN_BIT_RATE, _MAX_BIT_RATE = 8_000, 512_000
_BOOKS_AT_ONCE = 4


class BookPaths(msgspec.Struct, frozen=True, kw_only=True):
    """What audiobooks have of the section [paths]."""

    working_dir: Annotated[
        UserPath, Meta(description="Where books are built.", extra={"flag": "--working"})
    ] = "./working"


class BookOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one book: those of the section, its name, and its tags; "" if unknown.

    `order` and `chapters` may be paths of files.
    """

    output_dir: Annotated[UserPath, Meta(description="Where books go.")] = "outputs/audiobooks"
    bitrate: Annotated[
        str, Meta(description="Of AAC: such as 128k, or source.", extra={"metavar": "RATE"})
    ] = "128k"
    channels: Annotated[
        Literal[0, 1, 2], Meta(description="1 for mono, 2 for stereo.", extra={"range": (1, 2)})
    ] = 0  # stereo, or those of the sources if `bitrate` is "source"
    sample_rate: Annotated[
        int,
        Meta(ge=0, description="In Hz.", extra={"metavar": "HZ", "range": (8_000, 96_000)}),
    ] = 0  # 44,100, or as above
    order: Annotated[
        str,
        Meta(
            description="auto, tags, natural, alphabetical, or a file that lists the names.",
            extra={"words": ("auto", "tags", "natural", "alphabetical")},
        ),
    ] = "auto"
    chapters: Annotated[
        str,
        Meta(
            description="files, tags, silence, none, or a file with chapters.",
            extra={"words": ("files", "tags", "silence", "none")},
        ),
    ] = "files"
    formats: Annotated[Literal["all", "mp3"], Meta(description="Which audio files are used.")] = (
        "all"
    )
    damage: Annotated[
        Literal["auto", "conceal", "refuse"],
        Meta(
            description="What to do about damaged files: use them, with silence for what is lost,"
            " or not."
        ),
    ] = "auto"  # see `check_sources`
    max_file_size_mb: Annotated[int, Meta(ge=0, extra={"alias": "MAX_FILE_SIZE_MB"})] = 1000
    max_total_size_mb: Annotated[int, Meta(ge=0)] = 0  # no limit, as above
    backup: Annotated[
        bool,
        Meta(
            description="Copy the sources before the book is built.",
            extra={"alias": "BACKUP_ENABLED"},
        ),
    ] = True
    backup_dir: UserPath = "status/backups/audiobooks"  # not where players look for books
    backup_retention_days: Annotated[int, Meta(ge=0, extra={"alias": "BACKUP_RETENTION_DAYS"})] = (
        30  # 0: for ever
    )
    timestamp_names: Annotated[
        bool,
        Meta(
            description="Add date and time to the name.",
            extra={"flag": "--timestamp-names/--plain-names"},
        ),
    ] = False
    file_mode: Annotated[
        str,
        Meta(description="The permissions of the book, such as 640.", extra={"metavar": "MODE"}),
    ] = ""  # octal digits; "": as files are created by the system
    output: Annotated[
        str,
        Meta(
            description="The name of the book, without folder and suffix.",
            extra={"metavar": "NAME", **OPTION_ONLY},
        ),
    ] = ""
    cover: Annotated[
        str,
        Meta(
            description="A picture for the cover.",
            extra={"metavar": "FILE", "words": (), **OPTION_ONLY},
        ),
    ] = ""
    title: Annotated[str, Meta(description="The title of the book.", extra=OPTION_ONLY)] = ""
    author: Annotated[str, Meta(description="Its author.", extra=OPTION_ONLY)] = ""
    narrator: Annotated[str, Meta(description="Its narrator.", extra=OPTION_ONLY)] = ""
    series: Annotated[
        str, Meta(description="The series that it belongs to.", extra=OPTION_ONLY)
    ] = ""
    part: Annotated[str, Meta(description="Its number in the series.", extra=OPTION_ONLY)] = ""
    year: Annotated[str, Meta(description="The year of publication.", extra=OPTION_ONLY)] = ""
    description: Annotated[str, Meta(description="What it is about.", extra=OPTION_ONLY)] = ""

    @property
    def sets_format(self) -> bool:
        """Whether the format of the encoding is chosen, so that the sources are not joined."""
        return bool(self.channels or self.sample_rate or self.bitrate != BookOptions().bitrate)

    @property
    def bit_rate(self) -> int:
        """Bits per second of AAC, or 0 for that of the sources; raises UsageError."""
        if self.bitrate == "source":
            return 0
        match = _BIT_RATE.fullmatch(self.bitrate)
        value = int(match[1]) * (1000 if match[2] else 1) if match else 0
        if not _MIN_BIT_RATE <= value <= _MAX_BIT_RATE:
            raise UsageError(
                f'Bit rate "{self.bitrate}" is not possible. Use one from 8k to 512k, or "source".'
            )
        return value

    def check(self) -> None:
        """Raise UsageError if one of the values is invalid."""
        _ = self.bit_rate, parse_file_mode(self.file_mode)
        kinds.load("mediakeep.audiobooks.sources.book_format:check_sample_rate")(self.sample_rate)


class BookSettings(JobSettings, frozen=True, kw_only=True):
    """All settings of a build: those of mediakeep.toml, and the options of the command.

    `given` are the options that the user has set, which are also a new book's own settings;
    `combine` makes one book of all folders that are added.
    """

    paths: BookPaths = BookPaths()
    audiobooks: BookOptions = BookOptions()
    given: Annotated[dict[str, Any], Meta(extra=OPTION_ONLY)] = msgspec.field(default_factory=dict)
    combine: tuple[str, ...] = ()  # folders, escaped
    # Files to skip.
    ignore: Annotated[ignore_rules.IgnoreSettings, Meta(extra=OPTION_ONLY)] = ignore_rules.NOTHING

    def get_options(self, item: AudiobookItem | None = None) -> BookOptions:
        """Return the settings of a book, or those of the command."""
        values = {**msgspec.to_builtins(self.audiobooks), **self.given}
        try:
            return msgspec.convert({**values, **(item.options if item else {})}, BookOptions)
        except msgspec.ValidationError as error:
            raise UsageError(f"{error}. Correct it and run again.") from error

    @property
    def working_dir(self) -> Path:
        """The folder of the working folders; a relative one is below the home."""
        return self.below_home(self.paths.working_dir)

    @property
    def backup_dir(self) -> Path:
        """The folder of the backups."""
        return self.below_home(self.audiobooks.backup_dir)

    def list_folders(self) -> list[Path]:
        """Return the folders that its items write, besides the home and the library."""
        output = self.below_home(self.get_options().output_dir)
        return [self.working_dir, self.backup_dir, output]

    def list_backup_dirs(self, items: Iterable[AudiobookItem] = ()) -> set[Path]:
        """Return the folders of all backups: also of those that earlier settings have made."""
        used = {path_text.to_path(item.backup_path).parent for item in items if item.backup_path}
        return {self.backup_dir, self.below_home(_FIRST_BACKUP_DIR), *used}


def parse_file_mode(text: str) -> int | None:
    """Return the mode that octal digits stand for, or None for an empty text; raise UsageError."""
    if not text:
        return None
    digits = text.removeprefix("0")
    if len(digits) == 3 and all(digit in "01234567" for digit in digits) and digits[0] in "4567":
        return int(digits, 8)
    raise UsageError(
        f"Invalid file mode {text!r}: give three octal digits that let its owner read the book,"
        " such as 640."
    )


def build_settings(
    home: Path,
    own: Mapping[str, Any],
    others: dict[str, Any],
    environ: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """Return the settings as plain data; raise BadSetting or UsageError if one is invalid.

    `own` are the command's own options, None if not given. Folders to build are added to the
    paths that the batch adds, in `others`, and a source root to scan becomes its scan.
    """
    folders = [path.expanduser().absolute() for path in own["folders"]]
    more = {
        "combine": tuple(map(path_text.escape_path, folders)) if own["combine"] else (),
        "ignore": ignore_rules.parse_settings(others["ignore"], others.get("links") or ""),
    }
    settings = job_settings.build_settings(BookSettings, home, {**own, **more}, environ)
    options = settings.audiobooks
    options.check()
    names = [name for name in options.__struct_fields__ if own.get(name) is not None]
    settings = structs.replace(settings, given={name: getattr(options, name) for name in names})
    _check_folders(own, others)
    others["add"] = (*others["add"], *(folders[:1] if own["combine"] else folders))
    others["only_added"] = bool(folders) or others.get("only_added", False)
    _change_batch(own, others, environ)
    return msgspec.to_builtins(settings)  # type: ignore[no-any-return]


def _check_folders(own: Mapping[str, Any], others: Mapping[str, Any]) -> None:
    """Raise UsageError if options about folders do not fit together."""
    count, combine, output = len(own["folders"]), own["combine"], own["output"]
    books = 1 if combine else count + len(others["add"])
    for is_wrong, message in (
        (
            combine and count < 2,
            "--combine makes one book of several folders. Name at least two.",
        ),
        (
            combine and others["add"],
            "--combine cannot be combined with --add. Name the folders only.",
        ),
        (
            output and books != 1,
            "--output names one book. Name one folder, or use --combine.",
        ),
        (
            output and Path(output).name != output,
            "--output is a name without folders. Use --output-dir for the folder.",
        ),
    ):
        if is_wrong:
            raise UsageError(message)


def _change_batch(
    own: Mapping[str, Any], others: dict[str, Any], environ: Mapping[str, str]
) -> None:
    """Apply the source root and the variables about the batch to its options."""
    if own["source_root"] and not others["scan"]:
        raise UsageError("--source-root is the folder that --scan searches. Add --scan.")
    if others["scan"] == CONFIGURED_LIBRARY and own["source_root"]:
        others["scan"] = own["source_root"]
    if not others["jobs"]:
        text = environ.get("MAX_CONCURRENT_JOBS", "")
        if text and not (text.isdecimal() and int(text)):
            raise BadSetting("MAX_CONCURRENT_JOBS", f'"{text}" is not a number above 0.')
        others["jobs"] = int(text or _BOOKS_AT_ONCE)
    if environ.get("DEBUG", "").lower() in ("true", "1", "yes"):
        others["verbose"] = True
    if not others["workers"] and environ.get("USE_ALL_CPUS", "").lower() in ("false", "0", "no"):
        others["workers"] = max(1, (os.cpu_count() or 1) // 2)
