"""The command that registers the GitHub App that one's own server is."""

import os
import re
from pathlib import Path

import click

from reviewlore.cli.options import emit
from reviewlore.domain.visible import visible_line
from reviewlore.errors import InputError

_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~/-]*)?")
_OWNER = re.compile(r"[A-Za-z0-9-]{1,39}")
_MINUTES = 10


@click.command()
@click.option("--url", required=True, metavar="URL", help="Where GitHub reaches the server: https://…, no /webhook.")
@click.option("--folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False),
              help="The server's folder; id, private key and webhook secret are written there.")  # fmt: skip
@click.option("--organization", default="", metavar="NAME", help="Who owns the App; without it, you.")
@click.option("--name", default="reviewlore", show_default=True, help="The App's name, which GitHub may change.")
@click.option("--port", default=0, type=click.IntRange(0, 65_535), help="Port on this machine; without it, a free one.")
@click.option("--manifest", "shown", is_flag=True, help="Print the manifest and end.")
def register(url: str, folder: Path | None, organization: str, name: str, port: int, *, shown: bool) -> int:
    """Register the GitHub App by its manifest.

    Register the GitHub App by its manifest, through a browser on this machine: it opens a page on the loopback, GitHub
    shows what the App may do, and the App's secrets are written into the folder.
    """
    from reviewlore.flows.app import all_permissions
    from reviewlore.formats.app_manifest import render_manifest

    if not _ADDRESS.fullmatch(url):
        raise InputError(f"{visible_line(url)} is no address that GitHub sends to; write https://HOST.")
    if organization and not _OWNER.fullmatch(organization):
        raise InputError(f"{visible_line(organization)} is no name of an organisation.")
    if shown:
        emit(render_manifest(name, url, all_permissions()))
        return 0
    if folder is None:
        raise InputError("Name the server's folder with --folder DIR.")
    from reviewlore.adapters.registration import Registrar
    from reviewlore.wiring_app import open_registry

    registrar = Registrar(open_registry(folder, organization, dict(os.environ)), port)
    click.echo(f"Open {registrar.address} in a browser on this machine within {_MINUTES} minutes.", err=True)
    manifest = render_manifest(name, url, all_permissions(), registrar.redirect)
    made = registrar.wait(manifest, _MINUTES * 60)
    emit(f"{made.slug} ({made.app_id}) is registered; its secrets are in {visible_line(str(folder))}.\n"
         f"Install it: {visible_line(made.address)}/installations/new\n")  # fmt: skip
    return 0
