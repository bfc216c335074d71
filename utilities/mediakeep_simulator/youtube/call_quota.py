"""The quota of API calls: units and uploads by day in Pacific time."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from mediakeep_simulator.youtube.errors import YoutubeApiError
from mediakeep_simulator.youtube.model import YoutubeSettings
from mediakeep_simulator.youtube.state_store import YoutubeState

# units: developers.google.com/youtube/v3/determine_quota_cost
_COSTS = {"thumbnails.set": 50, "captions.list": 50, "captions.insert": 400}
_COSTS_BY_VERB = {"list": 1, "insert": 50, "update": 50}
_INSERT = "videos.insert"
USED = "used/"  # counters by day and bucket

_PACIFIC = ZoneInfo("America/Los_Angeles")


def pacific_day(time: float) -> str:
    """Return the day of the quota, such as 2026-11-24."""
    return datetime.fromtimestamp(time, _PACIFIC).date().isoformat()


def charge_call(settings: YoutubeSettings, state: YoutubeState, call: str, now: float) -> None:
    """Charge a call; raise YoutubeApiError if its bucket has too little left for the day."""
    cost = settings.costs.get(call) or _COSTS.get(call) or _COSTS_BY_VERB[call.split(".")[1]]
    bucket, limit = "units", settings.units_per_day
    if call == _INSERT and settings.inserts_per_day:
        bucket, limit, cost = "inserts", settings.inserts_per_day, 1
    name = f"{USED}{pacific_day(now)}/{bucket}"
    with state.lock:
        if state.count(name, 0) + cost > limit:
            raise YoutubeApiError("quotaExceeded")
        state.count(name, cost)
