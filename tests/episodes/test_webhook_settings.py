"""The address of a webhook in settings: a secret of a private file or of the environment."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep_simulator.episode_catalogue import ArchiveFile
from tests.alerts.service import Service, answer
from tests.episodes.migration import Migration, build_item, open_migration
from tests.job_home import ROOT
from tests.sampling import each_row

WRONG = ArchiveFile(name="show.wav", format="WAVE", size=88_244, md5="0" * 32)
SECTION = "[state_management.monitoring]\nalert_threshold = 1\n"
YAML = "state_management: {{monitoring: {{alert_threshold: 1, webhook_url: '{}'}}}}"
VARIABLE = "MEDIAKEEP_MONITORING_WEBHOOK_URL"


@pytest.fixture
def service() -> Iterator[Service]:
    started = Service(answer(200))
    yield started
    started.close()


@pytest.fixture
def migration(tmp_path: Path) -> Iterator[Migration]:
    """A home with an episode whose download fails."""
    with open_migration(tmp_path, [build_item("show", WRONG)]) as migration:
        migration.discover("show")
        yield migration


def write(path: Path, text: str, mode: int) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def check_alert(migration: Migration, service: Service, shown: str) -> None:
    """Check that an alert came, and that nothing has the address but a file of settings."""
    service.receive(1)
    assert [alert["event"] for alert in service.alerts] == ["failures"]
    files = [path for path in migration.home.rglob("*") if path.is_file()]
    for text in ("s3cr3t", "t0k3n"):
        assert text not in shown
        found = {path.name for path in files if text.encode() in path.read_bytes()}
        assert found <= {"mediakeep.toml", "config.yaml", "other.yaml"}


@pytest.mark.long
@pytest.mark.parametrize("mode", [0o600, 0o400])
@pytest.mark.parametrize("name", ["mediakeep.toml", "config.yaml"])
def test_a_private_file_may_have_the_address(
    migration: Migration, service: Service, name: str, mode: int
) -> None:
    toml = f"{SECTION}webhook_url = '{service.url}'\n"
    text = YAML.format(service.url) if name == "config.yaml" else toml
    path = write(migration.home / name, text, mode)
    options = ("--config", path) if name == "config.yaml" else ()
    shown = migration.run("run", "--verbose", "--json", *options, code=1)
    check_alert(migration, service, shown)


@pytest.mark.long
@each_row("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o601])
def test_an_accessible_file_may_not(migration: Migration, mode: int) -> None:
    url = "https://hooks.example.org/s3cr3t"
    hint = "Run: chmod 600 {0}, or store it in a file of its own, and set alert_webhook_file."
    toml = f"{SECTION}webhook_url = '{url}'\n"
    for name, text in (("mediakeep.toml", toml), ("config.yaml", YAML.format(url))):
        path = write(migration.home / name, text, mode)
        options = ("--config", path) if name == "config.yaml" else ()
        shown = migration.run("run", *options, code=2)
        assert "webhook_url is a secret, and this file is accessible to others." in shown
        assert hint.format(path) in shown
        assert "s3cr3t" not in shown
        path.unlink()
    assert migration.states["show"].stage == "discovered"


def test_the_variable_may_have_the_address(migration: Migration, service: Service) -> None:
    shutil.copy(ROOT / "mediakeep.example.toml", migration.home / "mediakeep.toml")
    (migration.home / "mediakeep.toml").chmod(0o644)  # it has no address
    migration.variables |= {VARIABLE: service.url, "MEDIAKEEP_MONITORING_ALERT_THRESHOLD": "1"}
    migration.variables["MEDIAKEEP_ALERT_COMMAND"] = "sh -c 'env > command.env'"
    shown = migration.run("run", "--verbose", "--json", code=1)
    check_alert(migration, service, shown)
    assert "is not https" in migration.run("run", code=2, **{VARIABLE: "http://x.org/s3cr3t"})


def test_an_address_is_neither_remembered_nor_forgotten(
    migration: Migration, service: Service
) -> None:
    write(migration.home / "mediakeep.toml", f"{SECTION}webhook_url = '{service.url}'\n", 0o600)
    text = "state_management: {monitoring: {webhook_url: 'https://x.org/s3cr3t'}, recovery: {}}"
    other = write(migration.home / "other.yaml", text, 0o600)
    migration.run("download", "--dry-run", "--config", other)
    check_alert(migration, service, migration.run("download", code=1))
    assert (
        b"s3cr3t" not in (migration.home / "status/episodes/remembered_settings.yaml").read_bytes()
    )
