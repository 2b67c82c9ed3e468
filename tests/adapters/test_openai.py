"""The client of an OpenAI-compatible server, on a server of the loopback: forms, failures, bounds, secrets."""

import datetime
import json
import socket
import ssl
import threading
import time
from contextlib import contextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adapters.model_server import refused, said, serve

from reviewlore.adapters import openai
from reviewlore.adapters.http_exchange import MOST_BYTES
from reviewlore.adapters.openai import OpenAiServer
from reviewlore.config import ModelSettings
from reviewlore.domain.asking import ModelAnswer, ModelFailure, ModelRequest

KEY = "sk-very-secret-key-0123456789"
SCHEMA = {"type": "object", "properties": {"remarks": {"type": "array"}}}
PLAIN = ModelRequest(system="You review.", user="What of this?", answer_tokens=50)
STRUCTURED = ModelRequest(system="You review.", user="What of this?", answer_tokens=50, schema=SCHEMA)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(openai, "_WAIT", 0.01)


def client(server, key=KEY, **more):
    values = {"kind": "openai", "address": getattr(server, "base", server), "name": "base", "timeout": 5}
    return OpenAiServer(ModelSettings(**{**values, **more}), key)


def ask(server, request=PLAIN, **more):
    return client(server, **more).generate([request])[0]


@contextmanager
def raw(handle):
    """A server that answers with bytes: `handle` gets the socket once the request's head was read."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run():
            while True:
                try:
                    peer, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(peer,), daemon=True).start()

        def one(peer):
            with peer:
                try:
                    peer.recv(65536)
                    handle(peer)
                except OSError:
                    pass

        threading.Thread(target=run, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        listening.shutdown(socket.SHUT_RDWR)


def test_an_answer_is_read_with_what_it_took():
    usage = {"prompt_tokens": 11, "completion_tokens": 7}
    with serve(lambda *_: said("fine", usage=usage)) as server:
        answer = ask(server)
    assert isinstance(answer, ModelAnswer)
    assert (answer.text, answer.model, answer.prompt_tokens, answer.completion_tokens) == ("fine", "base", 11, 7)
    assert 0 < answer.seconds < 5
    assert (answer.cut, answer.note) == (False, "")
    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body == {
        "model": "base",
        "messages": [{"role": "system", "content": "You review."}, {"role": "user", "content": "What of this?"}],
        "max_tokens": 50,
        "stream": False,
        "temperature": 0,
    }


def test_without_a_key_none_is_sent_and_a_revision_is_part_of_the_name():
    with serve(lambda *_: said("fine")) as server:
        ask(server, key="")
    assert "authorization" not in server.asked[0].headers
    assert client("http://h/v1", revision="ab" * 20).model == f"base@{'ab' * 20}"
    assert client("http://h/v1").model == "base"


def test_requests_run_in_parallel_and_answers_keep_their_order():
    begun = threading.Barrier(3, timeout=5)

    def answer(asked, _):
        begun.wait()  # passes only when three requests are under way at once
        return said(asked.body["messages"][1]["content"].upper())

    with serve(answer) as server:
        requests = [ModelRequest("s", text, 50) for text in ("a", "b", "c", "d", "e", "f")]
        answers = client(server, parallel=3).generate(requests)
    assert [each.text for each in answers] == ["A", "B", "C", "D", "E", "F"]
    assert client("http://127.0.0.1:9/v1").generate([]) == []


def test_a_schema_is_sent_in_openais_form():
    with serve(lambda *_: said("{}")) as server:
        ask(server, STRUCTURED)
        ask(server, STRUCTURED, structured="never")
    first, second = (asked.body for asked in server.chats())
    assert first["response_format"]["json_schema"] == {"name": "answer", "schema": SCHEMA, "strict": True}
    assert "response_format" not in second


@pytest.mark.parametrize(
    ("owner", "status", "message", "last"),
    [
        ("vllm", 400, "json_schema is not supported", {"guided_json": SCHEMA}),
        ("llamacpp", 500, 'response_format type must be one of "text"', {"type": "json_object", "schema": SCHEMA}),
        ("library", 422, "", {"type": "json_object", "schema": SCHEMA}),
    ],
)
def test_a_refused_structure_is_asked_for_in_the_servers_own_form_and_remembered(owner, status, message, last):
    def answer(asked, _):
        if asked.path.endswith("/models"):
            return 200, {}, b'{"data": [{"id": "base", "owned_by": "%s"}]}' % owner.encode()
        if asked.body.get("response_format", {}).get("type") == "json_schema":
            return refused(status, message)
        return said("{}")

    with serve(answer) as server:
        asking = client(server)
        assert asking.generate([STRUCTURED])[0].text == "{}"
        assert asking.generate([STRUCTURED])[0].text == "{}"
    chats = server.chats()
    assert len(chats) == 3, "the second request goes straight to the form that worked"
    found = chats[-1].body
    assert (found if owner == "vllm" else found["response_format"]).items() >= last.items()


def test_a_server_without_any_structure_is_asked_for_plain_text():
    def answer(asked, _):
        structured = asked.body and ("response_format" in asked.body or "guided_json" in asked.body)
        return refused(400, "unknown field") if structured else said("remarks: none")

    with serve(answer) as server:
        asking = client(server)
        assert [asking.generate([request])[0].text for request in (STRUCTURED, PLAIN, STRUCTURED)] == [
            "remarks: none"
        ] * 3
    assert len(server.chats()) == 5


def test_newer_models_fields_are_found_out():
    def answer(asked, _):
        if "max_tokens" in asked.body:
            return refused(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        if "temperature" in asked.body:
            return refused(400, "'temperature' does not support 0 with this model.")
        return said("fine")

    with serve(answer) as server:
        assert ask(server, STRUCTURED).text == "fine"
    assert server.asked[-1].body["max_completion_tokens"] == 50


def test_a_refusal_that_no_form_mends_ends_at_once():
    with serve(lambda *_: refused(400, "no such thing as max_completion_tokens or temperature")) as server:
        failure = ask(server, STRUCTURED)
    assert isinstance(failure, ModelFailure)
    assert failure.kind == "refused"
    assert len(server.chats()) == 5, "two fields and two structures were given up"


@pytest.mark.parametrize("status", [401, 403, 404, 409, 418])
def test_what_is_refused_is_never_repeated(status):
    with serve(lambda *_: refused(status, f"no: {KEY}\n\u202e::error::")) as server:
        failure = ask(server)
    assert failure.kind == "refused"
    assert len(server.asked) == 1
    assert KEY not in failure.reason
    assert f"HTTP {status}" in failure.reason
    assert "\n" not in failure.reason
    assert "\u202e" not in failure.reason
    assert ("REVIEWLORE_MODEL_KEY" in failure.reason) == (status in (401, 403))


@pytest.mark.parametrize(("status", "kind"), [(429, "limited"), (502, "unreachable"), (503, "unreachable")])
def test_what_passes_is_repeated_so_many_times(status, kind):
    with serve(lambda *_: refused(status, "busy")) as server:
        failure = ask(server, retries=2)
    assert (failure.kind, len(server.asked)) == (kind, 3)
    assert failure.reason.endswith(f"answered with HTTP {status}: busy.")
    waiting = iter([refused(status, "busy"), said("now")])
    with serve(lambda *_: next(waiting)) as server:
        assert ask(server).text == "now"


def test_a_wait_that_is_asked_for_is_kept_unless_it_is_too_long():
    answers = iter([refused(429, "busy", Retry_After="1"), said("now")])
    with serve(lambda *_: next(answers)) as server:
        begin = time.monotonic()
        assert ask(server).text == "now"
        assert time.monotonic() - begin >= 1
    with serve(lambda *_: refused(429, "busy", Retry_After="3600")) as server:
        assert ask(server).kind == "limited"
        assert len(server.asked) == 1
    answers = iter([refused(503, "busy", Retry_After="Wed, 21 Oct 2035 07:28:00 GMT"), said("now")])
    with serve(lambda *_: next(answers)) as server:
        assert ask(server).text == "now"


def test_nobody_there_is_said_within_the_repetitions():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        failure = ask(f"http://127.0.0.1:{closed.getsockname()[1]}/v1")
    assert failure.kind == "unreachable"
    assert "refused" in failure.reason
    assert failure.seconds < 5


def test_a_connection_cut_off_is_tried_again():
    begun = []

    def answer(peer):
        begun.append(1)
        if len(begun) > 1:
            body = said("whole")[2]
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        else:
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")

    with raw(answer) as base:
        assert ask(base).text == "whole"


DRIPPING = 30  # seconds that servers here go on for; the client's time is one


def drip(peer, text):
    for byte in text * (DRIPPING * 20):
        peer.sendall(bytes([byte]))
        time.sleep(0.05)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n",
    ],
    ids=["status", "header", "body", "until-closed", "chunk"],
)
def test_a_drip_is_cut_off_at_the_time_out(start):
    def answer(peer):
        peer.sendall(start)
        drip(peer, b"H" if not start else b"a")

    with raw(answer) as base:
        failure = ask(base, timeout=1)
    assert failure.kind == "timeout"
    assert "1 seconds" in failure.reason
    assert 0.9 < failure.seconds < DRIPPING / 2


def test_silence_ends_at_the_time_out():
    quiet = threading.Event()
    with raw(lambda peer: quiet.wait(DRIPPING)) as base:
        failure = ask(base, timeout=1)
        quiet.set()
    assert failure.kind == "timeout"
    assert 0.9 < failure.seconds < DRIPPING / 2


def test_the_time_to_find_the_server_counts(monkeypatch):
    look_up = socket.getaddrinfo

    def slowly(*arguments, **options):
        time.sleep(1.3)
        return look_up(*arguments, **options)

    with raw(lambda peer: drip(peer, b"H")) as base:
        monkeypatch.setattr(socket, "getaddrinfo", slowly)
        failure = ask(base, timeout=1)
    assert failure.kind == "timeout"
    assert failure.seconds < DRIPPING / 2


def test_the_time_to_list_the_models_counts():
    quiet = threading.Event()

    def answer(asked, _):
        quiet.wait(1.5 if asked.method == "POST" else DRIPPING)
        return refused(400, "no structure")

    with serve(answer) as server:
        failure = ask(server, STRUCTURED, timeout=2)
        quiet.set()
    assert failure.kind == "timeout"
    assert 1.9 < failure.seconds < 3, "what is left of the time, not as much again"


@pytest.mark.parametrize("head", [b"Content-Length: 100000000\r\n\r\n", b"Connection: close\r\n\r\n"])
def test_a_hundred_megabytes_are_not_read(head):
    sent = []

    def answer(peer):
        peer.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        for _ in range(100):
            peer.sendall(b"a" * 1_000_000)
            sent.append(1_000_000)

    with raw(answer) as base:
        failure = ask(base)
    assert failure.kind == "broken"
    assert "longer than 4 MiB" in failure.reason
    assert sum(sent) < 4 * MOST_BYTES


def test_a_line_without_end_is_not_kept():
    sent = []

    def answer(peer):
        peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(100):
            peer.sendall(b"1" * 1_000_000)
            sent.append(1_000_000)

    with raw(answer) as base:
        failure = ask(base, retries=0)
    assert isinstance(failure, ModelFailure)
    assert sum(sent) < 4 * MOST_BYTES


def test_a_long_text_is_cut_and_said():
    with serve(lambda *_: said("a" * 3_000_000)) as server:
        answer = ask(server)
    assert (len(answer.text), answer.cut) == (50 * 32, True)
    with serve(lambda *_: said("a", finish="length")) as server:
        assert ask(server).cut


def test_a_redirect_is_not_followed():
    with serve(lambda *_: said("stolen")) as other:
        elsewhere = other.base.replace("127.0.0.1", "localhost")
        with serve(lambda *_: (307, {"Location": f"{elsewhere}/chat/completions"}, b"")) as server:
            failure = ask(server)
        assert failure.kind == "refused"
        assert "sends elsewhere (HTTP 307)" in failure.reason
        assert (len(server.asked), other.asked) == (1, [])


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    with serve(lambda *_: said("from the proxy")) as proxy, serve(lambda *_: said("from the server")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.base)
        assert ask(server).text == "from the server"
    assert proxy.asked == []


@pytest.mark.parametrize(
    "body",
    [b"<!doctype html><p>Sign in", b"", b"[]", b'{"choices": []}', b'{"choices": [{"message": "x"}]}', b"[" * 100_000],
)
def test_a_success_that_holds_no_answer_is_broken(body):
    with serve(lambda *_: (200, {"Content-Type": "text/html"}, body)) as server:
        failure = ask(server)
    assert failure.kind == "broken"
    assert len(server.asked) == 1


def test_text_in_parts_and_none_at_all_are_read():
    parts = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}, "c"]
    with serve(lambda *_: said(parts, usage={"prompt_tokens": -1, "completion_tokens": True})) as server:
        answer = ask(server)
    assert (answer.text, answer.prompt_tokens, answer.completion_tokens) == ("ab", None, None)
    with serve(lambda *_: said(None, finish="length")) as server:
        answer = ask(server)
    assert (answer.text, answer.cut) == ("", True)


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
        "request (4476 tokens) exceeds the available context size (4096 tokens), try increasing it",
    ],
)
def test_a_prompt_too_long_is_said_and_not_taken_for_a_refused_form(message):
    with serve(lambda *_: refused(400, message)) as server:
        failure = ask(server, STRUCTURED)
    assert (failure.kind, len(server.asked)) == ("too_long", 1)
    huge = ModelRequest("s", "a" * (9 << 20), 50)
    assert ask("http://127.0.0.1:9/v1", huge).kind == "too_long"


def test_an_adapter_is_asked_for_by_its_id_where_the_server_lists_it():
    def answer(asked, _):
        if asked.path == "/v1/models":
            return 200, {}, b'{"data": [{"id": "base"}, {"id": "adapter-1"}, {"id": 3}, "x"]}'
        return said(f"by {asked.body['model']}")

    with serve(answer) as server:
        asking = client(server, parallel=1)
        served = ModelRequest("s", "u", 50, adapter="adapter-1")
        missing = ModelRequest("s", "u", 50, adapter="adapter-2")
        first, second, third = asking.generate([served, missing, PLAIN])
    assert (first.text, first.model, first.note) == ("by adapter-1", "adapter-1", "")
    assert (second.text, second.model) == ("by base", "base")
    assert second.note.endswith("does not serve the adapter adapter-2; the base model base answered.")
    assert (third.text, third.note) == ("by base", "")
    assert [asked.path for asked in server.asked].count("/v1/models") == 1


def test_a_prompt_in_the_form_of_training_is_continued_without_a_template():
    def answer(asked, _):
        if asked.method == "GET":
            return 200, {}, b'{"data": [{"id": "adapter-1"}]}'
        body = {"choices": [{"text": "Please test.", "finish_reason": "stop"}], "usage": {"prompt_tokens": 9}}
        return 200, {}, json.dumps(body).encode()

    trained = ModelRequest("", "<|hunk|>x<|remark|>", 50, adapter="adapter-1")
    with serve(answer) as server:
        found = ask(server, trained)
    assert (found.text, found.model, found.prompt_tokens, found.cut) == ("Please test.", "adapter-1", 9, False)
    assert server.asked[-1].path == "/v1/completions"
    assert server.asked[-1].body == {
        "model": "adapter-1",
        "prompt": "<|hunk|>x<|remark|>",
        "max_tokens": 50,
        "stream": False,
        "temperature": 0,
    }


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"data": 5}'])
def test_a_list_of_models_that_is_none_lists_nothing(body):
    with serve(lambda asked, _: (200, {}, body) if asked.method == "GET" else said("fine")) as server:
        answer = ask(server, ModelRequest("s", "u", 50, adapter="adapter-1"))
    assert (answer.text, answer.model) == ("fine", "base")


def test_one_failure_does_not_touch_the_others():
    def answer(asked, _):
        return refused(404, "no") if asked.body["messages"][0]["content"] == "bad" else said("fine")

    with serve(answer) as server:
        found = client(server).generate([ModelRequest("", text, 50) for text in ("good", "bad", "good")])
    assert [type(each).__name__ for each in found] == ["ModelAnswer", "ModelFailure", "ModelAnswer"]


def test_the_key_is_in_no_text_of_the_client():
    asking = client("http://127.0.0.1:9/v1")
    assert KEY not in repr(asking.__dict__)
    with raw(lambda peer: peer.sendall(b"HTTP/1.1 " + KEY.encode() + b" x\r\n\r\n")) as base:
        failure = ask(base, retries=0)
    assert isinstance(failure, ModelFailure)
    assert KEY not in failure.reason


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(make_certificate(tmp_path / "server.pem"))
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run():
            peer, _ = listening.accept()
            with peer:
                try:
                    with context.wrap_socket(peer, server_side=True) as wrapped:
                        seen.append(wrapped.recv(65536))
                except OSError:
                    pass

        threading.Thread(target=run, daemon=True).start()
        failure = ask(f"https://127.0.0.1:{listening.getsockname()[1]}/v1", retries=0)
    assert failure.kind == "unreachable"
    assert "certificate" in failure.reason
    assert seen == []


def make_certificate(path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_of_a_server_raise(data):
    with raw(lambda peer: peer.sendall(data)) as base:
        found = ask(base, retries=0, timeout=2)
    assert isinstance(found, ModelFailure | ModelAnswer)


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["choices", "message", "content", "usage", "error", "text", "data"]), inner
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from([200, 400, 500]),
)
def test_no_json_of_a_server_raises(data, status):
    with serve(lambda *_: (status, {}, json.dumps(data).encode())) as server:
        found = ask(server, STRUCTURED, retries=0)
    assert isinstance(found, ModelFailure | ModelAnswer)
