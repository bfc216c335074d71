"""A whole run with a token that is wrong, then right, with faults on the way: nothing shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep_simulator.tmdb.app import API_KEY, READ_ACCESS_TOKEN
from tests import response_faults
from tests.commands import cinemas

WRONG = "a-token-that-was-withdrawn-some-time-ago"
WRONG_KEY = "ffeeddccbbaa99887766554433221100"
FAULTS = (
    response_faults.http_error(422),
    response_faults.truncated_body,
    response_faults.truncated_json,
    response_faults.wrong_shape,
    response_faults.html_page,
)


def holding(folder: Path, secret: str) -> list[Path]:
    """Return the files below a folder that hold a secret, in their names or bytes."""
    found = []
    for path in folder.rglob("*"):
        held = path.is_file() and secret.encode() in path.read_bytes()
        if held or secret in path.name:
            found.append(path)
    return found


@pytest.mark.parametrize(
    ("wrong", "right"),
    [(WRONG, READ_ACCESS_TOKEN), pytest.param(WRONG_KEY, API_KEY, marks=pytest.mark.slow)],
)
def test_nothing_that_a_run_writes_or_says_holds_a_token(
    tmp_path: Path, wrong: str, right: str
) -> None:
    movies, _ = cinemas.made(tmp_path, 4)
    (tmp_path / "temporary").mkdir(mode=0o700)
    (tmp_path / "secret").write_text(right)
    (tmp_path / "secret").chmod(0o600)
    shared = str(tmp_path / "temporary")
    settings = {"TMPDIR": shared, "XDG_RUNTIME_DIR": shared, "MEDIAKEEP_TMDB_TOKEN": wrong}
    with cinemas.served() as server:
        movies.url = server.url
        movies.scan()
        asking = {**cinemas.asking(server.url), "MEDIAKEEP_WORKERS": "1"}
        refused = movies.run("process_movies", "--all", env={**asking, **settings})
        statuses = [one.status for one in server.requests]
        for fault in FAULTS:
            server.faults.fail_next(fault)
        settings["MEDIAKEEP_TMDB_TOKEN"] = ""
        settings["MEDIAKEEP_TMDB_TOKEN_FILE"] = str(tmp_path / "secret")
        done = [movies.run("process_movies", "--all", env={**asking, **settings})]
        # A fault may end all asking of a run, so that it takes some until none is left.
        done += [movies.batch("--all", env=settings) for _ in FAULTS]
        asked = [f"{one.path} {one.query}" for one in server.requests]
    assert refused.returncode == 4
    assert "it rejected the token from MEDIAKEEP_TMDB_TOKEN (HTTP status 401)" in refused.stdout
    assert 1 <= statuses.count(401) == len(statuses) <= 2
    assert done[-1].returncode in (0, 4), done[-1].stderr
    assert (movies.queue / "tmdb_cache.json").exists()
    assert (movies.path / "status" / "cache" / "tmdb.sqlite").exists()
    for secret in (wrong, right):
        assert holding(tmp_path, secret) == [tmp_path / "secret"] * (secret == right)
        for run in (refused, *done):
            assert secret not in run.stdout + run.stderr
        assert not any(secret in one for one in asked)
