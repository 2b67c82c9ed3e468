"""What a review is about: a change as it was read and surveyed, and what is known of it besides its commits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reviewlore.architecture.facts.change import ChangeContext
from reviewlore.config import Settings
from reviewlore.diff import FilePatch
from reviewlore.domain.architecture import Survey
from reviewlore.domain.asking import PullText
from reviewlore.domain.forge import Posted
from reviewlore.stages.publish.again import Unchanged


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a change besides its commits.

    `number` is its pull request's (0: none), `told` its title and body, `posted` what of ours stands on it; `seen`
    tells which of its hunks were reviewed before. `foreign` are files of other reviewers' findings by name.
    """

    number: int = 0
    told: PullText | None = None
    posted: Posted = field(default_factory=Posted)
    seen: Callable[[tuple[FilePatch, ...]], Unchanged] = lambda patches: Unchanged()
    foreign: Mapping[str, bytes] = field(default_factory=dict)


ALONE = Circumstances()


@dataclass(frozen=True, slots=True)
class Subject:
    """A change from the merge base `base` to `head`, read by the settings of the base, with its survey.

    `change` is what the survey rests on, `unchanged` which hunks are as they were at the last review.
    """

    repository: str
    base: str
    head: str
    settings: Settings
    patches: tuple[FilePatch, ...]
    survey: Survey
    change: ChangeContext
    unchanged: Unchanged
    known: Circumstances = ALONE
