"""Workflows and build files to what they are: what starts them, their jobs, what these run. Text in, records out.

Nothing is evaluated: expressions and included files stay what they are written as. Never raises.
"""

import re
from collections.abc import Iterator

from reviewlore.domain.pipeline import Pipeline
from reviewlore.formats.commands import is_workflow, parse_commands
from reviewlore.formats.yaml_text import read_yaml

# More jobs or commands than this are no overview.
_MOST = 100
_LONGEST = 200
# What prepares a shell rather than doing the job.
_SHELL = re.compile(r"#|set |export |cd |echo |if |fi\b|then\b|else\b|for |do\b|done\b|source |[A-Za-z_]\w*=|[})\]]")


def parse_pipeline(path: str, text: str) -> Pipeline | None:
    """Return what a workflow of GitHub Actions or a build file says, None for other files and what says nothing.

    A workflow that cannot be read is one without triggers and jobs.
    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
    """
    commands = parse_commands(path, text)
    if not is_workflow(path):
        targets = tuple(command.spelled[0][:_LONGEST] for command in commands[:_MOST])
        return Pipeline(path, path.rpartition("/")[2], (), targets) if targets else None
    value, _ = read_yaml(text)
    workflow = value if isinstance(value, dict) else {}
    jobs = workflow.get("jobs")
    listed = {str(key)[:_LONGEST]: job for key, job in jobs.items()} if isinstance(jobs, dict) else {}
    name = workflow.get("name")
    return Pipeline(
        path,
        name[:_LONGEST] if isinstance(name, str) and name.strip() else path.rpartition("/")[2],
        tuple(dict.fromkeys(_triggers(workflow.get("on"))))[:_MOST],
        tuple(listed)[:_MOST],
        tuple(dict.fromkeys(line for job in listed.values() for line in _runs(job)))[:_MOST],
    )


def _triggers(written: object) -> Iterator[str]:
    """Yield the events that start a workflow: `on` may be one, a list, or a mapping with filters; with cron lines."""
    if isinstance(written, str):
        yield written[:_LONGEST]
    elif isinstance(written, list):
        yield from (entry[:_LONGEST] for entry in written if isinstance(entry, str))
    elif isinstance(written, dict):
        for event, filters in written.items():
            if event == "schedule" and isinstance(filters, list):
                lines = [str(entry["cron"]) for entry in filters if isinstance(entry, dict) and "cron" in entry]
                yield f"schedule ({', '.join(lines)})"[:_LONGEST] if lines else "schedule"
            else:
                yield str(event)[:_LONGEST]


def _runs(job: object) -> Iterator[str]:
    """Yield the first command of each step of a job, and the workflow that it calls."""
    if not isinstance(job, dict):
        return
    if isinstance(job.get("uses"), str):
        yield job["uses"][:_LONGEST]
    steps = job.get("steps")
    for step in steps if isinstance(steps, list) else ():
        script = step.get("run") if isinstance(step, dict) else None
        if isinstance(script, str):
            rows = (row.strip() for row in script[:10_000].split("\n"))
            first = next((row for row in rows if row and not _SHELL.match(row)), "")
            if first:
                yield first[:_LONGEST]
