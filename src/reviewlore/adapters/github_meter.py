"""Counts what goes over the wire to GitHub, and repeats nothing; the only module that imports urllib3.

In: what urllib3 asks its `Retry` about every answer and every failure, also of requests that PyGithub sends by itself
(redirects followed, an app's tokens). Out: the number of requests, and BudgetError where no more are allowed.
"""

from typing import Any, NoReturn

from urllib3 import Retry
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from reviewlore.errors import BudgetError

_MOVED = 301


class Meter(Retry):
    """Given to PyGithub as its way to retry: its default repeats writes after a failure, and triples a review."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__(0, read=False)
        self.limit, self.sent = limit, 0
        self.failure, self.unreachable = "", False

    def check(self, what: str) -> None:
        """Raise BudgetError where no further request is allowed."""
        if self.limit is not None and self.sent >= self.limit:
            raise BudgetError(
                f"The {self.limit} requests that were allowed are used up before {what}; run again to go on from here."
            )

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Count an answer; never asks for a repetition."""
        self.sent += 1
        self.failure, self.unreachable = "", False
        if status_code == _MOVED:  # PyGithub follows at once
            self.check(f"a redirected {method}")
        return False

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Any = None,
        *_: Any,
        **more: Any,
    ) -> NoReturn:
        """Count a failure and end the request: MaxRetryError, which the HTTP library makes an OSError."""
        self.sent += 1
        self.failure = type(error).__name__
        self.unreachable = isinstance(error, NewConnectionError | ConnectTimeoutError)
        raise MaxRetryError(more["_pool"], url or "", error) from error
