"""The cache of compiled templates: private, and ignored if anything is wrong with it."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from mediakeep.pages import sandbox, template_cache
from mediakeep.pages.template_cache import TemplateCache


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TemplateCache:
    """An empty cache in the runtime directory of the user."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    cache = template_cache.open_cache()
    assert cache
    assert cache.directory == str(tmp_path / "mediakeep")
    return cache


class CountingEnvironment(Environment):
    """An environment that counts the templates that it compiles."""

    compiled = 0

    def compile(self, *args: Any, **options: Any) -> Any:
        self.compiled += 1
        return super().compile(*args, **options)


def render(cache: TemplateCache, text: str = "Hello {{ name }}!") -> tuple[str, int]:
    """Render a template as a new process does; also return how many templates were compiled."""
    folder = Path(cache.directory).with_name("templates")
    folder.mkdir(exist_ok=True)
    (folder / "a.j2").write_text(text)
    environment = CountingEnvironment(loader=FileSystemLoader(folder), bytecode_cache=cache)
    return environment.get_template("a.j2").render(name="you"), environment.compiled


def cache_file(cache: TemplateCache) -> Path:
    (path,) = Path(cache.directory).iterdir()
    return path


def test_a_template_is_compiled_once_and_again_after_a_change(cache: TemplateCache) -> None:
    assert render(cache) == ("Hello you!", 1)
    assert render(cache) == ("Hello you!", 0)
    assert render(cache, "Bye {{ name }}!") == ("Bye you!", 1)
    assert render(cache, "Bye {{ name }}!") == ("Bye you!", 0)


def test_only_the_user_may_read_or_write_the_cache(cache: TemplateCache) -> None:
    render(cache)
    assert stat.S_IMODE(Path(cache.directory).stat().st_mode) == 0o700
    assert stat.S_IMODE(cache_file(cache).stat().st_mode) == 0o600


@pytest.mark.parametrize("length", [0, 1, 20, 40, 80, -1])
def test_a_truncated_file_is_ignored_and_replaced(cache: TemplateCache, length: int) -> None:
    render(cache)
    path = cache_file(cache)
    path.write_bytes(path.read_bytes()[:length])
    assert render(cache) == ("Hello you!", 1)
    assert render(cache) == ("Hello you!", 0)


def test_garbage_is_ignored_and_replaced(cache: TemplateCache) -> None:
    render(cache)
    path = cache_file(cache)
    whole = path.read_bytes()
    header = whole[: whole.index(b"X(\x00\x00\x00")]  # up to the checksum of the source
    for garbage in (b"garbage" * 100, header + b"\x80\x02garbage", header + b"cos\nnothing\n."):
        path.write_bytes(garbage)
        assert render(cache) == ("Hello you!", 1)
    path.unlink()
    path.mkdir()
    assert render(cache) == ("Hello you!", 1)


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_may_write_to_is_ignored(cache: TemplateCache, mode: int) -> None:
    render(cache)
    cache_file(cache).chmod(mode)
    assert render(cache) == ("Hello you!", 1)


@pytest.mark.needs("root")  # to give a file away
def test_a_file_of_another_user_is_ignored(cache: TemplateCache) -> None:
    render(cache)
    os.chown(cache_file(cache), 12345, 12345)
    assert render(cache) == ("Hello you!", 1)


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_directory_that_others_may_write_to_is_not_used(
    cache: TemplateCache, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    weak = Path(cache.directory)
    weak.chmod(mode)
    private = weak.with_name("private")
    private.mkdir(mode=0o700)
    places = [weak, private]
    # Real ones would be outside of the test's folder.
    monkeypatch.setattr(template_cache.runtime_dir, "list_runtime_dirs", lambda: iter(places))
    used = template_cache.open_cache()
    assert used
    assert used.directory == str(private)
    places.pop()
    assert template_cache.open_cache() is None


def test_a_cache_that_cannot_be_written_is_no_error(cache: TemplateCache) -> None:
    directory = Path(cache.directory)
    shutil.rmtree(directory)
    assert render(cache) == ("Hello you!", 1)
    directory.write_text("in the way")
    assert render(cache) == ("Hello you!", 1)


def test_code_for_the_sandbox_is_stored_apart(cache: TemplateCache, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "a.j2").write_text("{{ name.upper() }}")
    loader = FileSystemLoader(folder)
    for _ in range(2):
        compiled = template_cache.open_cache(sandboxed=True)
        box = sandbox.TemplateSandbox(folder, compiled=compiled)
        assert box.get_template("a.j2").render(name="you") == "YOU"
        plain = Environment(loader=loader, bytecode_cache=template_cache.open_cache())
        assert plain.get_template("a.j2").render(name="you") == "YOU"
    assert len(list(Path(cache.directory).iterdir())) == 2
