"""Convert ReplayGain to the gains of Opus and back: R128_TRACK_GAIN and R128_ALBUM_GAIN."""

from __future__ import annotations

from collections.abc import Iterable

from mediakeep.media.mutagen_tags.tag_items import TagItem
from mediakeep.media.transfer import values
from mediakeep.media.transfer.model import FieldNotCarried

_REFERENCE = "replaygain_reference_loudness"
_OPUS_REASON = "Opus files have R128 gains instead of ReplayGain (RFC 7845, 5.2.1)"
_KINDS = ("track", "album")


def convert_gains(
    items: Iterable[TagItem], *, is_opus: bool
) -> tuple[list[TagItem], list[FieldNotCarried]]:
    """Return the items with the gains of the target, and the gains that it cannot store.

    If a file has both gains, that of the target is taken.
    """
    by_name = {item.name.casefold(): item for item in items if not item.description}
    reference = by_name.get(_REFERENCE)
    gains = {
        f"r128_{kind}_gain" if is_opus else f"replaygain_{kind}_gain": _find_gain(
            by_name, kind, reference.values[0] if reference else "", is_opus=is_opus
        )
        for kind in _KINDS
    }
    kept, lost = [], []
    for item in items:
        name = item.name.casefold()
        if name.startswith("replaygain_" if is_opus else "r128_") and not item.description:
            other = (
                name.replace("replaygain", "r128")
                if is_opus
                else name.replace("r128", "replaygain")
            )
            if not gains.get(other):
                reason = _OPUS_REASON if is_opus else "it is not a gain in Q7.8"
                lost.append(FieldNotCarried(item.name, reason, item.values))
        elif name not in gains:
            kept.append(item)
    return [*kept, *(TagItem(name, (gain,)) for name, gain in gains.items() if gain)], lost


def _find_gain(by_name: dict[str, TagItem], kind: str, reference: str, *, is_opus: bool) -> str:
    """Return the gain of the target, converted from the other one if it is missing, or ""."""
    r128, replaygain = (
        item.values[0] if (item := by_name.get(f"{system}_{kind}_gain")) else ""
        for system in ("r128", "replaygain")
    )
    if is_opus:
        return r128 or values.gain_to_r128(replaygain, reference)
    return replaygain or values.gain_from_r128(r128)
