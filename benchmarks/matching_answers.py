"""What somebody says that local albums are, and how right that is by what they truly are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.matching_truth import Truth


@dataclass(frozen=True)
class Answer:
    """A release group and editions of it; `sure` of the group, and `edition` of one edition."""

    group: str = ""
    editions: frozenset[str] = frozenset()
    distance: float = 1.0
    sure: bool = False
    edition: bool = False

    @property
    def is_tie(self) -> bool:
        """Whether it says that several editions are as likely."""
        return self.sure and not self.edition


@dataclass(frozen=True)
class Answers:
    """Answers to albums in their order, and what they cost: requests, and CPU seconds."""

    answers: Sequence[Answer]
    requests: int
    cpu: float


@dataclass(frozen=True)
class Rate:
    """How many answers of so many are right, and how many albums could have been answered."""

    right: int
    given: int
    wanted: int

    @property
    def wrong(self) -> int:
        """How many answers are not right."""
        return self.given - self.right

    @property
    def precision(self) -> float:
        """The share of right answers among those that were given; 1 where none was."""
        return self.right / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        """The share of right answers among those that were possible; 1 where none was."""
        return self.right / self.wanted if self.wanted else 1.0


@dataclass(frozen=True)
class Score:
    """All figures of some albums.

    Of editions, recall counts only albums whose evidence identifies one edition.
    """

    albums: int
    groups: Rate
    editions: Rate
    recalled: Rate  # editions of the albums whose evidence identifies one
    ties: Rate
    absent: int  # answers to albums that no catalogue has


def score(truths: Iterable[Truth], answers: Iterable[Answer]) -> Score:
    """Compare answers with the truth."""
    pairs = list(zip(truths, answers, strict=True))
    told = [(truth, one) for truth, one in pairs if one.sure]
    certain = [(truth, one) for truth, one in told if one.edition]
    separate = [one for one in pairs if one[0].is_separate]
    tied = [(truth, one) for truth, one in told if one.is_tie and not truth.grey and truth.editions]
    return Score(
        albums=len(pairs),
        groups=Rate(
            sum(truth.group == one.group for truth, one in told),
            len(told),
            sum(bool(truth.group) for truth, _ in pairs),
        ),
        editions=Rate(sum(map(_fits, certain)), len(certain), len(separate)),
        recalled=Rate(
            sum(one.edition and one.editions == truth.editions for truth, one in separate),
            sum(one.edition for _, one in separate),
            len(separate),
        ),
        ties=Rate(
            sum(truth.editions == one.editions for truth, one in tied if truth.is_tie),
            len(tied),
            sum(truth.is_tie for truth, _ in pairs),
        ),
        absent=sum(not truth.group for truth, _ in told),
    )


def _fits(pair: tuple[Truth, Answer]) -> bool:
    """Return whether all editions are true or indistinguishable from the true one."""
    truth, one = pair
    return one.editions <= truth.editions | truth.grey
