"""Settings of a kind of another distribution, with tables below a section, and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import click
import msgspec
import pytest
from msgspec import Meta

from mediakeep import config, job_settings, kinds, setting_fields
from mediakeep.commands.options import own_options
from mediakeep.errors import BadSetting
from mediakeep.job_settings import JobSettings
from mediakeep.setting_fields import UserPath
from tests.reference.recording import KIND
from tests.sampling import each_row


class _Retries(msgspec.Struct, frozen=True, kw_only=True):
    download: Annotated[int, Meta(ge=1, description="Attempts of a download.")] = 3


class _Recovery(msgspec.Struct, frozen=True, kw_only=True):
    auto_resume: bool = True
    delay: Annotated[float, Meta(extra={"is_duration": True})] = 60.0
    mode: Literal["fast", "safe"] = "safe"
    max_retries: _Retries = _Retries()


class _States(msgspec.Struct, frozen=True, kw_only=True):
    folder: Annotated[UserPath, Meta(extra={"alias": "STATE_DIR"})] = "states"
    recovery: _Recovery = _Recovery()


class ShowSettings(JobSettings, frozen=True):
    states: _States = _States()
    feeds: dict[str, Any] = msgspec.field(default_factory=dict)


@pytest.fixture(autouse=True)
def shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a kind with these settings."""
    kind = msgspec.structs.replace(KIND, name="shows", settings=f"{__name__}:ShowSettings")
    known = {**kinds.list_kinds(), "shows": kind}
    monkeypatch.setattr(kinds, "list_kinds", lambda: known)


def build(home: Path, files: str = "", environ: Any = None, **given: Any) -> ShowSettings:
    (home / "mediakeep.toml").write_text(files)
    return job_settings.build_settings(ShowSettings, home, given, environ or {})


def test_files_variables_and_options_set_tables_below_a_section(tmp_path: Path) -> None:
    files = "[states.recovery]\nauto_resume = false\nmax_retries.download = 5\n[feeds.a]\nb = 1\n"
    more = tmp_path / "more.yaml"
    more.write_text("states: {folder: 'a\\b', recovery: {mode: fast}}\n")
    found = build(tmp_path, files, {"MEDIAKEEP_RECOVERY_AUTO_RESUME": "yes"})
    recovery = found.states.recovery
    assert (recovery.auto_resume, recovery.max_retries.download) == (True, 5)
    assert (found.feeds, found.below_home(found.states.folder)) == (
        {"a": {"b": 1}},
        tmp_path / "states",
    )
    found = build(tmp_path, files, {"STATE_DIR": "x"}, recovery_max_retries_download=7)
    assert (found.states.folder, found.states.recovery.max_retries.download) == ("x", 7)
    found = build(tmp_path, environ={"MEDIAKEEP_RECOVERY_DELAY": "1h30m"})
    assert found.states.recovery.delay == 5400
    found = build(tmp_path, config=more)
    assert found.below_home(found.states.folder) == tmp_path / "a\\b"
    assert (found.states.recovery.mode, found.origin) == ("fast", str(more))


@each_row(
    ("files", "environ", "message"),
    [
        ("[states.recovery]\nmod = 1", {}, "[states.recovery]: unknown setting mod. Did you mean"),
        (
            "[states]\nrecovery = 1",
            {},
            "mediakeep.toml: states.recovery: a section is expected, not 1.",
        ),
        ("[state]", {}, "there is no section state. Did you mean states?"),
        ("", {"STATE_DIR": "", "MEDIAKEEP_RECOVERY_MODE": "x"}, "MEDIAKEEP_RECOVERY_MODE: Invalid"),
        (
            "",
            {"MEDIAKEEP_RECOVERY_DELAY": "1x"},
            'MEDIAKEEP_RECOVERY_DELAY: "1x" is not a duration',
        ),
        ("", {"MEDIAKEEP_RECOVERY_AUTO_RESUME": "x"}, "MEDIAKEEP_RECOVERY_AUTO_RESUME: Expected"),
    ],
)
def test_an_invalid_value_names_where_it_is(
    tmp_path: Path, files: str, environ: dict[str, str], message: str
) -> None:
    with pytest.raises(BadSetting) as caught:
        build(tmp_path, files, environ)
    assert message in str(caught.value)


def test_an_invalid_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="--recovery-max-retries-download: Expected `int` >= 1"):
        build(tmp_path, recovery_max_retries_download=0)


def test_a_described_field_becomes_an_option() -> None:
    command = click.command()(own_options.build_options(ShowSettings).popitem()[1](lambda: None))
    (option,) = command.params
    assert (option.opts, option.type) == (["--recovery-max-retries-download"], click.INT)


def test_a_field_that_no_option_can_express_is_an_error_at_import() -> None:
    for kind in (dict[str, str], _Retries, int | str, Literal[1, 2]):
        table = msgspec.defstruct("T", [("names", Annotated[kind, Meta(description="Names.")])])
        settings = msgspec.defstruct("S", [("table", table)])
        with pytest.raises(TypeError, match=r"table\.names: no option can express"):
            own_options.build_options(settings)


def test_no_variable_sets_two_settings_of_a_kind_or_one_of_mediakeep() -> None:
    general = config.Settings.__struct_fields__
    for kind in map(kinds.get_kind, kinds.BUILT_IN):
        known = [kinds.load(kind.settings)] if kind.settings else []
        names = [*general, *(field.name for field in setting_fields.list_file_fields(known))]
        assert [name for name in names if names.count(name) > 1] == []
