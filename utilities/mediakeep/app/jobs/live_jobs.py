"""Jobs of all queues, read from memory: pages of them, and one by its id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from mediakeep.app import paging
from mediakeep.app.jobs import job_list
from mediakeep.app.jobs.job_list import Job, JobState
from mediakeep.app.live_queue import ItemFilter, LiveQueue
from mediakeep.errors import NoSuchItem
from mediakeep.item import Item
from mediakeep.job_ids import get_job_id

_NEWEST = ItemFilter(sort="added")


class JobPage(msgspec.Struct, frozen=True):
    """A page of jobs; `next` is the cursor of the next one, "" after the last."""

    jobs: list[Job]
    next: str = ""


def list_page(
    queues: Sequence[LiveQueue], kind: str, states: Sequence[JobState], cursor: str, limit: int
) -> JobPage:
    """Return a page of jobs, newest first; "" and no states fit all. Raise InvalidCursor."""
    found, start = sorted(_list_rows(queues, kind, states), reverse=True), 0
    if cursor:
        last = paging.decode_cursor(cursor, "jobs")
        start = sum((added, f"{name} {key}") >= last for added, name, key in found)
    page = found[start : start + limit]
    by_name = {queue.kind.name: queue for queue in queues}
    jobs = [read_job(by_name[name], key) for _, name, key in page]
    following = ""
    if start + len(page) < len(found):
        added, *place = page[-1]
        following = paging.encode_cursor("jobs", (added, " ".join(place)))
    return JobPage([job for job in jobs if job], following)


def _list_rows(
    queues: Sequence[LiveQueue], kind: str, states: Sequence[JobState]
) -> Iterator[tuple[str, str, str]]:
    """Yield when a job was added, its kind, and its key."""
    for queue in queues:
        name = queue.kind.name
        if kind not in ("", name, queue.kind.main_name):
            continue
        with queue.open() as state:
            items = queue.recovered_items(state)
            for added, key in queue.list_rows(state, _NEWEST):
                item = items.get(key) or state.items[key]
                if not states or job_list.get_job_state(item) in states:
                    yield added, name, key


def read_job(queue: LiveQueue, key: str) -> Job | None:
    """Return a job of a queue, or None if it is gone."""
    with queue.open() as state:
        item = queue.recovered_items(state).get(key) or state.items.get(key)
        return job_list.build_jobs(queue.context(), {key: item})[0] if item else None


def find_job(queues: Sequence[LiveQueue], id_: str) -> tuple[LiveQueue, str, Item]:
    """Return the queue, the key and the item of a job; raise NoSuchItem if there is none."""
    for queue in queues:
        with queue.open() as state:
            keys = [id_] if id_ in state.items else state.items
            for key in keys:
                if get_job_id(queue.kind.name, key) == id_:
                    return queue, key, state.items[key]
    raise NoSuchItem("job", id_, "")
