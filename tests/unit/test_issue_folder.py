"""Everything that is wrong in an issue's folder is told with file and line, all at once."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter_mailer.errors import ProjectError
from newsletter_mailer.issue.folder import read_issue
from newsletter_mailer.issue.issue_folders import checked_id, issue_dates, issue_ids
from tests.conftest import ISSUE, REPOSITORY
from tests.newsroom import Newsroom, text_section

PICTURE = (REPOSITORY / "issues/2025-08/images/portrait.jpg").read_bytes()


def section(head: str, body: str = "Text.\n") -> str:
    return f"---\n{head}\n---\n{body}"


@pytest.mark.parametrize(
    ("head", "expected", "says"),
    [
        ("title: A", "missing-field:1", "does not say its kind"),
        ("kind: []\ntitle: A", "missing-field:2", "does not say its kind"),
        ("kind: storey\ntitle: A", "unknown-kind:2", 'Did you mean "story"?'),
        ("kind: ../letter\ntitle: A", "unknown-kind:2", "letter"),
        ("title: A\nkind: constructor", "unknown-kind:3", "Known:"),
        ("kind: story", "missing-field:2", "no title"),
        ("kind: story\ntitle: ''", "missing-field:2", "no title"),
        ("kind: story\ntitle: [A]", "front-matter:3", "not a text"),
        ('kind: story\ntitle: "A\\nB"', "line-break:3", "line break"),
        ("kind: story\ntitle: |\n  A\n  B", "line-break:3", "line break"),
        ("kind: story\ntitle: A\nlinc: https://example.org", "unknown-field:4", '"link"'),
        ("kind: story\ntitle: A\nregion: dudley", "unknown-field:4", '"regions"'),
        ("kind: story\ntitle: A\nregions: dudly", "unknown-region:4", 'Did you mean "dudley"?'),
        ("kind: story\ntitle: A\nregions: [walsall, Dudly]", "unknown-region:4", '"dudley"'),
        ("kind: story\ntitle: A\nroles: [directr]", "unknown-role:4", 'Did you mean "director"?'),
        ("kind: story\ntitle: A\nregions: [[dudley]]", "front-matter:4", "list of words"),
        ("kind: story\ntitle: A\nregions: {a: b}", "front-matter:4", "list of words"),
        ("kind: story\ntitle: A\nregions: []", "empty-target:4", "everyone is meant"),
        ("kind: story\ntitle: A\nregions:", "empty-target:4", "everyone is meant"),
        ("kind: story\ntitle: A\nlink: www.example.org", "bad-link:4", "not a web address"),
        ("kind: story\ntitle: A\nlink: javascript:alert(1)", "bad-link:4", "not a web address"),
        ("kind: story\ntitle: A\nlink: 'https://a b'", "bad-link:4", "without spaces"),
        ("kind: story\ntitle: A\nlink: [a]", "front-matter:4", "not a text"),
        ("kind: story\ntitle: A {{ x }}", "unknown-field:3", "no {{ x }}"),
        ("kind: story\ntitle: A\ncaption: '{% a %}'", "merge-language:4", "not possible"),
        ("kind: letter\ntitle: A", "missing-field:2", 'needs "author"'),
        ("kind: event\ntitle: A", "missing-field:2", 'needs "starts"'),
        ("kind: event\ntitle: A\nstarts: soon", "bad-date:4", '"soon" is not a date'),
        ("kind: event\ntitle: A\nstarts: 2025-02-30", "bad-date:4", "no day"),
        ("kind: event\ntitle: A\nstarts: tbc\nends: 11:00", "bad-date:5", "not a date"),
        ("kind: event\ntitle: A\nstarts: tbc\nregister_by: tbc", "bad-date:5", "2025-09-22"),
        ("kind: notice\ntitle: A\ncloses: 2025-10-15 09:00", "bad-date:4", "2025-09-22"),
        # pictures
        ("kind: story\ntitle: A\npicture: images/a.png\npicture_alt: A", "bad-picture:4",
         "does not exist"),
        ("kind: story\ntitle: A\npicture: images/portait.jpg\npicture_alt: A", "bad-picture:4",
         'Did you mean "images/portrait.jpg"?'),
        ("kind: story\ntitle: A\npicture: ../2025-08/images/a.jpg\npicture_alt: A", "bad-picture:4",
         "not in the issue's folder"),
        ("kind: story\ntitle: A\npicture: /etc/passwd\npicture_alt: A", "bad-picture:4",
         "not in the issue's folder"),
        ("kind: story\ntitle: A\npicture: 'C:\\a.png'\npicture_alt: A", "bad-picture:4",
         "not in the issue's folder"),
        ("kind: story\ntitle: A\npicture: 'images\\portrait.jpg'\npicture_alt: A", "bad-picture:4",
         "not in the issue's folder"),
        ("kind: story\ntitle: A\npicture: https://example.org/a.png\npicture_alt: A",
         "bad-picture:4", "not in the issue's folder"),
        ("kind: story\ntitle: A\npicture: images/link.jpg\npicture_alt: A", "bad-picture:4",
         "leads out of"),
        ("kind: story\ntitle: A\npicture: images/text.png\npicture_alt: A", "bad-picture:4",
         "not a PNG, JPEG or GIF"),
        ("kind: story\ntitle: A\npicture: images/cut.png\npicture_alt: A", "bad-picture:4",
         "damaged"),
        ("kind: story\ntitle: A\npicture: images/heavy.jpg\npicture_alt: A", "bad-picture:4",
         "5 MB at most"),
        ("kind: story\ntitle: A\npicture: images\npicture_alt: A", "bad-picture:4",
         "does not exist"),
        ("kind: story\ntitle: A\npicture: images/portrait.jpg", "missing-alt:4", "picture_alt"),
        ("kind: story\ntitle: A\npicture: images/portrait.jpg\npicture_alt: ' '", "missing-alt:4",
         "picture_alt"),
    ],
)  # fmt: skip
def test_front_matter_is_held_against_the_kind(
    newsroom: Newsroom, tmp_path: Path, head: str, expected: str, says: str
) -> None:
    newsroom.write("images/portrait.jpg", PICTURE)
    newsroom.write("images/text.png", b"GIF is not here")
    newsroom.write("images/cut.png", b"\x89PNG\r\n\x1a\n")
    newsroom.write("images/heavy.jpg", PICTURE + b"\0" * 5_300_000)
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(PICTURE)
    (newsroom.folder.root / "issues/2030-01/images/link.jpg").symlink_to(outside)
    newsroom.write("10-hello.md", section(head))

    found = newsroom.findings()[0]

    assert f"{found.rule}:{found.source.line}" == expected
    assert found.source.file == "issues/2030-01/10-hello.md"
    assert says in f"{found.message} {found.hint}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a [b](page.html) c", "relative-link:6"),
        ("a\nb [c](../x) d", "relative-link:7"),
        ("[b](/page)", "relative-link:6"),
        ("[b](www.example.org)", "relative-link:6"),
        ("[b](name@example.org)", "relative-link:6"),
        ("[b](//example.org/x)", "relative-link:6"),
        ("[b](https:/example.org)", "relative-link:6"),
        ("[b](https:///x)", "relative-link:6"),
        ("[b](https://)", "relative-link:6"),
        ("[b](#)", "relative-link:6"),
        ("[b](mailto:)", "relative-link:6"),
        ("[b]()", "relative-link:6"),
        ("[b](<>)", "relative-link:6"),
        ("[b]\n\n[b]: page.html", "relative-link:6"),
        ("# [b](page.html)", "relative-link:6"),
        ("- a\n- [b](page.html)", "relative-link:7"),
        ("[b](javascript:alert(1))", "unsafe-link:6"),
        ("[b](JaVaScRiPt:alert(1))", "unsafe-link:6"),
        ("[b](<java&#115;cript:alert(1)>)", "unsafe-link:6"),
        ("[b](vbscript:x)", "unsafe-link:6"),
        ("[b](data:text/html,x)", "unsafe-link:6"),
        ("[b](file:///etc/passwd)", "unsafe-link:6"),
        ("<ftp://example.org>", "unsafe-link:6"),
        ("<javascript:alert(1)>", "unsafe-link:6"),
        ("[b]\n\n[b]: javascript:alert(1)", "unsafe-link:6"),
        ("[b](https://{{ subscriber.first_name }}.example.org/)", "merge-place:6"),
        ("a\n[b](https://{{ subscriber.first_name }})", "merge-place:7"),
        ("[b]({{ subscriber.first_name }}/x)", "merge-place:6"),
        ("[b]({{ subscriber.first_name }}{{ subscriber.last_name }})", "merge-place:6"),
        ("[b]({{ subscriber.first_name }}://example.org/)", "merge-place:6"),
        ("[b](x/{{ subscriber.first_name }})", "merge-place:6"),
        ("![a]({{ subscriber.first_name }})", "merge-place:6"),
        ("![a](images/{{ subscriber.first_name }}.png)", "merge-place:6"),
        ("![](images/portrait.jpg)", "missing-alt:6"),
        ("a\n\n![ ](images/portrait.jpg)", "missing-alt:8"),
        ("![a](images/nothing.png)", "bad-picture:6"),
        ("a\nb\n![a](../a.png)", "bad-picture:8"),
        ("![a](https://example.org/a.png)", "bad-picture:6"),
        ("![a](data:image/png;base64,AAAA)", "bad-picture:6"),
        ("![a](%2e%2e/a.png)", "bad-picture:6"),
        ("a <b>c</b>", "raw-html:6"),
        ("a\n<script>alert(1)</script>", "raw-html:7"),
        ("<!-- a comment -->", "raw-html:6"),
        ("a\nb {{ c", "merge-language:7"),
        ("a\x01b", "control-character:6"),
        ("a\n\nb\ufffec", "control-character:8"),
        ("a\x0bb", "control-character:6"),
        ("a\x85b", "control-character:6"),
        ("a\x7fb", "control-character:6"),
        ("a\0b", "unreadable-file:6"),
    ],
)
def test_what_cannot_be_mailed_is_told_with_its_line(
    newsroom: Newsroom, body: str, expected: str
) -> None:
    newsroom.write("images/portrait.jpg", PICTURE)
    newsroom.write("10-hello.md", section("kind: text\ntitle: A\nregions: dudley", body))

    assert newsroom.wrong()[0] == expected.replace(":", " 10-hello.md:")


@pytest.mark.parametrize(
    "body",
    [
        "[b](https://example.org)",
        "[b](HTTP://example.org:8080/a?b=c&d#e)",
        "<https://example.org/x>",
        "<name@example.org>",
        "[b](mailto:name@example.org?subject=a%20b)",
        "[b](tel:+441210000000)",
        "[b](#s-10-hello)",
        "[b](https://bücher.example/ü?ü=ü)",
        "[b](https://example.org/{{ subscriber.first_name }})",
        "[b](https://example.org?x={{ subscriber.first_name }})",
        "[b]({{ subscriber.first_name }})",
        "[b]({{ unsubscribe_url }})",
        "[b](mailto:{{ newsletter.reply_to }})",
        "[b][c]\n\n[c]: https://example.org 'title'",
        "`[b](page.html)` and `<b>` and `{{ x }}`",
        "    [b](page.html)",
        r"\[b](page.html) 5 < 6 > 4 a <3",
        "[brackets] alone, [and] (parentheses)",
        "![a portrait](images/portrait.jpg)",
        "![a {{ subscriber.first_name }}](images/portrait.jpg 'title')",
        "![a](<images/a picture.jpg>) ![b](images/a%20picture.jpg)",
        "a & b &amp; © “quotes” — 🎉 ‮",
    ],
)
def test_what_can_be_mailed_is_not_told(newsroom: Newsroom, body: str) -> None:
    newsroom.write("images/portrait.jpg", PICTURE)
    newsroom.write("images/a picture.jpg", PICTURE)
    newsroom.write("10-hello.md", text_section(body))

    assert newsroom.wrong() == []


N = 10_000


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        pytest.param(">" * N + "a", "nesting", id="quotes"),
        pytest.param("> " * N + "a", "nesting", id="spaced quotes"),
        pytest.param("".join(" " * 2 * n + "- a\n" for n in range(700)), "nesting", id="lists"),
        pytest.param("1. " * N + "a", "nesting", id="numbers"),
        pytest.param("*" * N + "a" + "*" * N, "nesting", id="emphasis"),
        pytest.param("[" * N, "nesting", id="brackets"),
        pytest.param("[" * N + "a" + "](https://example.org)" * N, "nesting", id="links"),
        pytest.param("![" * N, "nesting", id="pictures"),
        pytest.param("[a\\]" * 200_000, "nesting", id="a megabyte of brackets"),
        pytest.param(">" * 16 + "a", "nesting", id="16 quotes"),
        pytest.param("> " * 8 + "- " * 8 + "a", "nesting", id="quotes and lists"),
        pytest.param("**a *b " * 16 + "c" + "* d**" * 16, "nesting", id="mixed emphasis"),
        pytest.param("a" * 1_000_001, "unreadable-file", id="a file over 1 MB"),
    ],
)
def test_depth_is_refused_in_seconds_before_a_parser_loses_text(
    newsroom: Newsroom, body: str, rule: str
) -> None:
    newsroom.write("10-hello.md", text_section(body))
    started = time.monotonic()

    assert newsroom.wrong()[0].split(" ")[0] == rule
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(">" * 15 + "word15", id="15 quotes"),
        pytest.param("- " * 14 + "word14", id="14 lists"),
        pytest.param("*a **b " * 7 + "word7" + "** c*" * 7, id="14 levels of emphasis"),
        pytest.param("[" * 50 + "word50" + "]" * 50, id="50 brackets"),
    ],
)
def test_what_is_less_deep_arrives_whole(newsroom: Newsroom, body: str) -> None:
    newsroom.write("10-hello.md", text_section(body))

    word = next(part for part in body.replace("*", " ").replace("]", " ").split() if "word" in part)
    word = word.lstrip(">-[ ")
    assert newsroom.wrong() == []
    assert word in newsroom.page()
    assert word in newsroom.words()


@pytest.mark.parametrize(
    ("content", "expected", "says"),
    [
        (text_section("a\nb\nZo\u00eb").encode("cp1252"), "unreadable-file:7", "not UTF-8"),
        (text_section("a").encode("utf-16"), "unreadable-file:1", "not UTF-8"),
        (PICTURE, "unreadable-file:1", "not UTF-8"),
        (b"---\nkind: text\n---\na\0b", "unreadable-file:4", "not a text file"),
        (b"", "front-matter:1", "does not begin with front matter"),
        (b"---\nkind: text\ntitle: a\x01\n---\n", "control-character:3", "U+0001"),
    ],
)
def test_a_file_that_is_no_text_is_told(
    newsroom: Newsroom, content: bytes, expected: str, says: str
) -> None:
    newsroom.write("10-hello.md", content)

    (found,) = newsroom.findings()

    assert f"{found.rule}:{found.source.line}" == expected
    assert says in f"{found.message} {found.hint}"


def test_line_ends_and_a_byte_order_mark_change_nothing(newsroom: Newsroom) -> None:
    plain = newsroom.page()
    text = newsroom.folder.read("issues/2030-01/10-hello.md")

    for content in (text.replace("\n", "\r\n"), text.replace("\n", "\r"), f"\ufeff{text}"):
        newsroom.write("10-hello.md", content)
        assert newsroom.page() == plain


@pytest.mark.parametrize(
    ("toml", "expected", "says"),
    [
        ("", "issue-settings:1", "which lists"),
        (ISSUE + "subjet = 'x'", "issue-settings:5", 'Did you mean "subject"?'),
        (ISSUE.replace('"The subject"', '""'), "issue-settings:1", "no subject"),
        (ISSUE.replace('"The subject"', "5"), "issue-settings:1", "not a text"),
        (ISSUE.replace("The subject", "a\\nBcc: b@example.org"), "issue-settings:1", "line break"),
        (ISSUE.replace("The subject", "a\\r"), "issue-settings:1", "line break"),
        (ISSUE.replace("The subject", "a\\u2028b"), "issue-settings:1", "line break"),
        (ISSUE.replace("The subject", "a\\u0000b"), "issue-settings:1", "control character"),
        (ISSUE.replace("The subject", "a\\uFFFEb"), "issue-settings:1", "control character"),
        (ISSUE.replace("The subject", "{{ issue.subject }}"), "merge-language:1", "itself"),
        (ISSUE.replace("The subject", "{{ x }}"), "unknown-field:1", "no {{ x }}"),
        (ISSUE.replace("What inboxes", "{% x %}"), "merge-language:2", "not possible"),
        (ISSUE.replace("What inboxes", "a\\tb"), "issue-settings:2", "preheader"),
        (ISSUE.replace("2030-01-15", '"2030-01-15"'), "issue-settings:3", "no quotes"),
        (ISSUE.replace("2030-01-15", "09:30:00"), "issue-settings:3", "09:30:00"),
        (ISSUE.replace("date = 2030-01-15\n", ""), "issue-settings:1", "no date"),
        (ISSUE.replace('["readers"]', "[]"), "issue-settings:1", "which lists"),
        (ISSUE.replace('["readers"]', '"readers"'), "issue-settings:4", "does not name lists"),
        (ISSUE.replace('["readers"]', '["../secret"]'), "issue-settings:4", "does not name lists"),
        (ISSUE.replace('["readers"]', '["a", 5]'), "issue-settings:4", "does not name lists"),
        (ISSUE + "lang = 'English (UK)'", "issue-settings:5", "not a language"),
        (ISSUE + "lang = 'en\" onload=\"x'", "issue-settings:5", "not a language"),
        (ISSUE + "groups = 5", "issue-settings:5", "not a table"),
        (ISSUE + "[groups]\nevnt = 'Events'", "unknown-kind:6", 'Did you mean "event"?'),
        (ISSUE + "[groups]\nevent = 5", "issue-settings:6", "must be a text"),
        (ISSUE + "[groups", "broken-toml:5", "not valid TOML"),
        ("x" * 1_000_001, "unreadable-file:1", "larger than 1 MB"),
    ],
)
def test_issue_toml_is_told_with_its_line(
    newsroom: Newsroom, toml: str, expected: str, says: str
) -> None:
    newsroom.write("issue.toml", toml)

    found = newsroom.findings()[0]

    assert f"{found.rule}:{found.source.line}" == expected
    assert found.source.file == "issues/2030-01/issue.toml"
    assert says in f"{found.message} {found.hint}"


@pytest.mark.parametrize(
    "issue_id",
    ["", ".", "..", "../2025-08", "a/b", "a\\b", "a\0b", "-a", ".hidden", "a b", "ä", "a" * 65,
     "a\n", "2025-08.", "C:"],
)  # fmt: skip
def test_an_id_that_is_no_folder_name_is_refused(issue_id: str) -> None:
    with pytest.raises(ProjectError, match="cannot be the id"):
        checked_id(issue_id)


def test_an_issue_that_is_not_there_is_told(newsroom: Newsroom) -> None:
    with pytest.raises(ProjectError, match='Did you mean "2030-01"'):
        read_issue(newsroom.folder.root, "2030-02", newsroom.settings, newsroom.template)


def break_issue(how: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        match how:
            case "empty":
                (folder / "10-hello.md").unlink()
            case "no toml":
                (folder / "issue.toml").unlink()
            case "a folder for a section":
                (folder / "20-folder.md").mkdir()
            case "a folder for the toml":
                (folder / "issue.toml").unlink()
                (folder / "issue.toml").mkdir()
            case "a bad file name":
                (folder / "20 story (copy).md").write_text(text_section("a"), "utf-8")
            case "capital ending":
                (folder / "20-story.MD").write_text(text_section("a"), "utf-8")

    return change


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("empty", "empty-issue issues/2030-01:1"),
        ("no toml", "unreadable-file issue.toml:1"),
        ("a folder for a section", "unreadable-file 20-folder.md:1"),
        ("a folder for the toml", "unreadable-file issue.toml:1"),
        ("a bad file name", "file-name 20 story (copy).md:1"),
        ("capital ending", "file-name 20-story.MD:1"),
    ],
)
def test_a_folder_that_lacks_something_is_told(newsroom: Newsroom, how: str, expected: str) -> None:
    break_issue(how)(newsroom.folder.root / "issues/2030-01")

    assert newsroom.wrong() == [expected]


def test_all_faults_of_all_files_are_told_at_once(newsroom: Newsroom) -> None:
    newsroom.write("issue.toml", ISSUE.replace("The subject", "{{ x }}"))
    newsroom.write("10-hello.md", text_section("{{ y }}\n\n[a](b) {{ z }}"))
    newsroom.write("20-more.md", "---\nkind: storey\n---\n")

    assert newsroom.wrong() == [
        "unknown-field 10-hello.md:5",
        "relative-link 10-hello.md:7",
        "unknown-field 10-hello.md:7",
        "unknown-kind 20-more.md:2",
        "unknown-field issue.toml:1",
    ]


def test_sections_stand_in_the_order_of_their_numbers(newsroom: Newsroom) -> None:
    for name in ("9-nine", "100-hundred", "20-b", "20-a", "last"):
        newsroom.write(f"{name}.md", text_section("a"))

    assert [section.slug for section in newsroom.issue.sections] == [
        "9-nine", "10-hello", "20-a", "20-b", "100-hundred", "last",
    ]  # fmt: skip


def test_issues_and_their_dates_are_found(newsroom: Newsroom) -> None:
    newsroom.folder.write("issues/2030-02/issue.toml", "date = broken")
    newsroom.folder.write("issues/notes.txt", "no folder")
    newsroom.folder.write("issues/.git/config", "hidden")

    assert issue_ids(newsroom.folder.root) == ["2030-01", "2030-02"]
    assert [day.isoformat() for day in issue_dates(newsroom.folder.root).values()] == ["2030-01-15"]
    assert issue_ids(newsroom.folder.root / "issues") == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all names are Unicode")
@pytest.mark.parametrize(
    "name", ["sections/caf\udce9.mjml", "caf\udce9.css", "images/caf\udce9.jpg"]
)
def test_a_name_that_is_not_utf_8_is_told_so_that_it_can_be_read(
    newsroom: Newsroom, name: str
) -> None:
    newsroom.folder.write(f"templates/regional/{name}", PICTURE)

    _, findings = newsroom.read_template()

    file = f"templates/regional/{name}".replace("\udce9", "<U+DCE9>")
    assert [(one.rule, one.source.file) for one in findings] == [("file-name", file)]
