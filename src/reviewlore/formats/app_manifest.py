"""The App's manifest: addresses in, the JSON out from which GitHub registers the App.

https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

import json
from collections.abc import Mapping

# Installations that are made, suspended or deleted are told to every App without asking.
EVENTS = ("issue_comment", "pull_request", "pull_request_review_comment", "push")


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
