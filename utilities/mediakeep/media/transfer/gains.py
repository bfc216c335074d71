"""Convert ReplayGain to the gains of Opus and back: R128_TRACK_GAIN and R128_ALBUM_GAIN."""

from __future__ import annotations

from collections.abc import Iterable

from mediakeep.media.mutagen_tags.tag_items import TagItem
from mediakeep.media.transfer import values
from mediakeep.media.transfer.model import FieldNotTransferred

_REFERENCE = "replaygain_reference_loudness"
_OPUS_REASON = "Opus files have R128 gains instead of ReplayGain (RFC 7845, 5.2.1)"
_Q7_8_REASON = "it is not a gain in Q7.8"
_R128, _REPLAYGAIN = "R128_", "replaygain_"


def convert_gains(
    items: Iterable[TagItem], *, is_opus: bool
) -> tuple[list[TagItem], list[FieldNotTransferred]]:
    """Return the items with the gains of the target, and the gains that it cannot store.

    If a file has both gains, that of the target is taken.
    """
    by_name = {item.name.casefold(): item for item in items if not item.description}
    own, foreign = (_R128, _REPLAYGAIN) if is_opus else (_REPLAYGAIN, _R128)
    gains = {
        f"{kind}_gain": gain
        for kind in ("track", "album")
        if (gain := _find_gain(by_name, kind, is_opus=is_opus))
    }
    kept, lost = [], []
    for item in items:
        name = item.name.casefold()
        if name.startswith(foreign.casefold()):
            if name.removeprefix(foreign.casefold()) not in gains:
                reason = _OPUS_REASON if is_opus else _Q7_8_REASON
                lost.append(FieldNotTransferred(item.name, reason, item.values))
        elif name.removeprefix(own.casefold()) not in gains:
            kept.append(item)
    for kind, gain in gains.items():
        kept.append(TagItem(own + (kind.upper() if is_opus else kind), (gain,)))
    return kept, lost


def _find_gain(by_name: dict[str, TagItem], kind: str, *, is_opus: bool) -> str:
    """Return the gain of the target, converted from the other one if it is missing, or ""."""
    r128, replaygain = (
        item.values[0] if (item := by_name.get(f"{system}_{kind}_gain")) else ""
        for system in ("r128", "replaygain")
    )
    if is_opus:
        item = by_name.get(_REFERENCE)
        reference = item.values[0] if item else ""
        return r128 or values.gain_to_r128(replaygain, reference)
    return replaygain or values.gain_from_r128(r128)
