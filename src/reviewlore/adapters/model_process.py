"""The process in which a local model runs: one JSON object a line in, one out, until its input ends.

Started by `local_model` with an environment that holds no secret. It reads no repository and no network; whatever goes
wrong is an answer.
"""

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

from reviewlore.adapters.runs import first_line
from reviewlore.adapters.weights import verify_files
from reviewlore.adapters.writer import Writer, open_writer
from reviewlore.domain.recipe import NamedBase
from reviewlore.errors import RefusedError, ReviewloreError


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are none: `open` a base model, `add` an adapter, `write` an answer."""
    writer: Writer | None = None
    for line in requests:
        request = json.loads(line)
        try:
            if request["do"] == "open":
                writer = _open(request)
                answer: dict[str, Any] = {}
            elif writer is None:
                answer = {"failure": "broken", "reason": "No model was opened."}
            elif request["do"] == "add":
                _add(writer, request)
                answer = {}
            else:
                answer = _write(writer, request)
        except ReviewloreError as error:
            answer = {"failure": "refused", "reason": str(error)}
        except Exception as error:  # noqa: BLE001 - the libraries raise their own, also for too little memory
            answer = {"failure": "broken", "reason": f"{type(error).__name__}: {first_line(error)}"}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _open(request: dict[str, Any]) -> Writer:
    folder = Path(request["folder"]) if request["folder"] else None
    return open_writer(NamedBase(request["id"], request["revision"]), folder, request["context_tokens"])


def _add(writer: Writer, request: dict[str, Any]) -> None:
    """Load an adapter from the bytes of the message, after checking them once more."""
    files = {name: base64.b64decode(text) for name, text in request["files"].items()}
    writer.add(request["version"], verify_files(files, request["hashes"]))


def _write(writer: Writer, request: dict[str, Any]) -> dict[str, Any]:
    try:
        written = writer.write(request["system"], request["user"], request["answer_tokens"], request["version"])
    except RefusedError as error:
        return {"failure": "too_long", "reason": str(error)}
    return {
        "text": written.text,
        "prompt_tokens": written.prompt_tokens,
        "completion_tokens": written.completion_tokens,
        "cut": written.cut,
    }


def main() -> None:
    """Serve the pipes this process was started with; what a library prints goes nowhere near the answers."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
