"""What a list of contents names is deleted only inside its folder: on Windows as here."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter_mailer.preview.export.path_traversal import is_inside


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "mails/full-light.html",
        "images/0123abcd-Zoë.jpg",
        "a/b/c.d.e",
        "..a",
        ".hidden",
        "console.txt",
        "com10.txt",
        "a b.txt",
    ],
)
def test_inside(name: str) -> None:
    assert is_inside(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "/", "a/", "/etc/passwd", "../x", "a/../../x", "a/..", "./x", "a//b"),
        *("C:/Users/x.txt", "c:/x", "C:x", "C:", "C:..", "D:\\x", "a/C:/x"),
        *(
            "//host/share/x",
            "\\\\host\\share\\x",
            "\\x",
            "..\\x",
            "a\\..\\..\\x",
            "//?/C:/x",
            "//./NUL",
        ),
        *("NUL", "nul.txt", "a/CON", "com1", "COM¹.log", "lpt9.x.y", "aux .txt", "CONIN$"),
        *("x.txt:stream", "index.html::$DATA", ".. /x", "a./x", "x ", "x.", "...", ". ."),
        *("a\0b", "a\nb", "a?b", "a*", "<x>", 'a"b', "a|b"),
    ],
)
def test_not_inside(name: str) -> None:
    assert not is_inside(name)


@given(st.text(st.sampled_from("abC:/\\. \0")))
@example("C:/x")
@example("C:x")
def test_what_is_inside_stays_there_on_every_system(name: str) -> None:
    folders: list[PurePath] = [PureWindowsPath("D:/copies/copy"), PurePosixPath("/copies/copy")]
    for folder in folders:
        place = folder / name
        stays = place.is_relative_to(folder) and ".." not in place.parts and place != folder

        assert stays or not is_inside(name)
