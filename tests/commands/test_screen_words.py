"""What commands print: names, commands that can be pasted, and warnings about the home."""

from __future__ import annotations

from tests.commands.conftest import Home


def test_files_that_belong_to_no_artist_are_named_with_what_to_do(home: Home) -> None:
    track = next(home.music.rglob("*.mp3"))
    track.rename(home.music / "loose.mp3")
    output = home.scan()
    assert "1 audio file in" in output
    assert "loose.mp3" in output
    assert "Move them to the folder of their artist, then scan again." in output


def test_all_commands_in_a_report_name_the_home(home: Home) -> None:
    home.scan()
    assert home.batch("--all").returncode == 0
    reports = (home.path / "issues" / "music").iterdir()
    lines = [line for report in reports for line in report.read_text().splitlines()]
    commands = [line for line in lines if "python utilities/" in line]
    assert any("embed_cover.py" in line for line in commands)
    assert [line for line in commands if f"--home {home.path}" not in line] == []


def test_a_home_that_all_users_may_change_is_named(home: Home) -> None:
    home.scan()
    home.path.chmod(0o755)
    assert "chmod o-w" not in home.batch("--batch-size", 1).stderr
    home.path.chmod(0o777)
    assert f"chmod o-w {home.path}" in home.batch("--batch-size", 1).stderr
