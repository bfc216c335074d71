"""What an alert says: the same to all, and nothing in it that calls or steers anybody."""

from __future__ import annotations

import json

from mediakeep.alerts import alert
from mediakeep.alerts.alert import Alert, AlertEvent
from tests import documents

PAGE = documents.ROOT / "docs" / "alerts.md"


def build_alert(message: str) -> Alert:
    return Alert(
        event=AlertEvent.FAILURES,
        kind="music",
        host="attic",
        home="/srv/mediakeep",
        time="2025-12-17T10:00:05+00:00",
        message=message,
        next="music-queue-manager --list",
        facts={"failures": 5},
    )


def test_a_body_is_all_fields_and_the_sentences_of_the_chats() -> None:
    assert json.loads(alert.encode_body(build_alert("U2 has failed."))) == {
        "format": 1,
        "event": "failures",
        "kind": "music",
        "host": "attic",
        "home": "/srv/mediakeep",
        "time": "2025-12-17T10:00:05+00:00",
        "message": "U2 has failed.",
        "next": "music-queue-manager --list",
        "facts": {"failures": 5},
        "text": "mediakeep on attic: U2 has failed.",
        "content": "mediakeep on attic: U2 has failed.",
    }


def test_no_name_of_a_folder_calls_people_together() -> None:
    body = json.loads(alert.encode_body(build_alert("@everyone & <!channel> has failed.")))
    assert body["message"] == "@everyone & <!channel> has failed."
    assert "@everyone" not in body["text"] + body["content"]
    assert body["text"].endswith("everyone &amp; &lt;!channel&gt; has failed.")
    assert body["content"].endswith("everyone & <!channel> has failed.")


def test_a_text_from_elsewhere_becomes_one_short_printable_line() -> None:
    assert alert.to_single_line("a\n  b\x1b[31m\x00") == "a b\\x1b[31m\\x00"
    assert alert.to_single_line("x" * 500) == "x" * 500
    assert alert.to_single_line("x" * 501) == "x" * 497 + "..."


def test_a_command_finds_the_main_facts_in_names_that_are_no_settings() -> None:
    environment = alert.build_environment(build_alert("U2 has failed."))
    assert environment == {
        "MEDIAKEEP_ALERT_EVENT": "failures",
        "MEDIAKEEP_ALERT_KIND": "music",
        "MEDIAKEEP_ALERT_MESSAGE": "U2 has failed.",
        "MEDIAKEEP_ALERT_NEXT": "music-queue-manager --list",
    }


def test_every_field_fact_and_event_is_documented() -> None:
    facts = {"failures", "item", "reason", "session", "counts", "lost_host"}
    fields = {*Alert.__struct_fields__, "text", "content"}
    assert {row[0].strip("`") for row in documents.rows(PAGE, first="Field")} == fields
    assert {row[0].strip("`") for row in documents.rows(PAGE, first="Fact")} == facts
    events = {row[0].strip("`") for row in documents.rows(PAGE, first="Event")}
    assert events == {event.value for event in AlertEvent}
