"""Reads a template's folder."""

from __future__ import annotations

from pathlib import Path

from newsletter_mailer.characters.terminal import visible, without_surrogates
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.files.text_file import text_file
from newsletter_mailer.findings import Finding, Source, error
from newsletter_mailer.issue.kinds import Kind, parse_kind
from newsletter_mailer.issue.model import Template
from newsletter_mailer.issue.picture_file import picture_file
from newsletter_mailer.issue.pictures import BadPicture, Picture
from newsletter_mailer.settings.newsletter import is_folder_name
from newsletter_mailer.text_cache import OWN, Cache
from newsletter_mailer.toml_text import parse_toml

_PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif")
_TEXT_ENDINGS = (".mjml", ".css", ".toml", ".txt")


def read_template(
    root: Path, name: str, shipped: Path, cache: Cache = OWN
) -> tuple[Template | None, list[Finding]]:
    """The template `templates/name` of the project, else the one shipped with the program.

    `cache`: of what was read before. Raises ProjectError when neither exists.
    """
    if not is_folder_name(name):
        raise ProjectError(f'template = "{name}" in newsletter.toml cannot be a folder\'s name.')
    folder = next(
        (place for place in (root / "templates" / name, shipped / name) if place.is_dir()), None
    )
    if folder is None:
        known = {path.name for place in (root / "templates", shipped) for path in place.glob("*/")}
        raise ProjectError(
            f'template = "{name}" in newsletter.toml: there is no folder templates/{name}. '
            f"{did_you_mean(name, known)}"
        )
    return _TemplateReader(folder, name, cache, is_shipped=folder.parent == shipped).read()


class _TemplateReader:
    def __init__(self, folder: Path, name: str, cache: Cache, *, is_shipped: bool) -> None:
        self.folder, self.name, self.cache = folder, name, cache
        self.is_shipped = is_shipped  #: installers may make links of the program's own files
        self.prefix = f"templates/{name}"
        self.findings: list[Finding] = []
        self.texts: dict[str, str] = {}
        self.pictures: dict[str, Picture] = {}
        self.files: dict[str, bytes] = {}

    def read(self) -> tuple[Template | None, list[Finding]]:
        for path in sorted(self.folder.rglob("*")):
            relative = path.relative_to(self.folder).as_posix()
            if path.is_file() and not any(part.startswith(".") for part in relative.split("/")):
                self.take(path, relative)
        kinds = self.kinds()
        if "newsletter.mjml" not in self.texts:
            place = Source(f"{self.prefix}/newsletter.mjml")
            self.findings.append(error("template", place, "The template lacks this file."))
        theme, broken = parse_toml(self.texts.get("theme.toml", ""), f"{self.prefix}/theme.toml")
        self.findings.extend(broken)
        if self.findings:
            return None, self.findings
        template = Template(
            name=self.name,
            folder=self.prefix,
            texts=self.texts,
            pictures=self.pictures,
            kinds=kinds,
            theme=theme,
            files=self.files,
        )
        return template, []

    def take(self, path: Path, relative: str) -> None:
        file = f"{self.prefix}/{relative}"
        is_picture = path.suffix.lower() in _PICTURE_ENDINGS
        if not is_picture and path.suffix not in _TEXT_ENDINGS:
            return
        if without_surrogates(relative) != relative:
            self.findings.append(
                error(
                    "file-name",
                    Source(visible(file)),
                    "This file name cannot be used: it is not UTF-8.",
                    "Use letters, digits, - and _, such as story.mjml.",
                )
            )
        elif is_picture:
            try:
                self.pictures[relative] = picture_file(
                    self.folder,
                    relative,
                    "the template",
                    self.cache,
                    may_lead_out=self.is_shipped,
                )
                self.files[relative] = self.pictures[relative].content
            except BadPicture as fault:
                self.findings.append(error("bad-picture", Source(file), str(fault)))
        else:
            within = None if self.is_shipped else self.folder
            text = text_file(path, file, self.findings, within=within)
            if text is not None:
                self.texts[relative] = text
                self.files[relative] = text.encode()

    def kinds(self) -> dict[str, Kind]:
        kinds: dict[str, Kind] = {}
        for relative, text in self.texts.items():
            if relative.startswith("sections/") and relative.endswith(".mjml"):
                kind, findings = parse_kind(text, f"{self.prefix}/{relative}", self.cache)
                self.findings.extend(findings)
                kinds[kind.name] = kind
        return kinds
