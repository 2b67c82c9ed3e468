"""`/lore config`: a pull request in, the settings in force on it and where they come from out."""

from dataclasses import replace

from reviewlore.config import FILE
from reviewlore.config.schema import find_changed
from reviewlore.errors import ConfigError
from reviewlore.flows.command_tools import Asked, CommandTools
from reviewlore.flows.review import read_settings
from reviewlore.stages.commands import InForce, render_config, render_config_problem


def tell_config(asked: Asked, tools: CommandTools) -> str:
    """Return the settings that are no defaults, as a review of the pull request would use them, or what is wrong."""
    pull = asked.pull
    try:
        context = tools.look_into(pull)
        base, governing = read_settings(context.repo, pull.base_sha), tools.settings()
    except ConfigError as error:
        return render_config_problem(str(error))
    known = InForce(
        changed=find_changed(replace(governing, review=base.review, architecture=base.architecture)),
        base=pull.base_sha,
        branch=asked.event.default_branch or "by default",
        found=context.repo.read(pull.base_sha, FILE) is not None,
        pinned=tools.pinned(),
        notes=context.notes,
    )
    return render_config(known)
