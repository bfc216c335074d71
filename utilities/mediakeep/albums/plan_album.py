"""Decide what becomes of each track of an album: pure functions of what was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import msgspec

from mediakeep import path_text, size_text
from mediakeep.albums.read_album import SourceAlbum, SourceTrack
from mediakeep.media.encoding import profile_rules
from mediakeep.media.encoding.profile_rules import Decision, EncodingParameters, Rule
from mediakeep.media.encoding.profiles import Profile

_MAX_VARIABLE_RATE = 320_000  # bits per second of MP3
_TAG_SPACE = 1 << 20  # bytes of tags and pictures that a new file may have
_UNREADABLE = "it cannot be read"


class TrackPlan(msgspec.Struct, frozen=True):
    """What becomes of a track; paths are relative and not escaped.

    A copy has no parameters. `size` is an estimate of the new file in bytes. `error` is set if the
    track cannot be converted, and `is_damaged` if that cannot change.
    """

    source: str
    output: str
    reason: str
    seconds: float
    size: int
    parameters: EncodingParameters | None = None
    error: str = ""
    is_damaged: bool = False


class AlbumPlan(msgspec.Struct, frozen=True):
    """What becomes of an album."""

    profile: str
    tracks: tuple[TrackPlan, ...]

    @property
    def size(self) -> int:
        """The estimated size of all outputs in bytes."""
        return sum(track.size for track in self.tracks)

    @property
    def outputs(self) -> dict[str, str]:
        """The path of each new file by the path of its source."""
        return {track.source: track.output for track in self.tracks}


def plan_album(
    album: SourceAlbum,
    profile: Profile,
    rules: Sequence[Rule] = (),
    profiles: Mapping[str, Profile] | None = None,
) -> AlbumPlan:
    """Decide for each track whether to copy or encode it, and name the new files."""
    planned, taken = list[TrackPlan](), set[str]()
    for track in album.tracks:
        decision = _decide(album, track, profile, rules, profiles)
        suffix = decision.parameters.profile.suffix if decision.parameters else ""
        output = _choose_output(PurePosixPath(track.path), suffix, taken)
        taken.add(path_text.normalize_name(output))
        planned.append(
            TrackPlan(
                track.path,
                output,
                decision.reason,
                track.facts.duration if track.facts else 0.0,
                _estimate_size(track, decision.parameters),
                decision.parameters,
                track.error,
                track.is_damaged,
            )
        )
    return AlbumPlan(profile.name, tuple(planned))


def find_problem(plan: AlbumPlan, *, keep_going: bool) -> str:
    """Return why an album would not be published, because of tracks that cannot be read, or ""."""
    if not plan.tracks:
        return "Its folder contains no audio files."
    failed = [track for track in plan.tracks if track.error]
    if not failed or (keep_going and len(failed) < len(plan.tracks)):
        return ""
    name, total = path_text.display_path(failed[0].source), len(plan.tracks)
    return f"{len(failed)} of {total} tracks cannot be read. {name}: {failed[0].error}"


def describe_plan(plan: AlbumPlan) -> Iterator[str]:
    """Yield a line for each track, for a dry run."""
    for track in plan.tracks:
        source, output = path_text.quote_path(track.source), path_text.quote_path(track.output)
        if track.error:
            yield f"{source}: {track.error}"
        elif track.parameters:
            size = size_text.format_size(track.size)
            yield f"{source} -> {output}: encode, {track.reason} (at most {size})"
        else:
            yield f"{source} -> {output}: copy, {track.reason}"


def _decide(
    album: SourceAlbum,
    track: SourceTrack,
    profile: Profile,
    rules: Sequence[Rule],
    profiles: Mapping[str, Profile] | None,
) -> Decision:
    if track.facts is None:
        return Decision("copy", _UNREADABLE)
    folder = str(PurePosixPath(album.artist or "-") / album.title)
    parent = PurePosixPath(track.path).parent
    folder = folder if str(parent) == "." else f"{folder}/{parent}"
    return profile_rules.decide(track.facts, folder, profile, rules, profiles)


def _choose_output(source: PurePosixPath, suffix: str, taken: set[str]) -> str:
    """Return the path of a new file; a track whose name is taken keeps its old extension, too."""
    suffix = suffix or source.suffix
    marks = ("", f" ({source.suffix[1:].lower()})", *(f" ({n})" for n in range(2, len(taken) + 3)))
    names = (
        str(source.with_name(path_text.fit_name(source.stem, f"{mark}{suffix}"))) for mark in marks
    )
    return next(name for name in names if path_text.normalize_name(name) not in taken)


def _estimate_size(track: SourceTrack, parameters: EncodingParameters | None) -> int:
    if parameters is None or track.facts is None:
        return track.size
    return _TAG_SPACE + round(track.facts.duration * _estimate_bit_rate(parameters) / 8)


def _estimate_bit_rate(parameters: EncodingParameters) -> int:
    if parameters.profile.lossless:
        return parameters.sample_rate * parameters.channels * (parameters.bits or 16)
    return parameters.bit_rate * 5 // 4 or _MAX_VARIABLE_RATE
