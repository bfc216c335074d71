"""How a job is named: by its id, the beginning of it, or its name."""

from __future__ import annotations

import pytest

from mediakeep import job_ids
from mediakeep.app.jobs import job_list
from mediakeep.app.jobs.job_list import Job, JobState
from mediakeep.errors import NoSuchItem, UsageError
from tests.sampling import each_row

ADDED = "0123456789ab4cde8f00112233445566"


def build_job(name: str, key: str, kind: str = "albums") -> Job:
    job_id = job_ids.get_job_id(kind, key)
    return Job(id=job_id, kind=kind, key=key, name=name, state=JobState.QUEUED, stage="x")


JOBS = [
    build_job("Abba", ADDED),
    build_job("Abba", "Abba", "audiobooks"),
    build_job("Zoë", "Pop/Zoë"),
    build_job("0123", "0123"),
    build_job("Other", ADDED.replace("0112", "0113")),
]


def test_an_id_is_a_uuid_that_never_changes() -> None:
    assert JOBS[0].id == "01234567-89ab-4cde-8f00-112233445566"
    assert JOBS[2].id == "46e0fc90-8a56-5049-812f-e6ce4eebb7b2"
    assert JOBS[1].id != build_job("Abba", "Abba").id


@each_row(
    ("text", "number"),
    [
        (JOBS[0].id.upper(), 0),
        (ADDED, 0),
        (JOBS[1].id[:8], 1),
        ("Pop/Zoë", 2),
        ("zoë", 2),
        ("zoe\u0308", 2),  # decomposed
        ("0123", 3),  # a name, although ids begin with it
        ("01234567-89ab-4cde-8f00-1132", 4),
    ],
)
def test_a_job_is_found_by_id_name_or_beginning(text: str, number: int) -> None:
    assert job_list.find_job(JOBS, text) is JOBS[number]


def test_an_ambiguous_name_lists_the_ids() -> None:
    with pytest.raises(UsageError, match=r'Ambiguous job "abba": 01234567 \(Abba, albums\), '):
        job_list.find_job(JOBS, "abba")
    with pytest.raises(UsageError, match=r"01234567-89ab-4cde-8f00-112 .*-113 \(Other, albums\)"):
        job_list.find_job(JOBS, "01234")
    with pytest.raises(NoSuchItem, match=r'no job named "012"'):  # too short
        job_list.find_job(JOBS, "012")
