"""Tags and pictures of all formats in files of the formats of conversions."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.media.audio import tags
from mediakeep.media.transfer.transfer_tags import transfer_tags
from tests.media.transfer import tagged_sources

TARGETS = ("flac", "mp3", "m4a", "opus", "ogg")


@pytest.mark.parametrize("suffix", TARGETS)
def test_every_field_is_carried_or_listed(tmp_path: Path, suffix: str) -> None:
    for name in tagged_sources.SUFFIXES:
        source = tagged_sources.write_source(tmp_path, name)
        target = tmp_path / f"target.{suffix}"
        target.write_bytes(tagged_sources.plain(suffix))
        report = transfer_tags(source, target)
        assert len(report.carried) >= 60, name
        old, new = tags.read(source).tags, tags.read(target).tags
        assert [
            field
            for field in old.__struct_fields__
            if field != "pictures" and getattr(old, field) != getattr(new, field)
        ] == [], name
