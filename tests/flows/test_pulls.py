"""What is said of a review that was asked for on the command line, in full."""

import pytest

from reviewlore.flows.publish import Published
from reviewlore.flows.pulls import render_published


@pytest.mark.parametrize(
    ("published", "said"),
    [
        (Published(), "Done on octo/shop#1: nothing to remark."),
        (Published(posted=1), "Done on octo/shop#1: 1 new remark on the changed lines."),
        (Published(known=1), "Done on octo/shop#1: 1 remark left as said before."),
        (
            Published(posted=2, known=3, outside=1, minimised=1, resolved=2, refused=1),
            "Done on octo/shop#1: 2 new remarks on the changed lines, 1 remark in the summary alone, 3 remarks left as "
            "said before, 1 old remark minimised, 2 of our threads resolved, 1 old remark that this token may not "
            "touch.",
        ),
    ],
)
def test_what_was_posted_is_one_sentence(published: Published, said: str) -> None:
    assert render_published("octo/shop#1", published) == said
