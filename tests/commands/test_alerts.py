"""Alerts of whole batches: what raises one, once, and that none holds a batch up."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.alerts import alert_log
from mediakeep.alerts.spawn_sender import DeliveryJob
from mediakeep.alerts.targets import AlertTarget
from mediakeep.app.batch.alert_triggers import AlertTriggers
from mediakeep.app.batch.batch_request import AlertOptions
from mediakeep.errors import StateDamaged
from mediakeep.music.item import MUSIC
from mediakeep_samples.music import music_library
from tests.alerts.service import Service, answer, late, lines, processes, until
from tests.commands.conftest import Home, environment, obey_permissions, obeying_permissions
from tests.sampling import each_row

ARTISTS = 6
UTILITIES = Path(alert_log.__file__).parents[2]


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of few artists, some of whom have nothing else to do than to fail."""
    root = tmp_path_factory.mktemp("few") / "music"
    music_library.make_library(root, artists=ARTISTS)
    return root


@pytest.fixture
def home(tmp_path: Path, few: Path) -> Home:
    """A fresh home with a library of its own."""
    shutil.copytree(few, tmp_path / "music", symlinks=True)
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home", tmp_path / "music")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory, few: Path) -> Home:
    """A home for commands that do nothing."""
    (path := tmp_path_factory.mktemp("untouched") / "home").mkdir()
    home = Home(path, few)
    home.scan()
    return home


@pytest.fixture
def service() -> Iterator[Service]:
    started = Service(answer(200))
    yield started
    started.close()


def log(home: Home) -> Path:
    return alert_log.log_path(home.path)


def batch(home: Home, service: Service, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a batch that tells a webhook, with no right to read what forbids it."""
    told = {"MEDIAKEEP_ALERT_WEBHOOK": service.url}
    with obeying_permissions():
        return home.call("process_music_batch", *words, env=told)


def delivered(home: Home, count: int) -> None:
    """Wait until so many deliveries are noted, so that no sender is left."""
    until(lambda: sum("tries" in line for line in lines(log(home))) >= count)


def raised(home: Home) -> list[str]:
    """Return the events of all alerts that were raised, oldest first."""
    told = (line for line in lines(log(home)) if line["message"].startswith("Alert raised"))
    return [line["event"] for line in told]


def lock(home: Home, count: int) -> list[Path]:
    """Forbid the reading of the first artists, and return their folders."""
    names = list(home.snapshot()["artists"])[:count]
    folders = [home.music / name for name in names]
    for folder in folders:
        folder.chmod(0)
    return folders


def unlock(home: Home) -> None:
    for folder in home.music.iterdir():
        if folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o755)


@pytest.fixture
def failing(home: Home) -> Iterator[Home]:
    """A home whose first four artists cannot be read."""
    home.scan()
    lock(home, 4)
    yield home
    unlock(home)


def test_failures_in_a_row_are_counted_over_batches_and_told_once(
    failing: Home, service: Service
) -> None:
    for number in range(4):
        done = batch(failing, service, "--batch-size", 1, "--alert-after", 3)
        assert done.returncode == 1, done.stderr
        assert done.stderr == ""
        assert log(failing).exists() == (number >= 2)
    delivered(failing, 1)
    assert raised(failing) == ["failures"]
    (alert,) = service.alerts
    name = list(failing.snapshot()["artists"])[2]
    assert (alert["event"], alert["kind"], alert["format"]) == ("failures", "music", 1)
    assert alert["home"] == str(failing.path)
    assert alert["facts"]["failures"] == 3
    assert alert["facts"]["item"] == name
    assert alert["facts"]["reason"].startswith(f"Cannot read {failing.music / name}: Permission")
    assert alert["facts"]["session"].endswith("_session_003")
    assert alert["facts"]["counts"] == {"pending": ARTISTS - 3, "error": 3}
    assert alert["message"].startswith(f"The last 3 attempts have failed. The newest: {name} has")
    assert alert["next"].endswith(f"--home {failing.path} --list --status error")


@pytest.mark.long
def test_a_success_ends_a_streak_and_the_next_one_is_told_again(
    failing: Home, service: Service
) -> None:
    batch(failing, service, "--batch-size", 5, "--alert-after", 4)
    failing.ok("--reset-errors")
    batch(failing, service, "--batch-size", 4, "--alert-after", 4)
    failing.ok("--reset-errors")
    batch(failing, service, "--all", "--alert-after", 4)
    delivered(failing, 2)
    assert raised(failing) == ["failures"] * 2
    assert len(service.requests) == 2


def test_a_streak_below_the_number_is_not_told(failing: Home, service: Service) -> None:
    assert batch(failing, service, "--batch-size", 5).returncode == 1
    assert not log(failing).exists()
    assert service.requests == []


def test_a_finished_library_is_told_by_the_batch_that_finishes_it(
    home: Home, service: Service
) -> None:
    home.scan()
    batch(home, service, "--batch-size", ARTISTS - 1)
    assert not log(home).exists()
    batch(home, service)
    delivered(home, 1)
    batch(home, service)
    batch(home, service, "--artist", "Velvet Harbour")
    home.ok("--reset-artist", "Velvet Harbour")
    assert raised(home) == ["finished"]
    batch(home, service)
    delivered(home, 2)
    assert raised(home) == ["finished"] * 2
    first = service.alerts[0]
    assert first["message"] == "The music library is finished: 6 of 6 artists are done."
    assert first["facts"]["counts"] == {"completed": ARTISTS}
    assert first["next"].endswith("--show-summary")


@pytest.mark.long
def test_what_waits_for_another_try_is_not_finished_and_what_failed_for_good_is(
    home: Home, service: Service
) -> None:
    home.scan()
    lock(home, 1)
    batch(home, service, "--all", "--max-attempts", 2)
    assert not log(home).exists()
    home.ok("--reset-errors")
    batch(home, service, "--all", "--max-attempts", 1)
    unlock(home)
    delivered(home, 1)
    (alert,) = service.alerts
    assert alert["message"].endswith("5 of 6 artists are done, 1 failed for good.")
    assert alert["facts"]["counts"] == {"completed": ARTISTS - 1, "error": 1}


@pytest.mark.slow
def test_damage_is_told_once_a_day(finished: Home, service: Service) -> None:
    path = finished.queue / "processing_queue.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    for _ in range(2):
        done = batch(finished, service)
        assert done.returncode == 3
        assert raised(finished) == ["damaged"]
    delivered(finished, 1)
    (alert,) = service.alerts
    assert alert["event"] == "damaged"
    assert "processing_queue.json cannot be read" in alert["message"]
    assert " ".join(done.stderr.split()).startswith(alert["facts"]["reason"][:400])
    assert alert["next"].endswith("--repair")
    path.write_bytes(b"[]")
    assert batch(finished, service).returncode == 3
    delivered(finished, 2)
    assert raised(finished) == ["damaged"] * 2


def test_without_settings_and_in_a_dry_run_nothing_is_told(failing: Home, service: Service) -> None:
    with obeying_permissions():
        failing.batch("--all", "--alert-after", 1)
    batch(failing, service, "--all", "--alert-after", 1, "--dry-run")
    assert not log(failing).exists()
    assert service.requests == []


def test_a_service_that_hangs_holds_no_batch_up(home: Home) -> None:
    home.scan()
    service = Service(late)
    told = {"MEDIAKEEP_ALERT_WEBHOOK": service.url}
    done = home.batch("--all", env=told)
    service.receive(1)
    shown = processes()
    assert done.returncode == 0
    # Its sender, which goes on trying for minutes, is still at it.
    assert [one for one in shown.values() if "mediakeep.alerts.sender_process" in one]
    assert not [one for one in shown.values() if service.url in one]
    assert not [line for line in lines(log(home)) if "tries" in line]
    service.over.set()
    delivered(home, 1)
    service.close()


def doomed(home: Home, lines: str, service: Service, *words: object) -> None:
    """Run a batch, changed by lines of code, that kills itself with all of its group."""
    code = (
        "import os, sys\nfrom mediakeep.alerts import spawn_sender\n"
        "from mediakeep.app.batch import alert_triggers\nfrom mediakeep.commands import "
        "process_music_batch\n"
        f"{lines}\nprocess_music_batch.main()"
    )
    command = [sys.executable, "-c", code, "--home", home.path, "--workers", 1, *words]
    more = {"MEDIAKEEP_ALERT_WEBHOOK": service.url, "PYTHONPATH": str(UTILITIES)}
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.DEVNULL,
        env=environment(more),
        preexec_fn=obey_permissions,
        start_new_session=True,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL


def test_a_batch_that_is_killed_right_after_it_raised_an_alert_has_told(
    failing: Home, service: Service
) -> None:
    die = (
        "alert_triggers.AlertTriggers.__init__.__defaults__ = (lambda job: "
        "(spawn_sender.send_in_background(job), os.killpg(0, 9)),)"
    )
    doomed(failing, die, service, "--all", "--alert-after", 2)
    delivered(failing, 1)
    assert [alert["facts"]["failures"] for alert in service.alerts] == [2]


@pytest.mark.parametrize(
    "die",
    [
        "alert_triggers.AlertTriggers._send_alert = lambda *_: os.killpg(0, 9)",
        pytest.param(
            "alert_triggers.AlertTriggers.on_finish = lambda *_: os.killpg(0, 9)",
            marks=pytest.mark.slow,
        ),
        "alert_triggers.AlertTriggers.on_item = lambda _, one, __: one.number == 6 and "
        "os.killpg(0, 9)",
    ],
    ids=["while telling", "after telling", "before telling"],
)
def test_a_library_that_a_killed_batch_finished_is_told_once(
    home: Home, service: Service, die: str
) -> None:
    home.scan()
    doomed(home, die, service, "--all")
    for _ in range(2):
        assert batch(home, service).returncode == 0
    delivered(home, 1)
    assert raised(home) == ["finished"]
    (alert,) = service.alerts
    assert alert["facts"]["counts"] == {"completed": ARTISTS}
    assert alert["facts"]["session"].endswith("_session_001")


@pytest.mark.long
def test_a_library_that_was_finished_unheard_is_told_by_the_next_batch(
    finished: Home, service: Service
) -> None:
    for _ in range(2):
        batch(finished, service)
    batch(finished, service, "--artist", "Velvet Harbour")
    batch(finished, service)
    delivered(finished, 1)
    assert raised(finished) == ["finished"]


def test_what_a_killed_batch_did_last_counts(failing: Home, service: Service) -> None:
    """Its settles stand in the journal alone when the next batch begins."""
    die = (
        "alert_triggers.AlertTriggers.on_item = lambda _, one, __: one.number == 2 and "
        "os.killpg(0, 9)"
    )
    doomed(failing, die, service, "--all")
    batch(failing, service, "--batch-size", 1, "--alert-after", 3)
    delivered(failing, 1)
    assert service.alerts[0]["facts"]["failures"] == 3


def test_a_command_is_told_the_same(home: Home, tmp_path: Path) -> None:
    home.scan()
    told = tmp_path / "told"
    script = f"import sys; open({str(told)!r}, 'w').write(sys.stdin.read())"
    command = shlex.join([sys.executable, "-c", script])
    (home.path / "mediakeep.toml").write_text(f"alert_command = {json.dumps(command)}\n")
    assert home.batch("--all").returncode == 0
    delivered(home, 1)
    alert = json.loads(told.read_text())
    assert alert["event"] == "finished"
    assert lines(log(home))[-1]["target"] == "command"


def test_the_address_of_the_webhook_is_written_nowhere(
    failing: Home, service: Service, tmp_path: Path
) -> None:
    place = tmp_path / "webhook"
    place.write_text(f"{service.url}\n")
    with obeying_permissions():
        done = failing.batch("--all", "--alert-webhook-file", place, "--alert-after", 1)
    delivered(failing, 1)
    assert service.alerts
    assert "s3cr3t" not in done.stdout + done.stderr
    unlock(failing)
    written = [path for path in failing.path.rglob("*") if path.is_file()]
    assert log(failing) in written
    assert [path for path in written if b"s3cr3t" in path.read_bytes()] == []


@each_row(
    ("words", "env", "why"),
    [
        ([], {"ALERT_WEBHOOK": "http://example.org/s3cr3t"}, "example.org is not https"),
        ([], {"ALERT_WEBHOOK": "s3cr3t"}, "Invalid webhook address"),
        (["--alert-command", "no-such-program"], {}, "no program no-such-program"),
        (["--alert-webhook-file", "/no/such/file"], {}, "/no/such/file: No such file"),
        (["--alert-webhook-file", "https://example.org/s3cr3t"], {}, "is an address itself"),
        (["--alert-webhook-file", "~no-such-user/x"], {}, "~no-such-user/x: "),
        (["--alert-command", "~no-such-user/x"], {}, "no program ~no-such-user/x"),
        (["--alert-after", "0"], {}, "--alert-after"),
    ],
)
def test_settings_that_do_not_go_end_a_batch_before_it_begins(
    untouched: Home, words: list[str], env: dict[str, str], why: str
) -> None:
    home = untouched
    before = home.snapshot()
    told = {f"MEDIAKEEP_{name}": text for name, text in env.items()}
    done = home.call("process_music_batch", *words, env=told)
    assert done.returncode == 2
    assert why in done.stderr
    assert "s3cr3t" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert home.snapshot() == before


def test_a_note_that_cannot_be_written_is_no_reason_to_keep_quiet(
    home: Home, service: Service
) -> None:
    home.scan()
    (home.path / "status" / alert_log.LOCK).mkdir()
    assert batch(home, service, "--all").returncode == 0
    service.receive(1)
    assert service.alerts[0]["event"] == "finished"


def test_without_notes_no_batch_tells_the_same_twice(home: Home) -> None:
    (home.path / "status" / alert_log.LOCK).mkdir(parents=True)
    posted: list[DeliveryJob] = []
    alarms = AlertTriggers(
        home.path, MUSIC, AlertOptions((AlertTarget("https://example.org"),)), posted.append
    )
    for text in ("one", "one", "other", "one"):
        alarms.on_damage(StateDamaged(text))
    assert len(posted) == 2


def test_a_lost_host_is_one_alert_a_day_and_other_hosts_raise_their_own(home: Home) -> None:
    (home.path / "status").mkdir()
    posted: list[DeliveryJob] = []
    for _batch in range(2):
        alarms = AlertTriggers(
            home.path, MUSIC, AlertOptions((AlertTarget("https://example.org"),)), posted.append
        )
        for host in ("nas", "attic", "nas"):
            alarms.on_lost_host(host)
    found = [json.loads(job.body) for job in posted]
    assert [alert["facts"]["lost_host"] for alert in found] == ["nas", "attic"]
    assert {alert["event"] for alert in found} == {"lost_host"}


def test_without_notes_what_was_finished_before_is_not_told_every_night(
    finished: Home, service: Service, tmp_path: Path
) -> None:
    (finished.path / "status" / alert_log.LOCK).mkdir()
    told = tmp_path / "told"
    assert finished.batch("--alert-command", f"sh -c 'touch {told}'").returncode == 0
    finished.ok("--reset-artist", "Velvet Harbour")
    assert batch(finished, service).returncode == 0
    service.receive(1)
    assert not told.exists()


def test_damage_is_the_same_whatever_snapshot_and_session_its_journal_is_named_by(
    home: Home,
) -> None:
    (home.path / "status").mkdir()
    posted: list[DeliveryJob] = []
    for snapshot in ("00c1f2a9be77d03a", "f2a9be77d03a00c1"):
        alarms = AlertTriggers(
            home.path, MUSIC, AlertOptions((AlertTarget("https://example.org"),)), posted.append
        )
        alarms.on_damage(
            StateDamaged(f"12-{snapshot}/20251217_session_003: after change 4 comes 6.")
        )
    assert len(posted) == 1


def test_a_sender_that_cannot_be_started_is_a_warning(
    home: Home, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.scan()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    done = batch(home, service, "--all", "--workers", 1)
    assert done.returncode == 0
    assert "Warning: The alert for 127.0.0.1 could not be sent: No such file" in done.stderr
    assert "BATCH COMPLETE: 6/6" in done.stdout
