"""Commands that take a version out of the state branch, for other programs."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewlore.cli.options import as_json, dry_run_option, format_option, open_workshop, repo_option, shown
from reviewlore.domain.visible import visible_line

if TYPE_CHECKING:
    from reviewlore.domain.serving import Exported, ExportForm


@click.command()
@click.argument("version")
@repo_option
@click.option("--output", required=True, metavar="DIR", type=click.Path(path_type=Path), help="A folder that does not "
              "exist yet.")  # fmt: skip
@click.option("--merged", is_flag=True, help="Merge it into its base model: one checkpoint that needs no adapter.")
@dry_run_option
@format_option("text", "json")
def export(version: str, repo: Path, output: Path, style: str, *, merged: bool, dry_run: bool) -> int:
    """Write an adapter for vLLM, PEFT or transformers.

    Write an adapter of the registry as PEFT, vLLM and transformers load it, or merged into its base model. Its files
    are verified first; the command that serves it is printed.
    """
    from reviewlore.adapters.exporting import refuse_existing
    from reviewlore.flows.service import check_exportable, export_version
    from reviewlore.formats.records import to_plain
    from reviewlore.wiring_training import open_exporter

    workshop = open_workshop(repo, quiet=True)
    if dry_run:
        planned = {"version": check_exportable(workshop.store, version).id, "folder": str(output.absolute())}
        refuse_existing(output.absolute())
        told = f"Would write {planned['version']} to {shown(planned['folder'])}.\n"
        click.echo(as_json(planned) if style == "json" else told, nl=False)
        return 0
    form: ExportForm = "merged" if merged else "adapter"
    exported = export_version(workshop.store, open_exporter(), version, output, form)
    click.echo(as_json(to_plain(exported)) if style == "json" else _render(exported), nl=False)
    return 0


def _render(exported: "Exported") -> str:
    size = sum(path.stat().st_size for path in Path(exported.folder).rglob("*") if path.is_file()) / 1e6
    folder, base = shlex.quote(shown(exported.folder)), shlex.quote(visible_line(exported.base))
    adapter = shlex.quote(f"{exported.version}={shown(exported.folder)}")
    lines = [f"Wrote {exported.version} ({len(exported.files)} files, {size:.1f} MB) to {shown(exported.folder)}", ""]
    lines += [f"  {digest[:12]}  {name}" for name, digest in exported.files.items()]
    if exported.form == "merged":
        lines += ["", "Serve it, and name it in the settings as [model] name:",
                  f"  vllm serve {folder} --served-model-name {exported.version}"]  # fmt: skip
    else:
        lines += ["", "Serve it beside its base model; reviews ask for it by its id:",
                  f"  vllm serve {base} --enable-lora --max-lora-rank {exported.rank} "
                  f"--lora-modules {adapter}"]  # fmt: skip
    lines += [f"  {note}" for note in exported.notes]
    return "\n".join(lines) + "\n"
