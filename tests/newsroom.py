"""An issue on disk and what the stages before sending make of it, inside this process."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.compose.message import (
    CompiledMessage,
    MessageHeaders,
    Recipient,
    compile_message,
)
from newsletter_mailer.findings import Finding, in_order
from newsletter_mailer.issue.content_hash import ContentHash, content_hash
from newsletter_mailer.issue.folder import read_issue
from newsletter_mailer.issue.model import Issue, Template
from newsletter_mailer.issue.template_folder import read_template
from newsletter_mailer.plan.variants import Variant, Variants
from newsletter_mailer.settings.newsletter import Settings, read_settings
from tests.conftest import REPOSITORY, ProjectFolder

ISSUE = "2030-01"
LINKS = {"unsubscribe_url": "mailto:leave@example.org?subject=Unsubscribe%20me"}


PLAIN_PAGE = """\
<mjml lang="{{ newsletter.language }}" dir="{{ newsletter.direction }}">
<mj-head><mj-title>{{ issue.subject }}</mj-title><mj-preview>{{ issue.preheader }}</mj-preview>
<mj-style>{{ head_css }}</mj-style></mj-head>
<mj-body>
{% for block in blocks %}
{% if block.heading %}
<mj-section><mj-column><mj-text><h2>{{ block.heading }}</h2></mj-text></mj-column></mj-section>
{% endif %}
{% for section in block.sections %}
{{ section.mjml }}
{% endfor %}
{% endfor %}
<mj-section><mj-column><mj-text><a href="{{ links.unsubscribe }}">Leave</a></mj-text></mj-column>
</mj-section>
</mj-body>
</mjml>
"""
PLAIN_KIND = """\
---
label: Text
fields:
  title: {type: text}
---
<mj-section><mj-column><mj-text>
<h{{ section.level }}>{{ section.title }}</h{{ section.level }}>
{{ section.body }}
</mj-text></mj-column></mj-section>
"""


def text_section(body: str, title: str = "Hello", **more: str) -> str:
    """A section of kind text."""
    extra = "".join(f"{key}: {value}\n" for key, value in more.items())
    return f"---\nkind: text\ntitle: {title}\n{extra}---\n{body}"


def made_settings(text: str, environment: Mapping[str, str] | None = None) -> Settings:
    settings, findings = read_settings(text, environment or {})
    assert settings is not None, findings
    return settings


@dataclass
class Newsroom:
    """Reads and composes issue 2030-01 of a project folder."""

    folder: ProjectFolder
    issue_id: str = ISSUE
    environment: Mapping[str, str] = field(default_factory=dict)
    cached: tuple[Template | None, list[Finding]] | None = None

    def write(self, path: str, content: str | bytes) -> None:
        """`path` inside the issue's folder."""
        self.folder.write(f"issues/{self.issue_id}/{path}", content)

    def write_kind(self, name: str, content: str) -> None:
        self.write_template(f"sections/{name}", content)

    def use_plain_template(self) -> None:
        """The least that a template can be: no pictures, no styles, one kind."""
        shutil.rmtree(self.folder.root / "templates", ignore_errors=True)
        self.write_template("newsletter.mjml", PLAIN_PAGE)
        self.write_kind("text.mjml", PLAIN_KIND)

    def write_template(self, path: str, content: str | bytes) -> None:
        self.folder.write(f"templates/regional/{path}", content)
        self.cached = None

    def replace(self, path: str, old: str, new: str) -> None:
        """`path` inside the project's folder."""
        text = self.folder.read(path)
        assert old in text
        self.folder.write(path, text.replace(old, new))
        self.cached = None

    def drop(self, path: str) -> None:
        (self.folder.root / "issues" / self.issue_id / path).unlink()

    @property
    def settings(self) -> Settings:
        return made_settings(self.folder.read("newsletter.toml"), self.environment)

    def read_template(self) -> tuple[Template | None, list[Finding]]:
        if self.cached is None:
            shipped = REPOSITORY / "templates"
            self.cached = read_template(self.folder.root, self.settings.template, shipped)
        return self.cached

    def read(self) -> tuple[Issue | None, list[Finding]]:
        template, findings = self.read_template()
        if template is None:
            return None, findings
        issue, more = read_issue(self.folder.root, self.issue_id, self.settings, template)
        return issue, [*findings, *more]

    @property
    def template(self) -> Template:
        template, findings = self.read_template()
        assert template is not None, findings
        return template

    @property
    def issue(self) -> Issue:
        issue, findings = self.read()
        assert issue is not None, findings
        assert not findings
        return issue

    @property
    def content(self) -> ContentHash:
        return content_hash(self.issue, self.template, self.settings)

    def composer(self, issue: Issue | None = None) -> Composer:
        issue = issue or self.issue
        content = content_hash(issue, self.template, self.settings).total
        return Composer(issue, self.template, self.settings, content)

    def findings(self) -> list[Finding]:
        """All that is wrong with the files, and, if they can be read, with composing them all."""
        issue, findings = self.read()
        if issue is None or findings:
            return in_order(findings)
        composer = self.composer(issue)
        composer.compose(Variants(issue).full())
        return in_order(composer.findings)

    def wrong(self) -> list[str]:
        """The findings as `rule file:line`, files without the issue's folder."""
        return [
            f"{one.rule} {one.source.file.removeprefix(f'issues/{self.issue_id}/')}"
            f":{one.source.line}"
            for one in self.findings()
        ]

    def compiled(self, variant: Variant | None = None) -> CompiledVariant:
        issue = self.issue
        composer = self.composer(issue)
        compiled = composer.compose(variant or Variants(issue).full())
        assert compiled is not None, composer.findings
        assert not composer.findings
        return compiled

    def page(self, values: Mapping[str, str] | None = None) -> str:
        compiled = self.compiled()
        addresses = {key: f"images/{key}" for key in compiled.pictures}
        return compiled.page(values or {}, LINKS, addresses)

    def words(self, values: Mapping[str, str] | None = None) -> str:
        return self.compiled().words(values or {}, LINKS)

    def message(self, compiled: CompiledVariant | None = None, **changes: str) -> CompiledMessage:
        settings = self.settings
        headers = MessageHeaders(
            sender=settings.sender,
            reply_to=settings.reply_to,
            list_id=settings.list_id,
            list_name=settings.name,
            unsubscribe=changes.get("unsubscribe", LINKS["unsubscribe_url"]),
            date=datetime(2030, 1, 15, 9, tzinfo=UTC),
            subject_prefix=changes.get("subject_prefix", ""),
        )
        return compile_message(
            compiled or self.compiled(),
            headers,
            LINKS,
            content_hash=self.content.total,
            image_base_url=settings.image_base_url_if_hosted,
        )


def reader(**values: str) -> Recipient:
    """One reader; `email` is the mailbox."""
    mailbox = values.pop("email", "ann@example.org")
    return Recipient(mailbox=mailbox, values=values, message_id="abc@example.org")
