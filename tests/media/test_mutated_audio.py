"""Whatever a decade of downloads does to a file, reading it is quick, small and never astonished.

A fault is printed with the recipe of its file: python -m tests.media.mutations cut m4a 17 > bad.m4a
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.errors import NotAudio
from mediakeep.media import pictures
from mediakeep.media.audio import tags
from tests.media import mutations, mutations_maps
from tests.media import mutations_sounds as sounds
from tests.media import mutations_trial as trial
from tests.media.mutations import Recipe
from tests.media.mutations_changes import NAMES, SUFFIXES
from tests.media.mutations_child import Limits
from tests.sampling import each_row, some

READERS = "tests.media.mutations_readers"
FEW, MANY = 600, 100_000
CHUNKS = 2
LARGE_CHUNKS = 50
BOMBS = 3  # one of so many in every run: they take nearly all of its time


def try_all(recipes: list[Recipe], folder: Path) -> None:
    verdict = trial.hold(recipes, READERS, folder, Limits())
    print(f"{verdict.seconds:.2f} s: {verdict.slowest}")
    print(f"{verdict.memory >> 20} MB: {verdict.largest}")
    assert not verdict.faults, "\n".join(verdict.faults)


@pytest.mark.loop
@pytest.mark.parametrize("chunk", some(range(CHUNKS), CHUNKS))
def test_no_damaged_file_astonishes_hangs_or_swells(memory: Path, chunk: int) -> None:
    few = mutations.listed(FEW)
    bombs = [recipe for recipe in few if recipe.change == "bomb"]
    others = [recipe for recipe in few if recipe.change != "bomb"]
    try_all([*bombs[::BOMBS], *others][chunk::CHUNKS], memory)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(LARGE_CHUNKS))
def test_none_of_a_hundred_thousand_does(memory: Path, chunk: int) -> None:
    try_all(mutations.listed(MANY)[chunk::LARGE_CHUNKS], memory)


@each_row("name", sounds.SOUNDS)
def test_each_sound_is_healthy_before_it_is_damaged(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a.{name}"
    path.write_bytes(sounds.whole(name))
    reading = tags.read(path)
    assert reading.facts.format == sounds.SOUNDS[name][0]
    assert reading.facts.duration > 0
    assert reading.tags.title or name in ("vbri.mp3", "tagged.flac")


@each_row("name", sounds.PICTURES)
def test_each_picture_is_whole_before_it_is_damaged(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a.{name}"
    path.write_bytes(sounds.whole(name))
    assert pictures.read_picture_info(path) == (sounds.PICTURES[name][0], 300, 300)


@each_row("name", NAMES)
def test_the_map_of_a_file_leads_to_its_lengths(name: str) -> None:
    data, parts = sounds.whole(name), mutations_maps.of(name)
    assert parts.edges[0] == 0
    assert parts.edges[-1] == len(data)
    assert len(parts.lengths) >= 2
    assert all(0 <= length.at <= len(data) - length.width for length in parts.lengths)


def test_damage_leaves_some_files_readable_and_others_not(tmp_path: Path) -> None:
    read = refused = 0
    for recipe in mutations.listed(FEW)[-300:]:
        path = tmp_path / f"a{recipe.suffix}"
        path.write_bytes(recipe.content())
        try:
            tags.read(path)
            read += 1
        except NotAudio:
            refused += 1
    assert read > 50
    assert refused > 50


def test_every_recipe_is_another_one_and_makes_the_same_file_again() -> None:
    recipes = mutations.listed(FEW)
    assert len(recipes) == len(set(recipes)) == FEW
    for recipe in recipes[-100:]:
        assert mutations.recipe(str(recipe)).content() == recipe.content()


def test_all_ways_and_files_are_among_the_first_two_thousand() -> None:
    damaged = [recipe for recipe in mutations.listed(FEW) if recipe.change != "bomb"]
    ways = {recipe.change for recipe in mutations.listed(MANY)} - {"bomb"}
    assert {recipe.change for recipe in damaged} == ways
    assert {recipe.name for recipe in damaged} == set(NAMES)


@pytest.mark.slow
def test_readers_that_hoard_hang_or_stumble_are_found_out(memory: Path) -> None:
    recipes = [Recipe("renamed", "wav", number) for number in reversed(range(len(SUFFIXES)))]
    # A wait is far longer than any work, so that a busy machine mistakes neither for the other.
    limits = Limits(work=0.5, wait=20.0, memory=100 << 20)
    verdict = trial.hold(recipes, "tests.media.mutations_controls", memory, limits)
    found = [tuple(fault.split(": ", 2)) for fault in verdict.faults]
    one = {recipe.suffix: str(recipe) for recipe in recipes}
    assert found == [
        ("grasp", one[".wv"], "MemoryError behind NotAudio"),
        ("spin", one[".wma"], "it worked on without end"),
        ("hoard", one[".wav"], "memory grew by more than 100 MB"),
        ("stumble", one[".mpc"], "KeyError: 'a foreign exception'"),
        ("wait", one[".dsf"], "it waited without end"),
        ("gloss", one[".ape"], "AttributeError behind NotAudio"),
        ("die", one[".aiff"], "it was ended by SIGABRT"),
        ("judge", f"{one['.aif']}; {one['.aac']}", "ZeroDivisionError: division by zero"),
    ]
