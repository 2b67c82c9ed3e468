"""Builds the demo: a sample repository in a folder, a workshop on it, the whole loop, and the report."""

from collections.abc import Callable
from pathlib import Path

from reviewlore.adapters import resources
from reviewlore.adapters.files import write_text
from reviewlore.ports import Console
from reviewlore.wiring import Workshop


def run_demo(output: Path | None, console: Console, emit: Callable[[str], None]) -> int:
    """Build the sample, run the whole loop on it, and write the report; in a temporary folder where none is named."""
    import runpy
    import tempfile

    from reviewlore.flows import demo

    kept = output.resolve() if output is not None else Path(tempfile.mkdtemp(prefix="reviewlore-demo-"))
    console.step(
        "Build the sample repository",
        "A git repository with its merged pull requests and review threads, from readable source data: the same "
        f"commits on every machine. Everything lies in {kept}.",
    )
    build = runpy.run_path(str(resources.sample_folder() / "build.py"))["build"]
    sample = build(kept)
    workshop = Workshop(sample.repository, console)
    found = demo.run_demo(workshop, sample.comments, demo.read_request(sample.pull_request), emit)
    page = kept / "report.html"
    write_text(page, workshop.render_report(found))
    emit(f"\nThe report: {page.resolve()}\n")
    return 0
