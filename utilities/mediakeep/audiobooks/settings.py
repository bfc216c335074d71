"""The settings of audiobooks: those of the section, of the command, and of a book itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.audiobooks.item import AudiobookItem, to_path
from mediakeep.audiobooks.sources import book_format
from mediakeep.config import AudiobookSettings, PathSettings
from mediakeep.errors import UsageError

_DEFAULT = AudiobookSettings()
_FIRST_BACKUP_DIR = "outputs/audiobooks/backup"  # before there was a setting
_BIT_RATE = re.compile(r"(\d+)(k?)")
_MIN_BIT_RATE, _MAX_BIT_RATE = 8_000, 512_000


class BookOptions(AudiobookSettings, frozen=True, kw_only=True):
    """The settings of one book: those of the section, its name, and its tags; "" if unknown."""

    output: str = ""  # its name without the suffix
    cover: str = ""  # the path of a picture
    title: str = ""
    author: str = ""
    narrator: str = ""
    series: str = ""
    part: str = ""
    year: str = ""
    description: str = ""

    @property
    def sets_format(self) -> bool:
        """Whether the format of the encoding is chosen, so that the sources are not joined."""
        return bool(self.channels or self.sample_rate or self.bitrate != _DEFAULT.bitrate)

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
        book_format.check_sample_rate(self.sample_rate)


class BookSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of a build: those of mediakeep.toml, and the options of the command.

    `given` are the options that the user has set, which are also a new book's own settings;
    `combine` makes one book of all folders that are added.
    """

    home: str  # escaped
    paths: PathSettings = PathSettings()
    audiobooks: AudiobookSettings = AudiobookSettings()
    given: dict[str, Any] = {}
    combine: tuple[str, ...] = ()  # folders, escaped
    origin: str = ""
    ignore: tuple[str, ...] = ()  # patterns of files to skip

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

    def list_backup_dirs(self, items: Iterable[AudiobookItem] = ()) -> set[Path]:
        """Return the folders of all backups: also of those that earlier settings have made."""
        used = {to_path(item.backup_path).parent for item in items if item.backup_path}
        return {self.backup_dir, self.below_home(_FIRST_BACKUP_DIR), *used}

    def below_home(self, folder: str) -> Path:
        """Return the path of a folder, which is below the home if it is relative."""
        home = Path(path_text.unescape_path(self.home))
        return home / Path(path_text.unescape_path(folder)).expanduser()


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
