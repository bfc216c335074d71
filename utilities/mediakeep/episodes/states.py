"""The states of an episode as its users know them, and the transitions between these.

An episode that is interrupted, and continues, stays in its state. A reset is no transition.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ProcessingStage(StrEnum):
    """The state of an episode."""

    DISCOVERED = "discovered"
    DOWNLOADING = "downloading"
    DOWNLOADED = "downloaded"
    CONVERTING = "converting"
    CONVERTED = "converted"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    FAILED = "failed"
    SKIPPED = "skipped"


_S = ProcessingStage
TRANSITIONS: Mapping[ProcessingStage, tuple[ProcessingStage, ...]] = {
    _S.DISCOVERED: (_S.DOWNLOADING, _S.SKIPPED),
    _S.DOWNLOADING: (_S.DOWNLOADED, _S.FAILED),
    _S.DOWNLOADED: (_S.CONVERTING, _S.SKIPPED),
    _S.CONVERTING: (_S.CONVERTED, _S.FAILED),
    _S.CONVERTED: (_S.UPLOADING, _S.SKIPPED),
    _S.UPLOADING: (_S.UPLOADED, _S.FAILED),
    _S.UPLOADED: (_S.SCHEDULED,),
    _S.SCHEDULED: (_S.PUBLISHED,),
    _S.FAILED: (_S.DOWNLOADING, _S.CONVERTING, _S.UPLOADING, _S.SKIPPED),
    _S.PUBLISHED: (),
    _S.SKIPPED: (),
}


# The states that are tried several times, by their names in settings and exports.
TRIED = {"download": _S.DOWNLOADING, "conversion": _S.CONVERTING, "upload": _S.UPLOADING}


def can_transition(old: str, new: str) -> bool:
    """Return whether an episode may change from one state to another."""
    return ProcessingStage(new) in TRANSITIONS[ProcessingStage(old)]


def find_transitions(old: str, new: str) -> tuple[ProcessingStage, ...] | None:
    """Return the states between two states, and the new one; () if they are equal.

    It is the shortest way of legal transitions, or None if there is none. An episode under way is
    skipped because it has failed.
    """
    order = -1 if new == ProcessingStage.SKIPPED else 1
    paths: dict[ProcessingStage, tuple[ProcessingStage, ...]] = {ProcessingStage(old): ()}
    for state in (states := [*paths]):
        for following in TRANSITIONS[state][::order]:
            if following not in paths:
                paths[following] = (*paths[state], following)
                states.append(following)
    return paths.get(ProcessingStage(new))
