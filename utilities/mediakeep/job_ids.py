"""The ids of jobs, which commands show and records name."""

from __future__ import annotations

import uuid
from functools import lru_cache

_NAMESPACE = uuid.UUID("6f6c5f0e-6d65-4b65-9570-6d656469616b")  # of ids that are made of keys
ID_LENGTH = len(str(_NAMESPACE))


@lru_cache(10_000)
def get_job_id(kind: str, key: str) -> str:
    """Return the id of a job, a UUID: the key of an added item, else made of kind and key."""
    try:
        return str(uuid.UUID(key))
    except ValueError:
        return str(uuid.uuid5(_NAMESPACE, f"{kind}/{key}"))
