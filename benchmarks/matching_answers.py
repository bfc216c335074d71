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
    answered_pairs = [(truth, answer) for truth, answer in pairs if answer.sure]
    certain = [(truth, answer) for truth, answer in answered_pairs if answer.edition]
    separate = [pair for pair in pairs if pair[0].is_separate]
    tied = [
        (truth, answer)
        for truth, answer in answered_pairs
        if answer.is_tie and not truth.grey and truth.editions
    ]
    return Score(
        albums=len(pairs),
        groups=Rate(
            sum(truth.group == answer.group for truth, answer in answered_pairs),
            len(answered_pairs),
            sum(bool(truth.group) for truth, _ in pairs),
        ),
        editions=Rate(sum(map(_fits, certain)), len(certain), len(separate)),
        recalled=Rate(
            sum(answer.edition and answer.editions == truth.editions for truth, answer in separate),
            sum(answer.edition for _, answer in separate),
            len(separate),
        ),
        ties=Rate(
            sum(truth.editions == answer.editions for truth, answer in tied if truth.is_tie),
            len(tied),
            sum(truth.is_tie for truth, _ in pairs),
        ),
        absent=sum(not truth.group for truth, _ in answered_pairs),
    )


def _fits(pair: tuple[Truth, Answer]) -> bool:
    """Return whether all editions are true or indistinguishable from the true one."""
    truth, answer = pair
    return answer.editions <= truth.editions | truth.grey
