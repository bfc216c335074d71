"""The page of the processors says what their descriptions say."""

from __future__ import annotations

from mediakeep import setting_fields
from mediakeep.processors import registry
from tests.processors import processors_page


def test_the_page_of_processors_is_current() -> None:
    assert processors_page.PAGE.read_text() == processors_page.render()


def test_every_parameter_has_a_description() -> None:
    for name in registry.BUILT_IN:
        description = registry.get_processor(name).description
        assert description.name == name
        fields = list(setting_fields.list_fields(description.parameters, (name,)))
        assert fields
        assert all(field.help.endswith(".") for field in fields), name
