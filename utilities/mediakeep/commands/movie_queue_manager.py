"""The movie queue's manager."""

from __future__ import annotations

from mediakeep import kinds
from mediakeep.commands import managers

main = managers.build(kinds.MOVIES)
