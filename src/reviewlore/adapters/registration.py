"""Registers the App with GitHub by its manifest, through the browser of whoever runs this on the same machine.

In: a manifest and addresses. Out: the App's id, private key and webhook secret as files of their owner alone. It
listens on the loopback only, until it is done once, and believes only the browser that it gave its page to.
https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from reviewlore.adapters.http_exchange import Address, ExchangeError
from reviewlore.domain.visible import visible_line
from reviewlore.errors import ForgeError, InputError, RefusedError, StorageError
from reviewlore.formats.app_manifest import render_form, render_not_registered, render_registered

_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")
_SECONDS = 30.0
_REQUEST_SECONDS = 10
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Registered:
    """The App as GitHub made it: its number, its name in addresses, and its page."""

    app_id: str
    slug: str
    address: str


@dataclass(frozen=True, slots=True)
class Registry:
    """Where to register: GitHub's page for new Apps, its interface, and the files to write, by what they hold."""

    page: str
    api_url: str
    files: Mapping[str, Path]  # `id`, `pem` and `webhook_secret`


class Registrar:
    """The page on the loopback. `address` is where a browser finds it, `redirect` where GitHub sends it back to."""

    def __init__(self, registry: Registry, port: int = 0) -> None:
        """Listen; RefusedError where an App's files are there already, InputError where the port is taken."""
        there = [str(path) for path in registry.files.values() if path.exists()]
        if there:
            raise RefusedError(f"An App is registered here already: {', '.join(there)}. Name another folder.")
        self._registry, self._state = registry, secrets.token_urlsafe(24)
        self._path = f"/{secrets.token_urlsafe(24)}"  # other users of the machine must not find the form and its state
        self._manifest, self._done = "", list[Registered]()
        try:
            self._server = HTTPServer(("127.0.0.1", port), _handler(self._answer))
        except OSError as error:
            raise InputError(f"Port {port} cannot be listened at: {error.strerror}. Name another one.") from error
        self._origin = f"http://127.0.0.1:{self._server.server_port}"
        self.address, self.redirect = f"{self._origin}{self._path}", f"{self._origin}/done"

    def wait(self, manifest: str, seconds: float) -> Registered:
        """Answer until the App is registered, and return it; RefusedError where that takes longer than `seconds`."""
        self._manifest, deadline = manifest, time.monotonic() + seconds
        try:
            while not self._done:
                self._server.timeout = deadline - time.monotonic()
                if self._server.timeout <= 0:
                    raise RefusedError(f"Nobody registered the App within {seconds:.0f} seconds. Run this again.")
                self._server.handle_request()
        finally:
            self._server.server_close()
        return self._done[0]

    def _answer(self, host: str, target: str) -> tuple[int, str]:
        """Return status and page. Another name for this machine is a stranger's page that wants to read ours."""
        if host != self._origin.removeprefix("http://"):
            return 421, render_not_registered("Open the address that the command printed.")
        parts, query = urlsplit(target), parse_qs(urlsplit(target).query)
        if hmac.compare_digest(parts.path.encode(), self._path.encode()):
            address, files = f"{self._registry.page}?state={self._state}", map(str, self._registry.files.values())
            return 200, render_form(self._manifest, address, tuple(files))
        code = query.get("code", [""])[0]
        if parts.path != "/done" or not _CODE.fullmatch(code):
            return 404, render_not_registered("There is nothing here.")
        if not hmac.compare_digest(query.get("state", [""])[0].encode(), self._state.encode()):
            return 403, render_not_registered("This was not begun here. Begin anew.")
        try:
            self._done.append(self._convert(code))
        except (ForgeError, StorageError) as error:
            return 502, render_not_registered(str(error))
        return 200, render_registered(self._done[0].slug, self._done[0].address)

    def _convert(self, code: str) -> Registered:
        """Exchange the code for the App's secrets, which GitHub tells once, and keep them."""
        path = f"/app-manifests/{code}/conversions"
        try:
            answer = Address(self._registry.api_url).send("POST", path, b"", _SECONDS)
        except ExchangeError as error:
            raise ForgeError(f"{error} Begin anew.") from error
        try:
            told: Any = json.loads(answer.body)
            texts = {name: str(told[name]) for name in (*self._registry.files, "slug", "html_url")}
        except (ValueError, KeyError, TypeError) as error:
            raise ForgeError(f"GitHub did not make the App (status {answer.status}). Begin anew.") from error
        for name, file in self._registry.files.items():
            _write(file, texts[name])
        return Registered(texts["id"], visible_line(texts["slug"]), texts["html_url"])


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text.rstrip("\n") + "\n")
    except OSError as error:
        why = f"{path} cannot be written: {error.strerror}. The App exists; make new secrets on its page."
        raise StorageError(why) from error


def _handler(answer: Callable[[str, str], tuple[int, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_SECONDS
        server_version, sys_version = "reviewlore", ""

        def do_GET(self) -> None:
            status, page = answer(self.headers.get("Host", ""), self.path)
            data = page.encode()
            self.send_response(status)
            for name, value in {**_HEADERS, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing: the address holds the code."""

    return Handler
