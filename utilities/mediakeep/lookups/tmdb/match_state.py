"""How a movie was identified."""

from __future__ import annotations

from typing import Literal

# "auto" automatically, "user" by the user; "review" if the user has to
# decide, "unmatched" if there is no similar movie.
MatchState = Literal["", "auto", "review", "unmatched", "user"]
