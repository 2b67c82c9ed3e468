"""Made-up episodes of one small team, for the tests of pairing."""

from dataclasses import replace

from reviewlore.domain.history import Anchor, Episode, OutcomeEvidence

WORDS = "rename move extract inline document test simplify remove reuse assert guard wrap log cache".split()


def episode(number: int, **changes: object) -> Episode:
    request = changes.get("pull_request", number // 3)
    base = Episode(
        id=f"a/b#{request}/{number}",
        repository="a/b",
        pull_request=number // 3,
        comment_id=str(number),
        author="user-1",
        author_kind="human",
        pull_request_author="user-2",
        anchor=Anchor(f"src/m{number % 4}.py", number),
        hunk=f"@@ -{number} +{number} @@\n+x{number} = {number}",
        body=f"please {WORDS[number % len(WORDS)]} the value of x{number}",
        created_at=f"2024-01-{1 + request // 24:02d}T{request % 24:02d}:{number % 60:02d}:00Z",
        outcome="ignored" if number % 5 == 0 else "addressed",
        confidence="high",
    )
    return replace(base, **changes)


def evidence(kind: str, outcome: str = "addressed", by: str = "", detail: str = "") -> tuple[OutcomeEvidence, ...]:
    return (OutcomeEvidence(kind, outcome, 0.9, detail, by),)


HISTORY = [episode(n) for n in range(120)]
