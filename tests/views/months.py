"""A made history: eight weeks of work on 120 artists, with all that happens to people.

Batches in the evening and over midnight, two at once, one that is killed; artists that fail, are
done again, vanish and return; issues that are settled and come back; a week without any work.
"""

from __future__ import annotations

import contextlib
import random
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from mediakeep import clock, command_text
from mediakeep.item import Item, Status
from mediakeep.music.item import MUSIC
from mediakeep.outcome import Outcome
from mediakeep.queue import actions, scan_diff
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.queue.replay import ReplayPlan
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.store import QueueChange
from mediakeep.views import review
from tests.queue import rig

ZONE = ZoneInfo("Europe/Berlin")
ARTISTS = [f"Artist {number:03d}" for number in range(119)] + ["*Star* <b>&</b> |pipe|"]
TRACK = "Album/{} - <i>Song</i>.flac"
KINDS = ("missing-cover", "missing-date", "truncated-audio", "placeholder-genre", "mojibake")
SAFE = ("whitespace", "mojibake", "track-number-format")


class Months:
    """A home whose queue was worked on; `now` is the moment in which it is looked at."""

    def __init__(
        self,
        home: Path,
        seed: int = 5,
        begin: str = "2026-11-09T16:30:00+00:00",
        artists: Sequence[str] = ARTISTS,
        track: str = TRACK,
    ) -> None:
        self.home, self.artists, self.track = home, artists, track
        self.chance = random.Random(seed)
        self.clock = rig.Clock(begin)  # in UTC: steps in a local time go wrong when clocks change
        self.where = locate_queue(home / "status" / "music", self.clock, "here")
        self.open: dict[str, set[str]] = {}
        self.gone: dict[str, set[str]] = {}
        items = rig.found(artists)
        Queue.create(self.where, MUSIC, "/music", items).close()

    @property
    def now(self) -> datetime:
        """The moment in which the history ends."""
        return self.clock.moment

    def at(self, text: str) -> None:
        """Go forward to a local time."""
        moment = datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)
        assert moment >= self.clock.moment
        self.clock.moment = moment

    def batch(self, count: int, *, seconds: float = 90, kill: bool = False) -> None:
        """Do a batch of so many artists, of which every eleventh fails."""
        queue = Queue.open(self.where, MUSIC)
        queue.begin_session(batch_size=count)
        began = self.clock.moment
        for claim in queue.claim(count):
            self.clock.forward(seconds=seconds)
            assert queue.settle(claim, self._ending(claim.key, seconds))
        self._review(queue)
        if kill:
            rig.abandon(queue)
            return
        self._end(queue, began)

    def _end(self, queue: Queue, began: datetime) -> None:
        self.clock.forward(seconds=2)
        queue.end_session(seconds=(self.clock.moment - began).total_seconds(), stopped=False)
        queue.close()

    @contextlib.contextmanager
    def beside(self, count: int) -> Iterator[None]:
        """Have a batch at work for as long as a `with` block takes."""
        queue = Queue.open(self.where, MUSIC)
        queue.begin_session(batch_size=count)
        began, claims = self.clock.moment, queue.claim(count)
        yield
        for claim in claims:
            assert queue.settle(claim, self._ending(claim.key, 1))
        self._end(queue, began)

    def checkpoint(self) -> Path:
        """Keep a copy of the queue."""
        with Queue.open(self.where, MUSIC) as queue:
            return queue.write_checkpoint()

    def restore(self, checkpoint: Path) -> None:
        """Go back to a copy, as a user does, and have it noticed."""
        shutil.copyfile(checkpoint, rig.file(self.where))
        Queue.open(self.where, MUSIC).close()

    def replay(self) -> ReplayPlan:
        """Bring back what the last restore undid."""
        with Queue.open(self.where, MUSIC) as queue:
            return queue.replay_undone_items(rig.asides(self.where)[-1].name)

    def _ending(self, key: str, seconds: float) -> SettleRequest:
        if self.chance.random() < 1 / 11:
            later = self.clock.moment + timedelta(days=1)
            why = f"Cannot read /music/{key}/01.flac: Input/output error. Check the disk."
            return SettleRequest(Outcome(Status.ERROR, why), seconds, clock.format_iso(later))
        return SettleRequest(self._outcome(key), seconds)

    def _outcome(self, key: str, *, by_hand: bool = False) -> Outcome:
        chance = self.chance
        old, gone = self.open.get(key, set()), self.gone.get(key, set())
        ids = {one for one in sorted(old) if chance.random() < 0.6}
        ids |= {key for key in sorted(gone) if chance.random() < 0.4}
        ids |= {
            f"{chance.choice(KINDS)}:{sum(key.encode()):04x}{key[-3:].encode().hex()}{chance.randrange(9)}"
            for _ in range(chance.randrange(4))
        }
        self.open[key], self.gone[key] = ids, (old | gone) - ids
        chosen = () if by_hand else SAFE[: chance.randrange(4)]
        repairs = {kind: chance.randrange(1, 9) for kind in chosen}
        issues = dict(Counter(mbid.partition(":")[0] for mbid in ids))
        fixed = sum(repairs.values())
        tracks = chance.randrange(8, 30)
        # Older artists were done before albums were matched: they have no matches.
        known = {"albums_matched": tracks // 8, "albums_tied": tracks % 2} if tracks > 12 else {}
        known |= {"albums_unsure": 1} if tracks == 20 else {}
        known |= {"fields_filled": 7 * fixed} if known and chosen else {}
        data = {
            **known,
            "issues_found": len(ids) + fixed,
            "issues_resolved": fixed,
            "auto_fixed": fixed,
            "manual_reviews": len(ids),
            "issues": issues,
            "track_count": tracks,
            "report": f"issues/music/{key}_library_issues.md",
        }
        facts: dict[str, Any] = {"tracks": tracks, "manual_reviews": len(ids), "issues": issues}
        facts |= {name: number for name, number in known.items() if number}
        facts |= {"by_hand": True} if by_hand else {"auto_fixed": fixed, "repairs": repairs}
        return Outcome(message="done", data=data, open_ids=tuple(sorted(ids)), facts=facts)

    def by_hand(self, *keys: str) -> None:
        """Read artists again, as a user's command does."""
        with Queue.open(self.where, MUSIC) as queue:
            queue.begin_session(command="fix_metadata")
            for claim in queue.claim_by_key(*keys, by_hand=True):
                self.clock.forward(seconds=1)
                assert queue.settle(claim, SettleRequest(self._outcome(claim.key, by_hand=True)))
            self._review(queue)
            queue.end_session(command="fix_metadata")

    def again(self, *keys: str) -> None:
        """Have artists done again."""
        with Queue.open(self.where, MUSIC) as queue:
            queue.commit(actions.reset_items(self.where, actions.select_by_name(keys)))

    def scan(self, *gone: str) -> None:
        """Look at the library, in which some artists are gone."""
        items = rig.found([key for key in self.artists if key not in gone])

        def decide(state: Any) -> QueueChange:
            result = scan_diff.compare_with_scan(state, items)
            facts = {"known": len(state.items), **result.count_changes()}
            facts.pop("renamed")
            return QueueChange("scan", result.build_patches(), facts)

        with Queue.open(self.where, MUSIC) as queue:
            queue.commit(decide)

    def rename(self, old: str, new: str) -> None:
        """Look at the library, in which an artist has another name."""
        self.artists = [new if key == old else key for key in self.artists]
        items = rig.found(self.artists)
        self.open[new], self.gone[new] = self.open.pop(old), self.gone.pop(old, set())

        def decide(state: Any) -> QueueChange:
            result = scan_diff.compare_with_scan(state, items, follow=lambda *_: {new: old})
            return QueueChange("scan", result.build_patches(), {"renamed": result.renamed})

        with Queue.open(self.where, MUSIC) as queue:
            queue.commit(decide)

    def forget(self) -> None:
        """Remove what is gone from the queue."""
        with Queue.open(self.where, MUSIC) as queue:
            queue.commit(actions.forget_gone)

    def _review(self, queue: Queue) -> None:
        def entries(item: Item) -> list[dict[str, str]]:
            key = next(key for key, found in queue.state.items.items() if found is item)
            return [_entry(self.home, key, issue, self.track) for issue in sorted(self.open[key])]

        review.update_review_list(self.home, self.where.folder, queue.state, entries)

    def history(self) -> list[dict[str, Any]]:
        """Return all events, as any program would read them."""
        lines = [
            line
            for path in sorted((self.where.folder / "history").glob("*.jsonl"))
            for line in path.read_bytes().splitlines()
        ]
        return [msgspec.json.decode(line) for line in lines]


def _entry(home: Path, key: str, text: str, track: str) -> dict[str, str]:
    kind = text.partition(":")[0]
    proposal = {"missing-date": 'date "1998"', "placeholder-genre": "no genre"}.get(kind, "")
    words = f"--from-review {review.FILE} --accept {text}"
    accept = command_text.format_command("fix_metadata.py", home, words)
    command = accept if proposal else ""
    return {
        "id": text,
        "artist": key,
        "album": "Album",
        "path": track.format(text[-1]),
        "kind": kind,
        "severity": "error" if kind == "truncated-audio" else "warning",
        "detail": "",
        "proposal": proposal,
        "held": "",
        "command": command,
        "report": f"issues/music/{key}_library_issues.md",
    }


def make_history(home: Path, artists: Sequence[str] = ARTISTS, track: str = TRACK) -> Months:
    """Make the history; it ends on Saturday, 2 January 2027, in week 53 of 2026."""
    months = Months(home, artists=artists, track=track)
    months.batch(6)
    months.at("2026-11-15T23:40:00")
    months.batch(12, seconds=200)  # over midnight, and into the next week
    months.at("2026-11-18T20:00:00")
    months.batch(9, kill=True)
    months.batch(5)
    months.at("2026-11-24T20:00:00")
    months.batch(14)
    months.by_hand(artists[0], artists[3])
    months.at("2026-11-29T08:00:00")
    months.again(*artists[:4])
    months.batch(10)
    # nothing in week 49
    months.at("2026-12-07T19:00:00")
    months.scan(artists[1], artists[2])
    with months.beside(3):
        months.batch(13)
    months.at("2026-12-16T19:00:00")
    months.scan()
    months.batch(11)
    months.by_hand(artists[5])
    months.at("2026-12-22T06:00:00")
    months.again(*artists[:5])
    months.batch(9, seconds=30)
    months.at("2027-01-01T00:10:00")
    months.batch(12, seconds=60)
    months.at("2027-01-02T10:00:00")
    return months
