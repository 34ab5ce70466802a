"""What a person's command prints is sent as a token only if it is one, and is never told."""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from dataclasses import replace

import pytest

from newsletter_mailer.deliver.smtp import token_command
from newsletter_mailer.deliver.smtp.token_command import access_token, arguments, token_in
from newsletter_mailer.errors import LoginRefused
from newsletter_mailer.settings.smtp import SmtpSettings

SECRET = "hush-hush-4711"
IN_QUOTES = r'"C:\Program Files\Tool\token.exe" --for "a b"'
JWT = "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJodHRwcyJ9.c2lnbmF0dXJl-_"


def printing(program: str) -> str:
    """A command with a secret among its arguments."""
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(program)} --secret={SECRET}"


@pytest.mark.parametrize(
    ("printed", "token_"),
    [
        (JWT.encode(), JWT),
        (f"{JWT}\r\n".encode(), JWT),
        (b"  ya29.a0AfB_by~+/x==\n\n", "ya29.a0AfB_by~+/x=="),
        (b"t0k3n", "t0k3n"),
        (b"x" * 9000, "x" * 9000),
    ],
)
def test_a_token_is_taken(printed: bytes, token_: str) -> None:
    assert token_in(printed) == token_


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        (b"", "nothing"),
        (b" \n", "nothing"),
        (b"None\n", "a word that means nothing"),
        (b"null", "a word that means nothing"),
        (b"error: please log in", "something else"),
        (b"Error:invalid_grant", "something else"),
        (b"two words", "something else"),
        (b"Bearer eyJ0eXAi", "something else"),
        (b"first\nsecond", "several lines"),
        (b"first\rsecond", "several lines"),
        (b'{"access_token": "eyJ0eXAi"}', "JSON"),
        (b'{\n  "accessToken": "eyJ0eXAi"\n}', "JSON"),
        (b'"eyJ0eXAi"', "JSON"),
        (b"<!DOCTYPE html>\n<html>", "a page of HTML"),
        ("töken".encode(), "something else"),
        ("token".encode("utf-16"), "something else"),
        (b"\xff\xfe\x00", "something else"),
        (b"a\x00b", "something else"),
        (b"abc=def", "something else"),
        (b"x" * 9001, "9,001 characters, and a token has 9,000 at most"),
    ],
)
def test_what_is_no_token_is_told(printed: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        token_in(printed)


@pytest.mark.parametrize(
    ("system", "command", "words"),
    [
        ("nt", IN_QUOTES, IN_QUOTES),  # CreateProcess takes it apart
        ("nt", r"C:\tool\token.exe --user=O'Neill", r"C:\tool\token.exe --user=O'Neill"),
        ("posix", "'/opt/my tool/token' --for 'a b'", ["/opt/my tool/token", "--for", "a b"]),
        ("posix", r"a\ b c", ["a b", "c"]),
    ],
)
def test_a_path_with_blanks_holds_together(
    system: str, command: str, words: str | list[str]
) -> None:
    assert arguments(command, system) == words


def late(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(token_command, "_LONGEST_WAIT", 0.1)
    return printing("import time; time.sleep(600)")


@pytest.mark.parametrize(
    "command",
    [
        printing("print('x y')"),
        printing(f"print('{SECRET}: bad')"),
        printing(f"import sys; sys.exit('{SECRET}')"),
        f"/no-such-folder/{SECRET} x",
        f"'{SECRET}",
        f"{SECRET}\0",
        " ",
    ],
)
def test_neither_the_command_nor_what_it_prints_is_told(command: str) -> None:
    with pytest.raises(LoginRefused) as told:
        access_token(command)

    assert "SMTP_TOKEN_COMMAND" in str(told.value)
    assert SECRET not in "".join(traceback.format_exception(told.value))


def test_a_command_that_takes_too_long_is_told_without_its_arguments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(LoginRefused) as told:
        access_token(late(monkeypatch))

    assert "gave no token in" in str(told.value)
    assert SECRET not in "".join(traceback.format_exception(told.value))


def test_settings_do_not_show_the_command() -> None:
    settings = SmtpSettings(host="mail", port=25)

    assert SECRET not in repr(replace(settings, token_command=SECRET, password=SECRET))


@pytest.mark.skipif(os.name == "nt", reason="the words of a POSIX shell")
def test_the_command_is_run_in_words() -> None:
    program = "import sys; print(sys.argv[1].removeprefix('--secret='))"

    assert access_token(printing(program)) == SECRET
