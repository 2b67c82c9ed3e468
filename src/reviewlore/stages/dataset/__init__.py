"""Episodes in, preference pairs out: of two real remarks, which one this team stands by.

`selection` says which episodes are used and on which side of the split, `pairing` and `alone` which pairs they make,
`caps` how much may rest on one person, `leaks` whether the result may be trained on. No part reads a clock or a file.
"""

from reviewlore.stages.dataset.build import (
    DEFAULTS,
    build_dataset,
    build_refit_pairs,
    dataset_id,
    make_manifest,
    rebuild_dataset,
    rebuild_refit_pairs,
)
from reviewlore.stages.dataset.leaks import check_leaks

__all__ = [
    "DEFAULTS",
    "build_dataset",
    "build_refit_pairs",
    "check_leaks",
    "dataset_id",
    "make_manifest",
    "rebuild_dataset",
    "rebuild_refit_pairs",
]
