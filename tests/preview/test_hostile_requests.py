"""Whatever is asked, by a program that has the key: an answer, never a fault of the program."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.acceptance.scene import newsletter
from tests.preview.conftest import Preview, begin_preview, wait_until_checked
from tests.preview.test_security import told
from tests.preview.test_the_key import everything

POSTS = sorted({path for method, path in everything() if method == "POST"})
GETS = sorted({path for method, path in everything() if method == "GET" and "news" not in path})
HOSTILE = [
    b"",
    b"\xff\xfe{}",
    b"\xed\xa0\x80",
    b"{",
    b"null",
    b"1e999",
    b"NaN",
    b"9" * 4000,
    b"[" * 4000,
    b'{"a":' * 800,
    b"[" * 2000 + b"]" * 2000,
    b'{"by": {"x": "y"}}',
    b'{"by": 1}',
    b'{"by": null}',
    b'{"by": ["x"]}',
    b'{"by": "\\ud800"}',
    b'{"\\udfff": "x"}',
    b'{"address": "a\\u0000@example.org", "variant": "full"}',
    b'{"address": "a@example.org\\r\\nBcc: b@example.org", "variant": "full"}',
    b'{"letters": "\\u0000"}',
    b"\0" * 4096,
    b"x" * 4097,
    b"x" * 3_000_000,
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    news = newsletter(tmp_path_factory.mktemp("hostile") / "news")
    with ExitStack() as stack:
        yield begin_preview(stack, news, "--sandbox")


def posted(running: Preview, path: str, body: bytes) -> tuple[int, str]:
    headers = {"Cookie": running.cookie, "X-Newsletter-Token": told(running, "token", "2030-01")}
    connection = http.client.HTTPConnection(running.origin.removeprefix("http://"), timeout=60)
    try:
        connection.request("POST", path.replace("2025-08", "2030-01"), body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (BrokenPipeError, ConnectionResetError):  # it had enough before all was written
        return 413, "."
    finally:
        connection.close()


def test_there_are_routes_to_be_posted_to() -> None:
    assert len(POSTS) >= 3


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body[:24]))
def test_what_is_no_question_is_answered_with_a_sentence(
    path: str, body: bytes, running: Preview
) -> None:
    status, text = posted(running, path, body)

    assert status in (200, 400, 413)
    assert status == 200 or text.strip().endswith(".")
    if status == 200:
        assert json.loads(text).get("done") is not True


def test_half_a_character_is_nobody_s_name(running: Preview) -> None:
    """UTF-8 has none, so it could not be written down."""
    wait_until_checked(running, "2030-01")
    standing = json.loads(running.ask("/api/issues/2030-01/standing").text)
    asked = {"by": "\ud800", "seen": standing["approval"]["seen"]}

    status, text = posted(running, "/api/issues/2030-01/approve", json.dumps(asked).encode())

    assert (status, json.loads(text)["done"]) == (200, False)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["by", "letters", "x"]), inner),
)


@pytest.mark.parametrize("path", [path for path in POSTS if not path.endswith("approve")])
@given(value=_JSON)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_answered(path: str, value: object, running: Preview) -> None:
    status, _ = posted(running, path, json.dumps(value).encode())

    assert status in (200, 400, 413)


@pytest.mark.parametrize("path", GETS)
def test_any_query_is_answered(path: str, running: Preview) -> None:
    asked = path.replace("2025-08", "2030-01")
    for value in ("%00", "%ff", "%ed%a0%80", "9" * 5000, "..%2f..", "[" * 3000, "%0d%0aX:y"):
        for name in ("variant", "region", "reader", "against", "look", "list"):
            assert running.ask(f"{asked}?{name}={value}").status < 500


def test_a_line_that_breaks_is_no_fault(running: Preview) -> None:
    host, _, port = running.origin.removeprefix("http://").partition(":")
    head = (
        f"POST /api/issues/2030-01/readers HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Cookie: {running.cookie}\r\nX-Newsletter-Token: {told(running, 'token', '2030-01')}\r\n"
        "Content-Length: 100\r\n\r\n{"
    )
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(head.encode())


def test_nothing_of_all_that_was_a_fault_of_the_program(running: Preview) -> None:
    """Last of all: what it said while it was asked."""
    assert running.ask("/").status == 200
    assert running.stop() == 0
    assert "Traceback" not in running.process.complaints()
