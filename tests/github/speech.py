"""Invented review talk, the same for the same seed: remarks that differ enough not to be near-duplicates."""

import random

VERBS = "rename split merge move cache drop validate document test log close retry guard extract inline sort".split()
NOUNS = (
    "parser session buffer handler queue worker router token schema index cursor batch writer loader filter policy "
    "registry channel payload header cache timeout migration adapter factory listener record snapshot decoder builder"
).split()
OPENINGS = ("Please", "Could you", "I think we should", "We need to", "Let's")
WHYS = (
    "callers cannot tell an empty answer from a failure",
    "this runs once per request and shows in the profile",
    "the name says the opposite of what it does",
    "two threads may get here at the same time",
    "the same lines stand in the module beside it",
    "nobody can test it without the network",
    "it swallows the error that we need in the log",
    "the documentation promises another order",
)
ANSWERS = (
    ("Done, thanks.", 0.34),
    ("Good point, fixed in the next commit.", 0.18),
    ("I would rather keep it as it is, this is intended.", 0.12),
    ("Won't fix here, it belongs to another change.", 0.06),
    ("What do you mean exactly?", 0.14),
    ("It was like that before.", 0.16),
)


class Speech:
    """Says things at random; every draw comes from `rng`."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def noun(self) -> str:
        return self.rng.choice(NOUNS)

    def phrase(self) -> str:
        return f"{self.rng.choice(VERBS).capitalize()} the {self.noun()} {self.noun()}"

    def remark(self) -> str:
        name = f"{self.noun()}_{self.noun()}_{self.rng.randint(1, 999)}"
        return f"{self.rng.choice(OPENINGS)} {self.phrase().lower()} in `{name}`: {self.rng.choice(WHYS)}."

    def answer(self) -> str:
        texts, odds = zip(*ANSWERS, strict=True)
        return self.rng.choices(texts, odds)[0]

    def chatter(self) -> str:
        return f"{self.phrase()}: {self.rng.choice(WHYS)}."
