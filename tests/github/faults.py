"""Trouble on demand: wrong statuses, halved JSON, closed connections, before or after the state has changed.

In: what a test asks for, and the true reply where there is one. Out: the reply to send instead.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.github.routing import ApiError


@dataclass
class Fault:
    """Trouble to be made: which requests, how often, and whether before or after the state has changed.

    `status` None keeps the true answer, for `cut` (half of the JSON) and `drop` (the connection closes unanswered).
    `pattern` is searched in the address, and for GraphQL also in the query; `body` is answered in place of a message.
    """

    method: str
    pattern: re.Pattern[str]
    status: int | None
    message: str
    headers: dict[str, str]
    skip: int
    times: int
    after_commit: bool
    cut: bool
    drop: bool
    body: Any

    def take(self, method: str, target: str) -> bool:
        if self.times <= 0 or self.method != method or not self.pattern.search(target):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Reply:
    """What goes back over the wire; `data` None closes the connection without an answer."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    drop: bool = False
    points: int = 0

    def encoded(self) -> bytes:
        if self.body is None or self.status in {204, 304}:
            return b""
        data = json.dumps(self.body).encode()
        return data[: len(data) // 2] if self.cut else data


class TroubleError(Exception):
    """A fault that takes the place of an answer."""

    def __init__(self, fault: Fault, true: Reply | None = None) -> None:
        super().__init__(fault.message)
        self.fault, self.true = fault, true

    def reply(self) -> Reply:
        fault = self.fault
        if fault.status is not None:
            body = ApiError(fault.status, fault.message).body if fault.body is None else fault.body
            return Reply(fault.status, body, dict(fault.headers))
        reply = self.true or Reply(200, {})
        reply.cut, reply.drop = fault.cut, fault.drop
        return reply
