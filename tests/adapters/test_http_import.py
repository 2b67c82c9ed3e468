"""Several requests are sent at once: what they send with has to be imported before, by one thread."""

import subprocess
import sys

PROGRAM = """
import sys
from reviewlore.adapters.openai import OpenAiServer
from reviewlore.config import ModelSettings
from reviewlore.domain.asking import ModelFailure, ModelRequest

server = OpenAiServer(ModelSettings(kind="openai", address="http://127.0.0.1:9/v1", name="small", parallel=8), "")
before = "urllib3.connection" in sys.modules
answers = server.generate([ModelRequest("", str(number), 10) for number in range(8)])
print(before, {(type(answer).__name__, answer.kind) for answer in answers})
"""


def test_a_process_that_never_sent_a_request_sends_many_at_once():
    """Two threads that imported urllib3 for the first time found it half made: its modules import each other."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("True {('ModelFailure', 'unreachable')}\n", "")
