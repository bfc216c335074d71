"""The values of fields, as users type them at options and questions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import click
import msgspec
import pytest
from click.testing import CliRunner
from msgspec import UNSET, Meta

from mediakeep import setting_fields
from mediakeep.commands.options import own_options
from tests.sampling import each_row


class _Parameters(msgspec.Struct, frozen=True, kw_only=True):
    duration: Annotated[float, Meta(gt=0, description="The length.", extra={"unit": "s"})]
    bands: Annotated[int, Meta(ge=1, le=3, description="The bands.")] = 2
    loudness: Annotated[Annotated[float, Meta(le=0)] | None, Meta(description="The loudness.")] = (
        None
    )
    format: Annotated[Literal["mp3", "flac"], Meta(description="The format.")] = "mp3"
    times: Annotated[tuple[float, ...], Meta(description="The times.")] = ()
    parts: Annotated[tuple[Literal["a", "b"], ...], Meta(description="The parts.")] = ()
    width: Annotated[int, Meta(le=64, multiple_of=2, description="The width.")] = 64
    dither: Annotated[bool, Meta(description="Whether to dither.")] = True
    title: Annotated[str, Meta(description="The title.")] = ""


FIELDS = {field.name: field for field in setting_fields.list_fields(_Parameters, ("",))}


@each_row(
    ("name", "text", "value"),
    [
        ("duration", "30", 30.0),
        ("bands", "3", 3),
        ("loudness", "-16", -16.0),
        ("loudness", "", None),
        ("loudness", "none", None),
        ("format", "flac", "flac"),
        ("times", "1, 2.5", (1.0, 2.5)),
        ("times", "", ()),
        ("dither", "no", False),
        ("dither", "Yes", True),
        ("title", "1.0", "1.0"),
    ],
)
def test_a_typed_value_is_parsed_and_formatted_again(name: str, text: str, value: object) -> None:
    field = FIELDS[name]
    assert field.parse_text(text) == value
    assert field.parse_text(field.format_value(value)) == value


@each_row(
    ("name", "text", "values"),
    [
        ("duration", "-5", "a number above 0 (s)"),
        ("duration", "", "a number above 0 (s)"),
        ("bands", "2.5", "a whole number from 1 to 3"),
        ("bands", "4", "a whole number from 1 to 3"),
        ("loudness", "1", "a number to 0"),
        ("format", "ogg", "one of mp3, flac"),
        ("times", "1,x", "a list, separated by commas"),
        ("parts", "a,c", "a list, separated by commas, of a, b"),
        ("width", "63", "a whole number to 64 in multiples of 2"),
        ("dither", "maybe", "yes or no"),
    ],
)
def test_a_wrong_value_is_named_with_the_right_ones(name: str, text: str, values: str) -> None:
    with pytest.raises(ValueError) as caught:
        FIELDS[name].parse_text(text)
    assert str(caught.value) == f'"{text}" is not {values}'


def test_a_field_has_its_default() -> None:
    defaults = {name: field.default for name, field in FIELDS.items()}
    assert defaults["duration"] is UNSET
    assert (defaults["bands"], defaults["loudness"], defaults["times"]) == (2, None, ())


def test_parameters_become_options_that_say_their_limits() -> None:
    given: dict[str, Any] = {}
    options = own_options.build_parameter_options(FIELDS.values())
    main = click.Command("main", params=options, callback=lambda **words: given.update(words))
    told = CliRunner().invoke(main, ["--help"], terminal_width=200).output
    assert "The length. [a number above 0 (s); required]" in " ".join(told.split())
    assert "The loudness. [a number to 0; default: none]" in " ".join(told.split())
    assert "--dither / --no-dither" in told
    words = ["--duration", "30", "--times", "1,2", "--no-dither"]
    assert CliRunner().invoke(main, words).exit_code == 0
    wanted = {"duration": 30.0, "times": (1.0, 2.0), "dither": False}
    assert {name: value for name, value in given.items() if value is not None} == wanted
    failed = CliRunner().invoke(main, ["--duration", "-5"])
    assert failed.exit_code == 2
    assert "Invalid value for '--duration': \"-5\" is not a number above 0 (s)" in failed.output


@each_row(
    ("name", "value", "words"),
    [
        ("duration", 30.0, ["--duration", "30"]),
        ("loudness", None, ["--loudness", "none"]),
        ("times", (1.0, 2.5), ["--times", "1,2.5"]),
        ("dither", False, ["--no-dither"]),
    ],
)
def test_a_value_is_formatted_as_option(name: str, value: object, words: list[str]) -> None:
    assert FIELDS[name].format_option(value) == words
