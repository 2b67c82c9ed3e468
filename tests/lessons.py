"""Small lessons with a signal one word strong, for a base made on the spot: seconds to learn."""

from dataclasses import replace
from io import StringIO

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.resources import load_recipe
from reviewlore.domain.recipe import Dialogue, MadeBase
from reviewlore.stages.recipe import parse_recipe

SHIPPED = parse_recipe(load_recipe("smoke_cpu"), "smoke_cpu")
RECIPE = replace(
    SHIPPED,
    base=MadeBase(layers=1, width=32, heads=1, vocabulary=400, warm_up_steps=4, warm_up_rate=3e-3),
    text=replace(SHIPPED.text, hunk_characters=300, remark_characters=100, max_tokens=120),
    run=replace(SHIPPED.run, learning_rate=1e-2, max_steps=24, log_every=1, epochs=9.0),
    loss=replace(SHIPPED.loss, beta=0.5),
)
NOUNS = "fee loan item book member branch shelf copy fine hold date card desk list page week".split()


def dialogues(count: int, shift: int = 0) -> list[Dialogue]:
    """Return pairs in which the chosen remark always asks for a test: a signal one word strong."""
    made = []
    for number in range(count):
        noun, other = NOUNS[(number + shift) % 16], NOUNS[(3 * number + shift + 5) % 16]
        prompt = f"<|file|>app/{noun}.py\n<|hunk|>\n@@ -1 +1,2 @@\n+{noun} = find_{other}()\n<|remark|>\n"
        made.append(Dialogue(prompt, f"Please test the {noun}.", f"Perhaps rename the {noun}."))
    return made


class Heard(QuietConsole):
    """A console that remembers what it was told."""

    def __init__(self) -> None:
        super().__init__(StringIO())
        self.lines: list[str] = []
        self.warnings: list[str] = []

    def say(self, text: str) -> None:
        """Remember a line."""
        self.lines.append(text)

    def warn(self, text: str) -> None:
        """Remember a warning."""
        self.warnings.append(text)
