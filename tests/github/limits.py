"""GitHub's primary rate limits: so much an hour, refilled at the reset, told with every answer.

In: what an answer costs. Out: what is left, as headers. REST counts requests, GraphQL counts points.
"""

import math
import time
from dataclasses import dataclass, field

HOUR = 3600.0


@dataclass
class Allowance:
    """One primary rate limit; `reset` is a Unix time."""

    resource: str
    limit: int = 5_000
    remaining: int = 5_000
    reset: float = field(default_factory=lambda: time.time() + HOUR)

    def spend(self, cost: int) -> None:
        self.remaining = max(0, self.remaining - cost)

    def use_up(self, seconds: float = HOUR) -> None:
        """Leave nothing until some seconds from now."""
        self.remaining, self.reset = 0, time.time() + seconds

    def is_spent(self) -> bool:
        """Whether the next request is refused; past the reset the allowance is full again."""
        if time.time() >= self.reset:
            self.remaining, self.reset = self.limit, time.time() + HOUR
        return self.remaining <= 0

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Used": str(self.limit - self.remaining),
            "X-RateLimit-Reset": str(math.ceil(self.reset)),
            "X-RateLimit-Resource": self.resource,
        }
