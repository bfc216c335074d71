"""Albums that are published in another profile or output folder than that of the settings.

Such an album is done, unless the user wants a second twin of it: an item of its own.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping

from mediakeep import path_text
from mediakeep.albums import report
from mediakeep.albums.item import AlbumItem, find_output_folder, to_path
from mediakeep.albums.settings import AlbumSettings
from mediakeep.errors import UsageError
from mediakeep.item import Item, NewItem, SecondOutputs, Status

_Place = dict[str, str]  # the settings of an item by which an album gets there


def find_second_outputs(items: Mapping[str, Item], settings: AlbumSettings) -> SecondOutputs:
    """Return what to do for albums that are only published elsewhere.

    Raise UsageError if a twin would replace what is published.
    """
    profile = settings.get_profile().name
    wanted = _find_place(AlbumItem(status=Status.PENDING), settings, profile)
    published: dict[str, tuple[str, _Place]] = {}  # by the path of the original
    fitting, kept = set[str](), dict[str, _Place]()
    for key, item in items.items():
        assert isinstance(item, AlbumItem)
        place = _find_place(item, settings, profile)
        if place == wanted:
            fitting.add(item.path)
        elif item.playback_path and item.status is not Status.SKIPPED and not item.original_deleted:
            published.setdefault(item.path, (key, place))
            kept |= {} if item.profile or item.output_dir else {key: place}
    found = {key: place for path, (key, place) in published.items() if path not in fitting}
    if not settings.also:
        done = [
            _describe(place)
            for key, place in found.items()
            if items[key].status is Status.COMPLETED
        ]
        lines = [
            f"Done in {place}, but not in {_describe(wanted)}: {number:,} of {len(items):,}."
            " Add --also to have both; they need two output folders."
            for place, number in Counter(done).items()
        ]
        return SecondOutputs(tuple(lines))
    for place in found.values():
        if place["output_dir"] == wanted["output_dir"]:
            raise UsageError(
                f"--also needs another output folder: there are albums in {_describe(place)}."
                " Change --output, or use {profile} in it."
            )
    twins = tuple(_build_twin(key, items[key], wanted) for key in found)
    return SecondOutputs(new=twins, kept=kept)


def _find_place(item: AlbumItem, settings: AlbumSettings, profile: str) -> _Place:
    """Return where an album was published, or where the settings would publish it."""
    profile = item.profile or profile
    folder = settings.find_output_dir(path_text.unescape_path(item.output_dir), profile)
    if item.folder and (published := find_output_folder(item)):
        last = report.read_report(settings.home, item)
        profile = last.profile if last else profile
        folder = published
    return {"profile": profile, "output_dir": path_text.escape_path(os.path.normpath(folder))}


def _describe(place: _Place) -> str:
    return f"{place['profile']} in {path_text.display_path(to_path(place['output_dir']))}"


def _build_twin(key: str, item: Item, wanted: _Place) -> NewItem:
    assert isinstance(item, AlbumItem)
    return NewItem(
        name=f"{item.name or key} [{path_text.escape_path(wanted['profile'])}]",
        path=item.path,
        fingerprint=item.fingerprint,
        fields={"track_count": item.track_count, "folder": item.folder},
        settings=wanted,
    )
