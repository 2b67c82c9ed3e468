"""An adapter outside the state branch: where it was written, and what a server was asked to do with it."""

from dataclasses import dataclass, field
from typing import Literal

ExportForm = Literal["adapter", "merged"]


@dataclass(frozen=True, slots=True)
class Exported:
    """A version written to a folder: as a PEFT adapter beside its base, or merged into it as one checkpoint.

    `base` is what the adapter is put on: a model's hub name, or the folder a made base was written to. `files` maps
    names below `folder` to their SHA-256, `rank` is the adapter's. `notes` say what a server may not take.
    """

    version: str
    form: ExportForm
    folder: str
    base: str
    rank: int
    files: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
