"""Errors name the variable, setting or flag that was wrong, and propose the nearest name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep_samples.music import music_library
from tests.commands import cinemas
from tests.commands.conftest import Home

BATCH = "process_music_batch"


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home for commands that do nothing."""
    root = tmp_path_factory.mktemp("untouched")
    music_library.make_library(root / "music", artists=1)
    (root / "home").mkdir()
    home = Home(root / "home", root / "music")
    home.scan()
    return home


@pytest.fixture
def home(untouched: Home) -> Iterator[Home]:
    yield untouched
    (untouched.path / "mediakeep.toml").unlink(missing_ok=True)
    assert set(untouched.statuses().values()) == {"pending"}


def refused(home: Home, *words: object, door: str = BATCH, **env: str) -> str:
    """Return what a command says that is refused."""
    done = home.call(door, *words, env={f"MEDIAKEEP_{name}": text for name, text in env.items()})
    assert done.returncode == 2, done.stdout
    return done.stderr


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("BATCH_SIZE", "none", "MEDIAKEEP_BATCH_SIZE: 'none' is not a valid int"),
        ("WORKERS", "-1", "MEDIAKEEP_WORKERS: -1 is not in the range"),
        ("ITEM_TIMEOUT", "soon", 'MEDIAKEEP_ITEM_TIMEOUT: "soon" is not a duration'),
        ("OFFLINE", "perhaps", "MEDIAKEEP_OFFLINE: 'perhaps' is not a valid bool"),
        ("FIX", "sfae", "MEDIAKEEP_FIX: 'sfae' is not one of 'none', 'safe', 'matched'."),
        ("CONTACT", "me", 'MEDIAKEEP_CONTACT: "me" is neither an e-mail address nor a URL.'),
        ("MUSICBRAINZ_HOST", "here", 'MEDIAKEEP_MUSICBRAINZ_HOST: "here" is not the URL'),
        ("MUSICBRAINZ_INTERVAL", "0.5", "MEDIAKEEP_MUSICBRAINZ_INTERVAL: musicbrainz.org allows"),
        ("LOCKED_FIELDS", "genrre", 'MEDIAKEEP_LOCKED_FIELDS: unknown field "genrre". Did you'),
        ("ALERT_COMMAND", "/no/such", "MEDIAKEEP_ALERT_COMMAND: there is no program /no/such."),
    ],
)
def test_a_wrong_variable_is_named(home: Home, name: str, text: str, told: str) -> None:
    assert told in refused(home, **{name: text})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("batch_size = 0", ": batch_size: 0 is not in the range"),
        ('fix = "sfae"', ": fix: 'sfae' is not one of"),
        ('contact = "me"', ': contact: "me" is neither'),
        ('batch_size = "two"', ': batch_size: a whole number is expected, not "two".'),
        ("batch-size = 2", ": unknown setting batch-size. Did you mean batch_size?"),
        ("workes = 2", ": unknown setting workes. Did you mean workers?"),
        ("mood = 2", ": unknown setting mood. Settings: batch_size, workers, "),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(home: Home, line: str, told: str) -> None:
    path = home.path / "mediakeep.toml"
    path.write_text(line + "\n")
    assert f"{path}{told}" in refused(home)


def test_a_wrong_flag_is_named_as_before(home: Home) -> None:
    (home.path / "mediakeep.toml").write_text("batch_size = 7\n")
    assert "'--batch-size': 0 is not in the range" in refused(home, "--batch-size", 0)


@pytest.mark.parametrize(
    ("name", "near"),
    [("FIXX", "FIX"), ("BATCHSIZE", "BATCH_SIZE"), ("WORKER", "WORKERS"), ("HOMES", "HOME")],
)
def test_a_variable_that_is_almost_a_setting_is_refused(home: Home, name: str, near: str) -> None:
    told = refused(home, "--all", **{name: "none"})
    assert told.startswith(f"MEDIAKEEP_{name}: unknown setting. Did you mean MEDIAKEEP_")
    assert f"MEDIAKEEP_{near}" in told
    assert home.call(BATCH, "--help", env={f"MEDIAKEEP_{name}": "none"}).returncode == 0


def test_a_variable_unlike_any_setting_is_for_another_program(home: Home) -> None:
    env = dict.fromkeys(("VERSION", "IMAGE", "UID", "HOST", "ALERT_KIND", "ALERT_NEXT"), "1")
    env = {f"MEDIAKEEP_{name}": text for name, text in env.items()}
    done = home.call("music_queue_manager", "--show-summary", env={**env, "MEDIAKEEP_FIXX": ""})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("door", "words", "told"),
    [
        (BATCH, ("--fix", "sfae"), "Did you mean safe?"),
        (BATCH, ("--report-formats", "md,htlm"), "Did you mean html?"),
        ("music_queue_manager", ("--list", "--status", "completd"), "Did you mean completed?"),
        ("fix_metadata", ("gender", "Folk", "."), "Did you mean genre?"),
        ("media_dashboard", ("--kind", "musik", "--once"), "Did you mean music?"),
        ("musicbrainz_lookup", ("artst", "Vera"), "Did you mean artist"),
    ],
)
def test_the_nearest_word_is_proposed(
    home: Home, door: str, words: tuple[object, ...], told: str
) -> None:
    assert told in refused(home, *words, door=door)


@pytest.mark.parametrize("given", ["tin lantrens", "Tin Lanterns (1990)", "lanterns"])
def test_a_movie_is_proposed_by_its_title(tmp_path: Path, given: str) -> None:
    movies = cinemas.made(tmp_path, 1)[0]
    for name in ("Tin Lanterns (1991)", "Other (1992)"):
        folder = movies.movies / "More" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.mkv").write_bytes(b"not a video")
    movies.scan()
    done = movies.manage("--show-movie", given)
    assert done.returncode == 2
    assert "Did you mean 'More/Tin Lanterns (1991)'" in done.stderr
