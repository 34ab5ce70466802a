"""The template's Jinja2, sandboxed; a mistake in it becomes a finding with its file and line."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any  # Jinja2's own signature

from jinja2 import (
    BytecodeCache,
    FunctionLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.bccache import Bucket
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from newsletter_mailer.compose.mjml import MjmlFault, parse_mjml
from newsletter_mailer.compose.template_text import without_front_matter, without_jinja
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.findings import Finding, Source, error
from newsletter_mailer.issue.model import Template

_MOST_COMPILED = 500  #: files; our template has a dozen


class TemplateMistake(Exception):
    """A template cannot be rendered. Carries the finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class _Environment(ImmutableSandboxedEnvironment):
    """A name after a dot is a field of ours first: a kind may have a field called "items"."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        # Nearly all are dicts, and asking whether one is a Mapping takes longer than the rest.
        if (type(obj) is dict or isinstance(obj, Mapping)) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


class _Missing(StrictUndefined):
    """A name that does not exist, said in a template author's words."""

    @property
    def _undefined_message(self) -> str:
        name = str(self._undefined_name)
        if isinstance(self._undefined_obj, Mapping):
            hint = did_you_mean(name, map(str, self._undefined_obj))
            return f'there is no "{name}" here. {hint}'.rstrip()
        if self._undefined_obj is missing:
            return f'there is no "{name}"'
        return super()._undefined_message


class _CompiledTemplates(BytecodeCache):
    """Remembers what templates compile to (30 ms for ours), for as long as the process lives.

    A template that was changed is told by its source's checksum; so is one with marks, which the
    preview composes by turns with the one without.
    """

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        code = self._codes.get((bucket.key, bucket.checksum))
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        while len(self._codes) >= _MOST_COMPILED:
            del self._codes[next(iter(self._codes))]  # the oldest: nobody composes it any more
        self._codes[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_COMPILED = _CompiledTemplates()


class Templates:
    """Renders the files of one template folder."""

    def __init__(self, template: Template) -> None:
        self._folder = template.folder
        self._texts = {
            name: without_front_matter(name, text, template)
            for name, text in template.texts.items()
        }
        self._environment = _Environment(
            loader=FunctionLoader(self._load),
            bytecode_cache=_COMPILED,
            autoescape=lambda name: not (name or "").endswith((".txt", ".css")),
            undefined=_Missing,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def has(self, name: str) -> bool:
        return name in self._texts

    def source(self, name: str) -> str:
        return self._texts[name]

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """The file rendered. Raises TemplateMistake."""
        try:
            return self._environment.get_template(name).render(values)
        except TemplateSyntaxError as fault:
            raise self._mistake(fault.filename or name, fault.lineno, str(fault.message)) from None
        except TemplateNotFound as fault:
            raise self._at(
                name, fault, f'there is no file "{fault.name}" in the template'
            ) from None
        except TemplateError as fault:
            raise self._at(name, fault, str(fault.message)) from None
        except Exception as fault:  # noqa: BLE001  # a template's author may make it raise anything
            raise self._at(name, fault, str(fault) or type(fault).__name__) from None

    def style_sheet(self, name: str, values: Mapping[str, object]) -> str:
        """The style sheet rendered; empty if there is none. Raises TemplateMistake."""
        if not self.has(name):
            return ""
        css = self.render(name, values)
        if "<" in css:  # mrml reads it as a tag
            source = self.source(name)
            line = source.count("\n", 0, max(0, source.find("<"))) + 1
            raise self._mistake(
                name, line, 'a style sheet cannot hold the sign "<"; write min-width or max-width'
            )
        return css

    def mjml_mistake(self, name: str, fault: MjmlFault, seen_with: str = "") -> TemplateMistake:
        """What MJML does not understand in a rendered file, at the line of the file itself.

        A rendered line is not a template's line, so the template itself is read with its Jinja2
        blanked out; if it is sound, the fault lies in what its branches make of it.
        """
        source = without_jinja(self.source(name))
        line, message = 1, fault.message
        try:
            parse_mjml(source if name == "newsletter.mjml" else f"<mj-body>{source}</mj-body>")
        except MjmlFault as static:
            line, message = static.line, static.message
        return self._mistake(
            name, line, f"{message} (seen with {seen_with})" if seen_with else message
        )

    def _load(self, name: str) -> tuple[str, str, None] | None:
        if name not in self._texts:
            return None
        return self._texts[name], f"{self._folder}/{name}", None

    def _at(self, name: str, fault: Exception, message: str) -> TemplateMistake:
        frames = [
            frame
            for frame in traceback.extract_tb(fault.__traceback__)
            if frame.filename.startswith(f"{self._folder}/")
        ]
        if frames:
            return self._mistake(frames[-1].filename, frames[-1].lineno or 1, message)
        return self._mistake(name, 1, message)

    def _mistake(self, file: str, line: int, message: str) -> TemplateMistake:
        if not file.startswith(f"{self._folder}/"):
            file = f"{self._folder}/{file}"
        text = message[:1].lower() + message[1:]
        return TemplateMistake(
            error(
                "template",
                Source(file, line),
                f"The template has a mistake: {text.rstrip('.')}.",
                "Look at the line named; docs/templates.md lists what a template can use.",
            )
        )
