"""Read the tags of a file, or copy the file with other tags; its audio stays as it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from mediakeep import path_text
from mediakeep.errors import UsageError, VerificationFailed
from mediakeep.media.audio import essence, tag_edits, tags
from mediakeep.media.audio.tag_edits import SetField, TargetTags
from mediakeep.media.audio.write_options import DEFAULT_OPTIONS
from mediakeep.processors import audio_output
from mediakeep.processors.interface import (
    Category,
    Description,
    Parameters,
    Processor,
    ProcessResult,
)
from mediakeep.setting_fields import UserPath
from mediakeep.workspace.system_errors import translate_errors


class MetadataParameters(Parameters, frozen=True, kw_only=True):
    """The parameters of `metadata`; without any, the tags are only read."""

    set: Annotated[
        tuple[str, ...],
        Meta(description="Fields to set, as title=Name; several values: the field several times."),
    ] = ()
    remove: Annotated[tuple[str, ...], Meta(description="Fields to remove.")] = ()
    copy: Annotated[
        UserPath,
        Meta(description="Replace all tags by those of this file.", extra={"metavar": "FILE"}),
    ] = ""

    def __post_init__(self) -> None:
        try:
            parse_edits(self.set, self.remove)
        except UsageError as error:
            raise ValueError(error) from error  # which msgspec expects


def process(input_path: Path, output_dir: Path, **params: Any) -> ProcessResult:
    """Read the tags of a file; write a copy with other tags if there are any changes."""
    wanted = MetadataParameters(**params)
    edits = parse_edits(wanted.set, wanted.remove)
    kind = tags.read(input_path).facts.format
    if not edits and not wanted.copy:
        return ProcessResult(True, (), {"format": kind, "tags": read_tags(input_path)})
    from mediakeep.media.mutagen_tags import adapter  # here, as --help must be quick
    from mediakeep.media.transfer.transfer_tags import transfer_tags

    with audio_output.open_outputs(output_dir, input_path) as outputs:
        target = outputs.add(input_path.stem, input_path.suffix)
        with translate_errors(output_dir):
            shutil.copyfile(input_path, target)
        if wanted.copy:
            transfer_tags(path_text.to_path(wanted.copy), target)
        if edits:
            texts = TargetTags({edit.field: edit.values for edit in edits})
            adapter.save_fields(target, kind, texts, DEFAULT_OPTIONS)
        if essence.compute_audio_hash(target) != essence.compute_audio_hash(input_path):
            raise VerificationFailed(input_path, "its audio would change")
        for edit in edits:
            if tag_edits.field_values(tags.read(target).tags, edit.field) != edit.values:
                raise VerificationFailed(input_path, f"{edit.field} was not stored")
        metrics = {"format": kind, "tags": read_tags(target)}
        return ProcessResult(True, outputs.place(output_dir), metrics)


def parse_edits(wanted: tuple[str, ...], removed: tuple[str, ...]) -> list[SetField]:
    """Return the edits of fields; raise UsageError if one is not valid."""
    values: dict[str, tuple[str, ...]] = dict.fromkeys(removed, ())
    for text in wanted:
        field, equals, value = text.partition("=")
        if not equals or not field:
            raise UsageError(f'"{text}" sets no field. Write it as title=Name.')
        values[field] = (*values.get(field, ()), value)
    return [SetField(field, texts) for field, texts in values.items()]


def read_tags(path: Path) -> dict[str, list[str]]:
    """Return the tags of a file that have values, by field."""
    found = tags.read(path).tags
    values = {field: tag_edits.field_values(found, field) for field in sorted(tag_edits.FIELDS)}
    return {field: list(texts) for field, texts in values.items() if texts}


PROCESSOR = Processor(
    Description(
        "metadata",
        "1",
        Category.MANIPULATION,
        "Read tags, or write a copy of the file with other tags.",
        MetadataParameters,
    ),
    process,
)
