"""Spelling is asked of a real dictionary: by hunspell, and by spylls where hunspell is missing."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from newsletter_mailer.campaign.check import check
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.check.evidence.dictionary.hunspell import find_dictionary
from newsletter_mailer.findings import Finding, Severity
from tests.conftest import ISSUE, LETTER, REPOSITORY, ProjectFolder

BRITISH = find_dictionary("en_GB", dict(os.environ))
HUNSPELL = shutil.which("hunspell")

needs_british = pytest.mark.skipif(BRITISH is None, reason="no dictionary en_GB is installed")
needs_hunspell = pytest.mark.skipif(HUNSPELL is None, reason="hunspell is not installed")
posix = pytest.mark.skipif(sys.platform == "win32", reason="a script stands for a program")

Spell = Callable[..., list[Finding]]


@pytest.fixture(params=[pytest.param("hunspell", marks=needs_hunspell), "spylls"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """With hunspell on PATH, or without it."""
    folder = Path(HUNSPELL).parent if request.param == "hunspell" and HUNSPELL else tmp_path
    return {"PATH": str(folder)}


@pytest.fixture
def at_hand() -> dict[str, str]:
    """Whichever there is."""
    return dict(os.environ)


@pytest.fixture
def without_hunspell(tmp_path: Path) -> dict[str, str]:
    return {"PATH": str(tmp_path)}


@pytest.fixture
def spell(project: ProjectFolder) -> Spell:
    """What is misspelt in a body, in the issue, with this environment."""

    def found(body: str, environment: dict[str, str], *notes: list[str]) -> list[Finding]:
        project.write("issues/2030-01/20-more.md", f"---\nkind: text\ntitle: More\n---\n{body}\n")
        opened = open_project(project.root, environment)
        at = datetime(2030, 1, 15, 9, tzinfo=opened.settings.zone)
        told = notes[0].append if notes else lambda text: None
        return [
            one
            for one in check(opened, "2030-01", at, note=told).findings
            if one.rule in ("misspelt-word", "internal-error")
        ]

    return found


def own_dictionary(folder: Path, *words: str) -> dict[str, str]:
    """An environment in which these are the words of British English, asked by spylls."""
    (folder / "en_GB.aff").write_text("SET UTF-8\nTRY esianrtolcdugmphbyfvkwz\n", "utf-8")
    listed = [*words, *re.findall(r"\w+", f"{ISSUE} {LETTER} more".lower())]
    (folder / "en_GB.dic").write_text("\n".join([str(len(listed)), *listed, ""]), "utf-8")
    return {"DICPATH": str(folder), "PATH": str(folder)}


MISSPELT = [
    ("We recieved it.", 4, "recieved", '"received"'),
    ("We like the color of it.", 13, "American spelling", 'Write "colour"'),
    ("See the seperate plan.", 9, "seperate", '"separate"'),
    ("The children’s wellfare comes first.", 16, "wellfare", '"welfare"'),
    ("It is **definately** so.", 9, "definately", '"definitely"'),
    ("Their co-opperation helps.", 7, "co-opperation", '"co-operation"'),
    ("On 3 Septmber we begin.", 6, "Septmber", '"September"'),
    ("Come to Dudlley.", 9, "Dudlley", "add Dudlley to words.txt"),
    ("Togehter we can do it.", 1, "Togehter", '"Together"'),
    ("[See the acommodation](https://www.gov.uk)", 10, "acommodation", '"accommodation"'),
    ("> - An occurence, quoted.", 8, "occurence", '"occurrence"'),
]


@needs_british
def test_a_misspelt_word_is_found_where_it_stands(
    spell: Spell, environment: dict[str, str]
) -> None:
    found = spell("\n\n".join(text for text, *_ in MISSPELT), environment)

    assert [(one.source.line, one.source.column) for one in found] == [
        (5 + 2 * number, column) for number, (_, column, _, _) in enumerate(MISSPELT)
    ]
    for one, (_, _, message, hint) in zip(found, MISSPELT, strict=True):
        assert one.severity is Severity.WARNING
        assert message in one.message
        assert hint in one.hint


WELL_SPELT = [
    "For 16-25 year olds, 11 year olds and two-year-olds.",
    "See www.xyzzy.example or https://qwrtz.example/frobnicate?plugh, and write to zxcv@qwrtz.org.",
    "The file recieved.docx, S:\\\\plugh\\\\xyzzy and the tag #Qwrtz by @zxcv.",
    "[The plan](https://www.qwrtz.example/plugh) and ![A picture of a tree](images/qwrtz.png)",
    'Dear {{ subscriber.first_name | default("colleague") }}s, `recieved` and {{ issue.id }}qwrt.',
    "    recieved = in_a_block.of(code)",
    "The DfE, ADASS, MACPTs, the EHCP's KS2 and B12 iPhones; CareKnowledge and McDonald's eBooks.",
    "On the 1st, 2nd, 23rd and 4th: 10am, 9.30pm, 1990s, A4, £1.6m, 2025/26, 3x and 50p.",
    "Ranjit Calloway and Siân Llewelyn-Pryce met Mrs Okonkwo in Worcestershire and Dudley.",
    "Okonkwo's idea was Ranjit's too. Llewelyn-Pryce agreed.",
    "“Thought-provoking”, ‘trauma-informed’, half-term, ten-minute, e-mail, re-read.",
    "The children’s, managers', James's, teams' and everyone else's; don't, we'll, it's, o'clock.",
    "The organisation's programme for behaviour, colour, centre, licence, practise and analyse.",
    "The organization realizes it: that is spelling of Oxford.",
    "A naïve café, a résumé and a co\u00adoper\u00adation with soft hyphens.",
    "E.g. this, i.e. that, etc., and/or those; Inc. and Ltd.",
    "THIS LINE IS SHOUTED QWRTZ",
    "Walsall's director and the Assistant Director for Walsall.",
]


@needs_british
def test_what_is_no_misspelt_word_is_left_alone(spell: Spell, environment: dict[str, str]) -> None:
    assert spell("\n\n".join(WELL_SPELT), environment) == []


@needs_british
@pytest.mark.parametrize("issue", ["2025-08", "2025-09"])
def test_the_sample_issues_are_well_spelt(environment: dict[str, str], issue: str) -> None:
    sample = open_project(REPOSITORY, environment)
    at = datetime(2025, 8, 29, 9, tzinfo=sample.settings.zone)

    assert [one for one in check(sample, issue, at).findings if one.rule == "misspelt-word"] == []


@needs_british
def test_titles_fields_and_the_subject_are_read_too(
    spell: Spell, project: ProjectFolder, at_hand: dict[str, str]
) -> None:
    settings = project.read("issues/2030-01/issue.toml")
    project.write("issues/2030-01/issue.toml", settings.replace("The subject", "The subjcet"))
    project.write(
        "issues/2030-01/30-notice.md",
        "---\nkind: notice\ntitle: A new aproach\nlink: https://www.gov.uk\n"
        "link_text: Read the anouncement\n---\nText.\n",
    )

    found = spell("Text.", at_hand)

    assert [(one.source.file[15:], one.source.line, one.source.column) for one in found] == [
        ("30-notice.md", 3, 14),
        ("30-notice.md", 5, 21),
        ("issue.toml", 1, 16),
    ]


@needs_british
def test_a_word_is_told_once_in_a_file(spell: Spell, at_hand: dict[str, str]) -> None:
    [found] = spell("We recieved it, and they recieved it.\n\nRecieved?", at_hand)

    assert "here and 2 times more in this file" in found.message


def test_words_txt_holds_the_newsletters_own_words(
    spell: Spell, project: ProjectFolder, tmp_path: Path
) -> None:
    project.write(
        "words.txt", "\ufeff# our words\nfrobnicate\nplugh # a game's\n\nXyzzy\nco-qwrtz\n"
    )
    environment = own_dictionary(tmp_path, "we", "and")

    found = spell("Frobnicate and plugh, we Xyzzy; and xyzzy and co-qwrtz.", environment)

    assert [(one.source.column, one.message) for one in found] == [
        (37, '"xyzzy" is not in the dictionary.')
    ]
    assert found[0].hint == "If it is right, add xyzzy to words.txt."


def test_words_txt_that_is_no_text_is_told(
    spell: Spell, project: ProjectFolder, tmp_path: Path
) -> None:
    project.write("words.txt", b"caf\xe9\n")
    notes: list[str] = []

    assert spell("We and.", own_dictionary(tmp_path, "we", "and"), notes) == []
    assert notes == ["words.txt cannot be read as UTF-8 text, so its words are not known."]


def test_a_dictionary_of_ones_own_is_found_in_dicpath(spell: Spell, tmp_path: Path) -> None:
    [found] = spell("Qwrtz, and qwrtzz.", own_dictionary(tmp_path, "qwrtz", "and"))

    assert found.hint.startswith('Did you mean "qwrtz"?')


def test_without_a_dictionary_it_is_said_once_and_nothing_fails(
    project: ProjectFolder, without_hunspell: dict[str, str]
) -> None:
    settings = project.read("newsletter.toml")
    project.write("newsletter.toml", f'language = "sr-Latn-RS"\n{settings}')
    shutil.copytree(project.root / "issues/2030-01", project.root / "issues/2030-02")
    opened = open_project(project.root, without_hunspell)
    notes: list[str] = []

    checked = check(
        opened, None, datetime(2030, 1, 15, tzinfo=opened.settings.zone), note=notes.append
    )

    assert checked.issues == ["2030-01", "2030-02"]
    [note] = [one for one in notes if "pelling" in one]
    assert note == (
        "Spelling was not checked: there is no dictionary sr_Latn_RS. Install hunspell and its "
        "dictionary (on Debian and Ubuntu: hunspell and hunspell-sr-latn-rs)."
    )
    assert [one for one in checked.findings if one.severity is Severity.ERROR] == []


@posix
@pytest.mark.parametrize(
    "script", ["exit 1", "echo nonsense", "cat", "printf '\\377\\376'; exit 0", "kill -9 $$"]
)
def test_a_hunspell_that_fails_is_replaced(spell: Spell, tmp_path: Path, script: str) -> None:
    program = tmp_path / "hunspell"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)

    [found] = spell("Qwrtz, qwrtzz.", own_dictionary(tmp_path, "qwrtz"))

    assert "qwrtz" in found.hint


@needs_british
def test_a_word_beyond_all_length_is_told_and_spoils_no_other(
    spell: Spell, environment: dict[str, str]
) -> None:
    [found] = spell(f"Able and {20_000 * 'a'} agree: it is academic.", environment)

    assert found.message.startswith('"aaa')
    assert len(found.message) < 200
    assert "Did you mean" not in found.hint


@posix
@pytest.mark.parametrize("answers", ["# other 0", "*\n\n*", ""])
def test_answers_that_are_not_to_what_was_asked_are_not_taken(
    spell: Spell, tmp_path: Path, answers: str
) -> None:
    program = tmp_path / "hunspell"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nprint('Hunspell')\n"
        f"for line in sys.stdin: print({answers!r}, end='\\n\\n')\n"
    )
    program.chmod(0o755)

    [found] = spell("Qwrtz, qwrtzz.", own_dictionary(tmp_path, "qwrtz"))

    assert "qwrtz" in found.hint


@posix
@needs_hunspell
@pytest.mark.parametrize(("body", "starts"), [("We recieved it.", 1), ("Recieved with thanks.", 2)])
def test_hunspell_loads_its_dictionary_again_only_for_unknown_words_with_a_capital(
    spell: Spell, tmp_path: Path, body: str, starts: int
) -> None:
    log, program = tmp_path / "starts.txt", tmp_path / "hunspell"
    program.write_text(f'#!/bin/sh\necho >> "{log}"\nexec {HUNSPELL} "$@"\n')
    program.chmod(0o755)

    [found] = spell(body, {"PATH": str(tmp_path)})

    assert '"received"' in found.hint.lower()
    assert log.read_text() == "\n" * starts


@posix
def test_a_hunspell_that_hangs_is_given_up(
    spell: Spell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter_mailer.check.evidence.dictionary.hunspell._PATIENCE", 0.2)
    program = tmp_path / "hunspell"
    program.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    program.chmod(0o755)
    notes: list[str] = []

    assert spell("We recieved it.", {"PATH": str(tmp_path)}, notes) == []
    assert notes[0].startswith("Spelling was not checked: hunspell took more than 0 seconds for ")
