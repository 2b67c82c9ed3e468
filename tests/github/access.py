"""Who may do what: tokens, the app's signed identity, and GitHub's permissions by operation.

In: the Authorization header and an operation. Out: the caller's `Token`, or ApiError 401 or 403 in GitHub's words.
"""

import re
import time

import jwt
from tests.github.routing import ApiError
from tests.github.state import ROLES, Repository, Token
from tests.github.world import World

# Writing operations of an app's token: any one of the permissions, as `write`, is enough.
NEEDS = (
    (re.compile(r"POST .*/pulls/\{pull_number\}/(reviews|comments)"), ("pull_requests",)),
    (re.compile(r"(POST|PATCH|DELETE) .*/pulls/comments/"), ("pull_requests",)),
    (re.compile(r"(POST|PATCH|DELETE) .*/issues/"), ("issues", "pull_requests")),
    (re.compile(r"(POST|PATCH) .*/check-runs"), ("checks",)),
    (re.compile(r"POST .*/dispatches"), ("actions",)),
)
# What a person's token needs a role for; talking needs none.
ROLE_NEEDS = ((re.compile(r"(POST|PATCH) .*/check-runs"), "write"), (re.compile(r"POST .*/dispatches"), "write"))
MAX_LIFE = 600
CLOCK_SKEW = 60


class Access:
    """Checks callers of one world; `app_key` is the app's public key as PEM."""

    def __init__(self, world: World, app_key: str | None, app_id: int) -> None:
        self.world, self.app_key, self.app_id = world, app_key, app_id

    def caller(self, authorization: str, path: str) -> Token:
        """Return who sends a request: the app itself on its own endpoints, else the owner of a token."""
        credential = authorization.partition(" ")[2]
        if path.startswith("/app") or path.endswith("/installation"):
            self._check_app(credential)
            return Token("app", {}, 0.0)
        if not credential:
            raise ApiError(401, "Requires authentication")
        token = self.world.tokens.get(credential)
        if token is None or token.expires < time.time():
            raise ApiError(401, "Bad credentials")
        return token

    def check_write(self, token: Token, method: str, template: str, repo: Repository | None) -> None:
        """Refuse a write that the token's permissions or its owner's role do not allow."""
        key = f"{method} {template}"
        if token.permissions is not None:
            needs = next((needs for pattern, needs in NEEDS if pattern.match(key)), ())
            if needs and not any(token.permissions.get(need) == "write" for need in needs):
                accepted = {"X-Accepted-GitHub-Permissions": "; ".join(f"{need}=write" for need in needs)}
                raise ApiError(403, "Resource not accessible by integration", headers=accepted)
        elif repo is not None:
            role = next((role for pattern, role in ROLE_NEEDS if pattern.match(key)), "none")
            if ROLES.index(self.world.role_of(repo, token.login)) < ROLES.index(role):
                raise ApiError(403, "Must have push access to the repository.")

    def _check_app(self, credential: str) -> None:
        if self.app_key is None:
            raise ApiError(401, "A JSON web token could not be decoded")
        try:
            options = {"require": ["iat", "exp", "iss"]}
            claims = jwt.decode(credential, self.app_key, algorithms=["RS256"], options=options)
        except jwt.PyJWTError as error:
            raise ApiError(401, "A JSON web token could not be decoded") from error
        if claims["exp"] - claims["iat"] > MAX_LIFE + CLOCK_SKEW:
            raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")
        if str(claims["iss"]) != str(self.app_id):
            raise ApiError(401, "Integration not found")
