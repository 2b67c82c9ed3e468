"""reviewlore learns a team's review judgement from its merged pull requests and applies it to the next one."""

__version__ = "0.1.0"
