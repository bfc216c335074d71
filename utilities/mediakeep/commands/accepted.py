"""What a person accepts of the proposals in the list of reviews, as orders.

The artists are read again, and only what is proposed now just as the list shows it is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from msgspec import structs

from mediakeep import files, kinds
from mediakeep.commands import reviews, subjects
from mediakeep.commands.accounts import Account
from mediakeep.commands.orders import Orders
from mediakeep.commands.reviews import Choice, Entry
from mediakeep.errors import Unreadable, UsageFailed
from mediakeep.media import essence
from mediakeep.music import copies, deep, diagnose, scan, tools
from mediakeep.music.discography import inquiry
from mediakeep.music.discography.inquiry import Inquiry
from mediakeep.music.model import Artist
from mediakeep.music.plans import Wish
from mediakeep.music.repairs import proposals
from mediakeep.music.repairs.repair import Embed, Repair
from mediakeep.music.tools import Places, Tools
from mediakeep.queue import reading


@dataclass(frozen=True)
class Offer:
    """What is proposed for an issue of an artist: no repairs where nothing is."""

    artist: Path
    repairs: Sequence[Repair]

    @property
    def wishes(self) -> Iterator[tuple[Path, Wish]]:
        """Each file with what it is to get; a picture by its whole path."""
        for one in self.repairs:
            change: Wish = one.change
            if isinstance(change, Embed):
                change = structs.replace(
                    change, image=f"{files.escape(self.artist)}/{change.image}"
                )
            yield self.artist / files.unescape(one.place), change


@dataclass(frozen=True)
class Visit:
    """An artist of whom a person accepts something: what the list holds, and as it is now."""

    entries: Sequence[Entry]
    key: str
    artist: Artist
    asked: Inquiry
    tools: Tools

    @property
    def folder(self) -> Path:
        """The artist's folder."""
        return Path(files.unescape(self.artist.path))


def orders(home: Path, path: Path, choice: Choice, account: Account) -> Orders:
    """Order what a person accepts; what is not to be written is told in the account.

    UsageFailed where the list is none, or does not hold what is accepted.
    """
    found = Orders()
    for visit in visits(home, path, choice, account):
        _accept(visit.entries, _offered(visit), found, account)
    return found


def visits(home: Path, path: Path, choice: Choice, account: Account) -> Iterator[Visit]:
    """Read the artists of what a person accepts; one that cannot be read is told in the account.

    UsageFailed where the list is none, or does not hold what is accepted.
    """
    state = reading.state(subjects.folder(home, kinds.MUSIC), kinds.MUSIC)
    chosen = choice.of(reviews.read(home, path), state)
    if not chosen:
        account.notes.append("The list holds no such issue.")
    places = Places(home, write=False, ignored=subjects.ignored(home))
    with tools.opened(places) as open_ones:
        for key, entries in chosen.items():
            if key not in state.items:
                raise UsageFailed(f"The queue does not know {key}. Nothing was changed.")
            top = Path(files.unescape(state.items[key].path))
            try:
                yield _visit(top, key, entries, open_ones)
            except Unreadable as error:
                account.fail(top, error)


def _visit(top: Path, key: str, entries: Sequence[Entry], open_ones: Tools) -> Visit:
    """Read an artist as a batch does, with what is known of a look-up; nobody is asked."""
    index = open_ones.index
    found = scan.artist(top, reader=index, ignored=open_ones.places.ignored)
    found = deep.recalled(found, key, open_ones.ledger)
    found = copies.compared(found, partial(index.essence, made=essence.of))
    asked = inquiry.of(found, key, open_ones.desk)
    found = structs.replace(found, resolved=asked.resolved, matches=asked.matches)
    return Visit(entries, key, found, asked, open_ones)


def _accept(
    entries: Sequence[Entry], offered: Mapping[str, Offer], found: Orders, account: Account
) -> None:
    for entry in entries:
        if entry.id not in offered:
            account.notes.append(f"{entry.name} is settled already.")
            continue
        wanted = offered[entry.id]
        if why := _refusal(entry, wanted) or _clash(wanted, found):
            account.failed[entry.id] = f"{entry.name} was left as it is: {why}"
            continue
        for path, wish in wanted.wishes:
            found.add(path, [wish])


def _offered(visit: Visit) -> dict[str, Offer]:
    """Return what is proposed for each of an artist's issues."""
    issues = diagnose.issues(visit.artist, visit.key)
    offered = proposals.of(visit.artist, issues)
    return {issue.id: Offer(visit.folder, offered.get(issue.id, ())) for issue in issues}


def _refusal(entry: Entry, offer: Offer) -> str:
    """Say why a proposal is not written, as the rest of a sentence; "" where it can be."""
    told = proposals.told(offer.repairs)
    if not (told or entry.proposal):
        by_hand = f" Write it by hand: {entry.command}" if entry.command else ""
        return f"nothing is proposed for it.{by_hand}"
    if told != entry.proposal:
        now, then = told or "nothing", entry.proposal or "nothing"
        return (
            f"the list proposes {then}, and now it would be {now}. Have a batch look at it again."
        )
    return ""


def _clash(offer: Offer, found: Orders) -> str:
    """Say what else is accepted that contradicts a proposal, as the rest of a sentence."""
    clashes = (found.clash(path, wish) for path, wish in offer.wishes)
    clash = next(filter(None, clashes), "")
    return f"{clash}. Accept it afterwards, if it is still proposed." if clash else ""
