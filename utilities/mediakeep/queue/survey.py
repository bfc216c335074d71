"""What a scan of the library means for the queue: new, changed, vanished and returned items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from mediakeep import files
from mediakeep.errors import ScanRefused
from mediakeep.item import GONE, NEVER_ASK, Found, Item, Status, is_gone
from mediakeep.queue.state import State, merge

_OF_ONE_TRY = (
    *("session", "claim", "first_claim", "suspect", "outdated", "skip_reason", "returns_to"),
    *("error_message", "error_date", "not_before", "processing_stage", "parts", "attempts"),
    *("lookup", "for_lookup"),
)
VANISHED, IGNORED, EMPTY = "vanished", "ignored", "empty"
MANY = 0.10  # share of the items that may vanish in one scan without a word from the user


class Survey(msgspec.Struct):
    """The differences between a queue and its library, as merge patches of items."""

    total: int = 0
    new: dict[str, dict[str, Any]] = {}
    renamed: dict[str, str] = {}  # old key -> new key
    kept: dict[str, dict[str, Any]] = {}  # under the new keys: all that is known of those
    changed: dict[str, dict[str, Any]] = {}
    vanished: dict[str, dict[str, Any]] = {}
    ignored: dict[str, dict[str, Any]] = {}  # still there, but no items any more
    returned: dict[str, dict[str, Any]] = {}
    moved: dict[str, dict[str, Any]] = {}  # another path, nothing else

    def items(self) -> dict[str, dict[str, Any] | None]:
        """Return all patches; None is for the old key of an item that was renamed."""
        there = {**self.moved, **self.new, **self.changed, **self.vanished, **self.ignored}
        return {**dict.fromkeys(self.renamed), **self.kept, **there, **self.returned}

    def counts(self) -> dict[str, int]:
        """Return how many items each difference concerns."""
        names = ("new", "renamed", "changed", "vanished", "ignored", "returned")
        return {"total": self.total, **{name: len(getattr(self, name)) for name in names}}


def fresh(found: Iterable[Found], kind: type[Item], taken: set[str]) -> dict[str, Item]:
    """Make pending items of what a scan found, each with its own output name."""
    items = {}
    for one in found:
        stem = files.safe_name(files.unescape(one.key), taken)
        taken.add(files.fold(stem))
        fields = {"path": one.path, "fingerprint": one.fingerprint, "output_name": stem}
        items[one.key] = kind(status=Status.PENDING, **fields, **one.fields)  # type: ignore[arg-type]
    return items


# Of items that were not found, and of found ones that are not known: the same under another name,
# as new key -> old key.
Follow = Callable[[Mapping[str, Item], Sequence[Found]], Mapping[str, str]]


def compare(
    state: State,
    found: list[Found],
    why: Callable[[str], str] = lambda _: VANISHED,
    follow: Follow = lambda *_: {},
) -> Survey:
    """Compare a queue with what is on disk; names are the same where they fold alike.

    `why` tells of the key of an item that was not found which of `GONE` it is; `follow` finds those
    that bear another name.
    """
    known = _matched(state, found)
    survey = Survey(total=len(found))
    names = _followed(state, found, known, follow)
    known = {key: old for key, old in known.items() if key not in names}
    unknown = []
    for one in found:
        if one.key in names:
            survey.renamed[names[one.key]] = one.key
            survey.kept[one.key] = _renamed(state, names[one.key], one)
        elif (key := known.get(one.key)) is not None:
            _revisit(survey, key, state, one)
        else:
            unknown.append(one)
    seen = {*known.values(), *survey.renamed}
    taken = {files.fold(item.output_name) for item in state.items.values()}
    for key, item in fresh(unknown, state.kind.item, taken).items():
        survey.new[key] = msgspec.to_builtins(item)
    for key, item in state.items.items():
        if key not in seen and item.status not in (Status.SKIPPED, Status.IN_PROGRESS):
            reason = why(key)
            left = survey.vanished if reason == VANISHED else survey.ignored
            left[key] = _leave(item, reason)
    return survey


def _matched(state: State, found: list[Found]) -> dict[str, str]:
    """Pair found keys with known ones: the same, or the only one that folds alike."""
    pairs = {one.key: one.key for one in found if one.key in state.items}
    loose = _folded(key for key in state.items if key not in pairs)
    for fold, keys in _folded(one.key for one in found if one.key not in pairs).items():
        if len(keys) == 1 and len(loose.get(fold, ())) == 1:
            pairs[keys[0]] = loose[fold][0]
    return pairs


def _folded(keys: Iterable[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key in keys:
        groups.setdefault(files.fold(key), []).append(key)
    return groups


def _revisit(survey: Survey, key: str, state: State, one: Found) -> None:
    """Note what became of a known item; one that is being worked on is left alone."""
    item = state.items[key]
    if item.status is Status.IN_PROGRESS:
        return
    same = item.fingerprint == one.fingerprint
    path = {"path": one.path} if one.path != item.path else {}
    if same and item.skip_reason in GONE:
        # A settle's number, so that the views take it up again.
        back = {"status": item.returns_to or Status.PENDING, "settled": state.seq + 1}
        survey.returned[key] = {**back, "returns_to": None, "skip_reason": None, **path}
    elif same:
        if path:
            survey.moved[key] = path
    else:
        survey.changed[key] = {**_renew(item, one), **path}


def _followed(
    state: State, found: Sequence[Found], known: Mapping[str, str], follow: Follow
) -> Mapping[str, str]:
    """Find those that bear another name, also among those that only fold like a known one."""
    doubtful = {
        one.key
        for one in found
        if (old := known.get(one.key, one.key)) != one.key
        and state.items[old].fingerprint != one.fingerprint
    }
    seen = {old for key, old in known.items() if key not in doubtful}
    lost = {key: item for key, item in state.items.items() if _may_follow(item) and key not in seen}
    unknown = [one for one in found if one.key in doubtful or one.key not in known]
    return follow(lost, unknown) if lost and unknown else {}


def _may_follow(item: Item) -> bool:
    return item.status not in (Status.SKIPPED, Status.IN_PROGRESS) or is_gone(item)


def _renamed(state: State, old: str, one: Found) -> dict[str, Any]:
    """Return all fields of an item under its new name.

    A settle's number, so that the views take it up again.
    """
    item = state.items[old]
    changes: dict[str, Any] = {"path": one.path, "note": f'its name was "{old}" before'}
    if item.settled:
        changes["settled"] = state.seq + 1
    if item.fingerprint != one.fingerprint:
        changes = _renew(item, one) | changes
    elif is_gone(item):
        status = item.returns_to or Status.PENDING
        changes |= {"status": status, "returns_to": None, "skip_reason": None}
    return merge(msgspec.to_builtins(item), changes)


def _renew(item: Item, one: Found) -> dict[str, Any]:
    changes: dict[str, Any] = {**one.fields, "fingerprint": one.fingerprint}
    if item.status is Status.PENDING or item.skip_reason == NEVER_ASK:
        return changes
    return {**changes, **again(item), "note": "it changed on disk since it was last done"}


def _leave(item: Item, reason: str) -> dict[str, Any]:
    return {
        "status": Status.SKIPPED,
        "skip_reason": reason,
        "returns_to": item.status.value,
    }


def again(item: Item) -> dict[str, Any]:
    """Return what makes an item pending as if it had never been tried.

    What was repaired in work that never came to its end still counts when it does: such an item
    keeps its first claim.
    """
    begun = item.first_claim and item.status is not Status.COMPLETED
    fields = [name for name in _OF_ONE_TRY if not (begun and name == "first_claim")]
    return {"status": Status.PENDING, **dict.fromkeys(fields)}


def guard(survey: Survey, state: State, path: str) -> None:
    """Refuse a scan that would lose too much: ScanRefused says what, and what allows it."""
    if not survey.total:
        raise ScanRefused(f"{path} holds no {state.kind.shelf}.")
    gone, left, all_ = len(survey.vanished), len(survey.ignored), len(state.items)
    if gone + left > MANY * all_:
        ignored = f", and {left} would be ignored" if left else ""
        raise ScanRefused(
            f"{gone} of {all_} {state.kind.plural} would vanish{ignored}."
            " If that is right, add --yes."
        )
