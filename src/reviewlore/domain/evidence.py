"""Who vouches for an outcome: git, one person's word alone, or several sources. Records in, plain answers out."""

from reviewlore.domain.history import Episode, OutcomeEvidence

# Evidence read from the code between the reviewed commit and the merge (`stages/outcome`).
_GIT = ("suggestion_", "lines_", "line_", "nearby_", "file_", "code_")
# What a person with write access says by a click or a command (`stages/votes.py`).
_VOTES = frozenset({"reaction_up", "reaction_down", "resolved", "dismissed", "accepted"})

_SOLID = 0.6  # what is weaker happens by itself: a line nearby, a file that was changed somewhere


def is_from_git(evidence: OutcomeEvidence) -> bool:
    """Whether the evidence is what became of the code, whoever says what."""
    return not evidence.by and evidence.kind.startswith(_GIT)


def is_solid(evidence: OutcomeEvidence) -> bool:
    """Whether the evidence is git's, and not what would often be so anyway."""
    return is_from_git(evidence) and evidence.weight >= _SOLID


def is_vote(evidence: OutcomeEvidence) -> bool:
    """Whether the evidence is one person's reaction, resolution, dismissal or acceptance."""
    return bool(evidence.by) and evidence.kind in _VOTES


def is_positive(evidence: OutcomeEvidence) -> bool:
    """Whether the evidence speaks for the remark."""
    return evidence.outcome == "addressed"


def find_sole_voice(episode: Episode) -> str | None:
    """Return the person on whose word alone the outcome rests, or None where git, a file or somebody else agrees."""
    if episode.outcome == "unknown":
        return None
    wanted = episode.outcome == "addressed"
    agreeing = [item for item in episode.evidence if item.outcome != "unknown" and is_positive(item) == wanted]
    people = {item.by for item in agreeing}
    return next(iter(people)) or None if len(people) == 1 else None


def is_confirmed_by_git(episode: Episode) -> bool:
    """Whether a remark was addressed and git shows it."""
    return episode.outcome == "addressed" and any(is_positive(item) and is_solid(item) for item in episode.evidence)
