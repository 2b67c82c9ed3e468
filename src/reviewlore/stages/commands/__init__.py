"""Slash commands: `parse` reads them from the text of a comment, `answers` holds every sentence said about them."""

from reviewlore.stages.commands.answers import (
    as_code,
    render_approved,
    render_dismissed,
    render_error,
    render_failure,
    render_forgotten,
    render_help,
    render_not_reviewed,
    render_opted_in,
    render_opted_out,
    render_refusal,
    render_reviewed,
    render_status,
    render_train_started,
    render_version_approved,
    render_which_finding,
)
from reviewlore.stages.commands.parse import ROWS, is_for_everybody, may, parse_command, row_of
from reviewlore.stages.commands.words import PREFIX, Row

__all__ = [
    "PREFIX",
    "ROWS",
    "Row",
    "as_code",
    "is_for_everybody",
    "may",
    "parse_command",
    "render_approved",
    "render_dismissed",
    "render_error",
    "render_failure",
    "render_forgotten",
    "render_help",
    "render_not_reviewed",
    "render_opted_in",
    "render_opted_out",
    "render_refusal",
    "render_reviewed",
    "render_status",
    "render_train_started",
    "render_version_approved",
    "render_which_finding",
    "row_of",
]
