"""Find the audio files of the albums that a user names, and those that meet conditions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mediakeep import command_text, path_text
from mediakeep.app.edit import audio_targets, list_files
from mediakeep.app.edit.edit_result import EditResult
from mediakeep.app.edit.field_values import FieldCondition
from mediakeep.app.subjects import registry
from mediakeep.errors import UnexpectedError, Unreadable, UsageError
from mediakeep.media import file_errors
from mediakeep.media.audio import tags
from mediakeep.music.item import MUSIC
from mediakeep.queue import actions, readonly


def find_files(
    home: Path, named: Iterable[str], album_list: Path | None, artist: str | None, links: str
) -> list[Path]:
    """Return the files of albums: those named, those in a list, and all of an artist.

    Raise UsageError if there are no albums, or if one of them is no folder.
    """
    finder = audio_targets.AudioFileFinder(home, Path(), links)
    albums = [_check_folder(finder.find_path(text)) for text in named]
    albums += _read_album_list(home, album_list, links)
    if artist:
        state = readonly.load_state(registry.queue_folder(home, MUSIC), MUSIC)
        item = state.items[actions.find_item_key(state, artist)]
        albums.append(Path(path_text.unescape_path(item.path)))
    if not albums:
        raise UsageError("Give ALBUM..., --album-list or --artist.")
    return audio_targets.find_all(albums, finder.ignored)


def _read_album_list(home: Path, file: Path | None, links: str) -> list[Path]:
    """Read a list of albums; raise UsageError with all that do not exist."""
    if file is None:
        return []
    finder = audio_targets.AudioFileFinder(
        home, Path() if str(file) == "-" else file.expanduser().parent, links
    )
    errors, paths = list_files.InputErrors(path_text.escape_path(file)), []
    for number, line in list_files.read_lines(file):
        with errors.collect_at(f"line {number}"):
            paths.append(_check_folder(finder.find_path(line)))
    errors.raise_if_any()
    return paths


def _check_folder(path: Path) -> Path:
    if path.is_dir():
        return path
    command = command_text.format_command("fix_metadata.py")
    reason = f"{path_text.display_path(path)} is not a folder. Edit single files with: {command}"
    raise UsageError(reason)


def filter_by_conditions(
    paths: list[Path], conditions: Sequence[FieldCondition], result: EditResult
) -> list[Path]:
    """Skip files that do not meet all conditions, and those that cannot be read."""
    if not conditions:
        return paths
    matching = []
    for file in paths:
        try:
            with file_errors.wrap_file_errors(file):
                audio_file = tags.read(file)
                fits = all(condition.is_met_by(audio_file) for condition in conditions)
        except (UnexpectedError, Unreadable) as error:
            result.add_failure(file, error)
            continue
        if fits:
            matching.append(file)
        else:
            result.left_out += 1
    return matching
