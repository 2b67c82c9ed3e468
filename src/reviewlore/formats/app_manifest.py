"""The App's manifest, and the pages by which a browser carries it to GitHub: addresses in, texts out.

https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

import json
from collections.abc import Mapping, Sequence
from html import escape

# Installations that are made, suspended or deleted are told to every App without asking.
EVENTS = ("issue_comment", "pull_request", "pull_request_review_comment", "push")
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}"
    "button{font:inherit;padding:.5rem 1rem}"
)


def render_manifest(name: str, url: str, permissions: Mapping[str, str], redirect_url: str = "") -> str:
    """Return the manifest of an App whose webhook lies below `url`; `redirect_url` is where GitHub sends the code.

    It is private: only its owner's repositories can install it.
    """
    manifest: dict[str, object] = {
        "name": name,
        "url": url,
        "hook_attributes": {"url": f"{url.rstrip('/')}/webhook", "active": True},
        "public": False,
        "default_permissions": dict(sorted(permissions.items())),
        "default_events": list(EVENTS),
    }
    if redirect_url:
        manifest["redirect_url"] = redirect_url
    return json.dumps(manifest, indent=2) + "\n"


def render_form(manifest: str, address: str, files: Sequence[str]) -> str:
    """Return the page whose one button sends the manifest to GitHub's page at `address`; `files` will be written."""
    kept = "".join(f"<li><code>{escape(file)}</code></li>" for file in files)
    return _page(
        f"<p>The button opens <code>{escape(address.partition('?')[0])}</code>. GitHub asks for a name and shows what "
        "the App may do. Then its id, private key and webhook secret are written, readable by you alone, to</p>"
        f"<ul>{kept}</ul>"
        f'<form action="{escape(address)}" method="post">'
        f'<input type="hidden" name="manifest" value="{escape(manifest)}"><button>Register on GitHub</button></form>'
        f"<details open><summary>What is sent</summary><pre>{escape(manifest)}</pre></details>"
    )


def render_registered(slug: str, address: str) -> str:
    """Return the page that says that the App exists, and where it is installed."""
    link = f"{address.rstrip('/')}/installations/new"
    return _page(f'<p>{escape(slug)} is registered.</p><p><a href="{escape(link)}">Install it on repositories</a></p>')


def render_not_registered(why: str) -> str:
    """Return the page that says why there is no App."""
    return _page(f"<p>{escape(why)}</p>")


def _page(body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<title>reviewlore</title><style>{_STYLE}</style><h1>reviewlore</h1>{body}\n"
    )
