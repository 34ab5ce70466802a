"""The dictionary: hunspell if it is installed, otherwise its files read by spylls.

hunspell takes 0.05 s for an issue, spylls 0.7 s and 95 MB.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.english.words import (
    KnownWords,
    listed_words,
    parts,
)
from newsletter_mailer.check.evidence.dictionary.own_names import names_of

WORD_LIST = "words.txt"
_PATIENCE = 20.0  #: seconds for all words of an issue; it takes 12 ms to suggest for an unknown one
#: Letters of the longest word that is asked about: no dictionary has a longer one, hunspell cuts it
#: at some 8,000 and gives two answers, and spylls needs minutes for its suggestions.
_LONGEST = 100
#: Languages that are written without their country.
_USUAL_COUNTRY = {"en": "GB", "cy": "GB", "gd": "GB", "ga": "IE"}
#: Where dictionaries are: of the system, of Homebrew, of LibreOffice. {KEY}: of the environment.
_FOLDERS = {
    "linux": (
        "{HOME}/.local/share/hunspell",
        "/usr/share/hunspell",
        "/usr/share/myspell",
        "/usr/share/myspell/dicts",
        "/usr/local/share/hunspell",
        "/usr/lib/libreoffice/share/extensions/dict-*",
        "/opt/libreoffice*/share/extensions/dict-*",
    ),
    "darwin": (
        "{HOME}/Library/Spelling",
        "/Library/Spelling",
        "/opt/homebrew/share/hunspell",
        "/usr/local/share/hunspell",
        "/Applications/LibreOffice.app/Contents/Resources/extensions/dict-*",
    ),
    "win32": (
        "{APPDATA}/hunspell",
        "{PROGRAMFILES}/hunspell",
        "{PROGRAMFILES}/LibreOffice/share/extensions/dict-*",
        "{PROGRAMFILES(X86)}/LibreOffice/share/extensions/dict-*",
    ),
}


class Dictionary(Protocol):
    def has(self, word: str) -> bool: ...

    def near(self, word: str) -> Sequence[str]: ...


class CannotSpell(Exception):
    """There is no dictionary to ask. The text is a sentence for a person."""


class Spelling:
    """A dictionary, and the newsletter's own words."""

    def __init__(self, dictionary: Dictionary, own: KnownWords) -> None:
        self._dictionary, self._own = dictionary, own

    def is_known(self, word: str) -> bool:
        return self._has(word) or all(map(self._has, parts(word)))

    def suggestions(self, word: str) -> Sequence[str]:
        """The likeliest first. Of a word with hyphens, with its first unknown part replaced."""
        wrong = next((part for part in parts(word) if not self._has(part)), word)
        if len(wrong) > _LONGEST:
            return ()
        return [word.replace(wrong, one, 1) for one in self._dictionary.near(wrong)]

    def _has(self, word: str) -> bool:
        return word in self._own or (len(word) <= _LONGEST and self._dictionary.has(word))


def spelling(
    context: CheckContext, root: Path, environment: Mapping[str, str], note: Callable[[str], None]
) -> Spelling | None:
    """The dictionary of the issue's language. None if there is none; `note` says why."""
    everyday = context.vocabulary.words("everyday-words")
    own = KnownWords([*_words_of_the_project(root, note), *names_of(context), *everyday])
    words = {word.text for passage in context.passages for word in passage.words}
    unknown = {part for word in words if word not in own for part in (word, *parts(word))}
    asked = [word for word in unknown if len(word) <= _LONGEST]
    try:
        return Spelling(dictionary(context.issue.language, asked, environment), own)
    except CannotSpell as reason:
        note(f"Spelling was not checked: {reason}")
        return None


def dictionary(language: str, words: Collection[str], environment: Mapping[str, str]) -> Dictionary:
    """One that can be asked for these words. Raises CannotSpell."""
    name = dictionary_name(language)
    path = find_dictionary(name, environment)
    program = shutil.which("hunspell", path=environment.get("PATH"))
    if program is not None:
        asked = Hunspell(program, str(path) if path else name)
        if asked.look_up(words):
            return asked
    if path is not None and importlib.util.find_spec("spylls") is not None:
        from newsletter_mailer.check.evidence.dictionary.spylls_files import Spylls

        try:
            return Spylls(path)
        except (OSError, LookupError, ValueError) as fault:
            raise CannotSpell(f"{path}.dic is damaged ({fault}).") from None
    raise CannotSpell(
        f"there is no dictionary {name}. Install hunspell and its dictionary (on Debian and "
        f"Ubuntu: hunspell and hunspell-{name.lower().replace('_', '-')})."
        if path is None
        else 'install hunspell, or newsletter-mailer with its extra "spelling".'
    )


def dictionary_name(language: str) -> str:
    """Of a BCP 47 tag: en-GB -> en_GB, en -> en_GB, sr-Latn-RS -> sr_Latn_RS."""
    first, *rest = language.split("-")
    if not rest and first.lower() in _USUAL_COUNTRY:
        rest = [_USUAL_COUNTRY[first.lower()]]
    return "_".join((first.lower(), *(part.upper() if len(part) == 2 else part for part in rest)))


def find_dictionary(name: str, environment: Mapping[str, str]) -> Path | None:
    """The path of a dictionary's two files, without their endings."""
    for folder in _folders(environment):
        path = folder / name
        if path.with_suffix(".aff").is_file() and path.with_suffix(".dic").is_file():
            return path
    return None


class Hunspell:
    """The program, asked once for all words of an issue in its pipe mode (hunspell(1), -a)."""

    def __init__(self, program: str, name: str) -> None:
        self._command = [program, "-d", name, "-i", "utf-8", "-a"]
        self._near: dict[str, Sequence[str]] = {}

    def look_up(self, words: Collection[str]) -> bool:
        """Whether it could be asked: it may lack the dictionary. Raises CannotSpell."""
        if not self._ask(sorted(words)):
            return False
        # What may stand for an unknown word with a capital, if that is its sentence's.
        lower = {word.lower() for word in self._near if word[:1].isupper()} - self._near.keys()
        return not lower or self._ask(sorted(lower))

    def _ask(self, words: Sequence[str]) -> bool:
        try:
            done = subprocess.run(  # noqa: S603  # the program found on PATH, words only as input
                self._command,
                input="".join(f"^{word}\n" for word in words),
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CannotSpell(
                f"hunspell took more than {_PATIENCE:.0f} seconds for {len(words):,} words."
            ) from None
        except OSError:
            return False
        _, _, answered = done.stdout.partition("\n")  # after its greeting
        answers = [*_answers(answered)]
        if done.returncode or len(answers) != len(words):
            return False
        if not all(map(_is_about, answers, words)):
            return False
        for word, answer in zip(words, answers, strict=True):
            near = _suggested(answer)
            if near is not None:
                self._near[word] = near
        return True

    def has(self, word: str) -> bool:
        return word not in self._near

    def near(self, word: str) -> Sequence[str]:
        return self._near.get(word, ())


def _answers(said: str) -> Iterator[Sequence[str]]:
    """The lines that hunspell says to each word; an empty one ends them."""
    answer: list[str] = []
    for line in said.split("\n")[:-1]:
        if line:
            answer.append(line)
        else:
            yield answer
            answer = []


def _is_about(answer: Sequence[str], word: str) -> bool:
    """Whether the words that it names (& WORD ..., # WORD ...) are this one, or parts of it."""
    return all(line.split(" ", 2)[1] in word for line in answer if line.startswith(("& ", "# ")))


def _suggested(answer: Sequence[str]) -> Sequence[str] | None:
    """What hunspell says to one word. None: it knows it (*, + and -). "#": it has no idea."""
    for line in answer:
        if line.startswith("&"):
            return line.partition(": ")[2].split(", ")
        if line.startswith("#"):
            return ()
    return None


def _words_of_the_project(root: Path, note: Callable[[str], None]) -> Sequence[str]:
    try:
        return listed_words((root / WORD_LIST).read_text("utf-8-sig"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError):
        note(f"{WORD_LIST} cannot be read as UTF-8 text, so its words are not known.")
        return ()


def _folders(environment: Mapping[str, str]) -> Iterator[Path]:
    separator = ";" if sys.platform == "win32" else ":"
    yield from (Path(one) for one in environment.get("DICPATH", "").split(separator) if one)
    for pattern in _FOLDERS.get(sys.platform, _FOLDERS["linux"]):
        for key in ("HOME", "APPDATA", "PROGRAMFILES", "PROGRAMFILES(X86)"):
            pattern = pattern.replace(f"{{{key}}}", environment.get(key, ""))
        folder = Path(pattern)
        if "*" in pattern:
            yield from sorted(Path(folder.anchor).glob(str(folder.relative_to(folder.anchor))))
        else:
            yield folder
