"""Checking beside composing, and beside the validators that others use, in the same run.

    make benchmark        or:  python benchmarks/checking.py

All offline questions but spelling, in a warm process; every figure is a median. The peers (pinned
in benchmarks/package.json) get our own documents: html-validate the HTML of each variant, mjml's
validator the MJML that it was made from. Goals: at most twice the time of composing for three
variants of 2025-08; under 3 s, composing included, for 60 sections in 50 variants.
"""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import date, datetime, timedelta
from pathlib import Path

from measuring import (
    REPOSITORY,
    install_peers,
    mjml_documents,
    peer_seconds,
    seconds,
    write_results,
)

from newsletter_mailer.campaign.edition import read_edition
from newsletter_mailer.campaign.prepare import Circumstances, prepare
from newsletter_mailer.campaign.project import Project, open_project
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.page.page import filled_page
from newsletter_mailer.check.runner.runner import ask_all
from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.plan.variants import Variant
from newsletter_mailer.text_cache import Memory

SECTIONS, VARIANTS = 60, 50
REGIONS = [f"region-{number:02}" for number in range(10)]
ROLES = [f"role-{number}" for number in range(5)]
_VOCABULARY = """
alliance audit autumn booking borough briefing budget care carer case change child clinic coach
colleague commissioner community council county course data day decision early evidence family
foster framework funding guidance health help home housing idea inspection journey kinship leader
learning local meeting network nursery outcome panel parent partner peer plan policy practice
programme project question region report research review safety school sector service session
social staff story study summer support survey system team training transport university village
visit voice winter work worker workshop year youth
"""
_WORDS = _VOCABULARY.split()

_HTML_VALIDATE = """
import { HtmlValidate } from 'html-validate'
import { readFileSync } from 'node:fs'
const documents = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const peer = new HtmlValidate({ extends: ['html-validate:recommended'] })
const work = async () => { for (const one of documents) await peer.validateString(one) }
"""
_MJML_VALIDATOR = """
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
const require = createRequire(import.meta.url)
require('mjml')
const { components, initializeType } = require('mjml-core')
const parse = require('mjml-parser-xml')
const { default: validate, dependencies } = require('mjml-validator')
const documents = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const work = async () => {
  for (const one of documents)
    validate(parse(one, { components, ignoreIncludes: true }),
      { components, dependencies, initializeType })
}
"""


def context_of(project: Project, issue: str, at: datetime) -> CheckContext:
    """What the questions are asked of."""
    kept: list[CheckContext] = []

    def keep(context: CheckContext) -> dict[str, Future[object]]:
        kept.append(context)
        return {}

    now = Circumstances(at=at, is_first_run=True, gather=keep)
    with prepare(project, issue, circumstances=now):
        return kept[0]


def large_project(folder: Path) -> Project:
    """One of 60 sections and readers of every region and role, who see 50 variants of it."""
    shutil.copytree(REPOSITORY / "templates", folder / "templates")
    issue = folder / "issues" / "2030-01"
    issue.mkdir(parents=True)
    (folder / "recipients").mkdir()
    names = "\n".join(f'{slug} = "{slug.title()}"' for slug in REGIONS)
    roles = "\n".join(f'{slug} = "{slug.title()}"' for slug in ROLES)
    (folder / "newsletter.toml").write_text(
        'name = "News"\nfrom = "News <news@example.org>"\nlist_id = "news.example.org"\n'
        'timezone = "Europe/London"\nlanguage = "en-GB"\ntemplate = "regional"\n'
        'postal_address = "1 Sample Street"\nimages = "embed"\n'
        f"[regions]\n{names}\n[roles]\n{roles}\n"
    )
    (issue / "issue.toml").write_text(
        'subject = "January: plans for the year"\n'
        'preheader = "Sixty matters of some weight, the best of them first."\n'
        'date = 2030-01-15\nlists = ["readers"]\n'
    )
    drawn = random.Random(0)
    for number in range(SECTIONS):
        (issue / f"{number + 10}-section.md").write_text(section(number, drawn))
    rows = [f"{r}.{role}@example.org,{r},{role}" for r in REGIONS for role in ROLES]
    (folder / "recipients/readers.csv").write_text("\n".join(["email,region,role", *rows, ""]))
    return open_project(folder, {})


def section(number: int, drawn: random.Random) -> str:
    """A third are events; ten are for one region each, five for one role each."""

    def words(count: int) -> str:
        return " ".join(drawn.choice(_WORDS) for _ in range(count))

    fields = [f"title: {words(6).capitalize()} {number}"]
    if number % 3 == 2:
        day = date(2030, 2, 1) + timedelta(days=number)
        fields += ["kind: event", f"starts: {day} 09:30", f"ends: {day} 11:00", "place: Online"]
    else:
        fields.append("kind: notice")
    if number >= SECTIONS - 15:
        target = number - SECTIONS + 15
        fields.append(
            f"regions: [{REGIONS[target]}]" if target < 10 else f"roles: [{ROLES[target - 10]}]"
        )
    text = "\n\n".join(f"{words(14).capitalize()}. {words(12).capitalize()}." for _ in range(2))
    link = f"[{words(3)} {number}](https://www.council{number}.gov.uk/news/{number})"
    return "\n".join(["---", *fields, "---", f"{text}\n\nMore in {link}.\n"])


def composing(project: Project, issue: str, variants: Sequence[Variant]) -> None:
    edition = read_edition(project, issue)
    content = edition.content.total
    composer = Composer(edition.issue, edition.template, project.settings, content, cache=Memory())
    for variant in variants:
        assert composer.compose(variant) is not None, composer.findings


def asking(context: CheckContext) -> int:
    """Nothing that an earlier run worked out is at hand."""
    return sum(1 for _ in ask_all(dataclasses.replace(context)))


def documents(
    project: Project, issue: str, context: CheckContext, folder: Path
) -> tuple[Path, Path]:
    """The HTML and the MJML of each variant, as lists in JSON."""
    pages, sources = folder / "pages.json", folder / "sources.json"
    pages.write_text(json.dumps([filled_page(one) for one in context.compiled]))
    whole: list[str] = []
    for one in context.compiled:
        with mjml_documents() as made:
            composing(project, issue, [one.variant])
        whole.append(max(made, key=len))
    sources.write_text(json.dumps(whole))
    return pages, sources


def compare(project: Project, issue: str, context: CheckContext, runs: int) -> list[str]:
    """The table of one issue."""
    variants = [one.variant for one in context.compiled]
    assert asking(context) == asking(context)
    ours = seconds(lambda: asking(context), runs)
    composed = seconds(lambda: composing(project, issue, variants), runs)
    with tempfile.TemporaryDirectory() as name:
        pages, sources = documents(project, issue, context, Path(name))
        html_validate = peer_seconds(_HTML_VALIDATE, pages, warm=3, runs=7)
        mjml_validator = peer_seconds(_MJML_VALIDATOR, sources)
    sections = len(context.issue.sections)
    return [
        f"## {sections} sections, {len(variants)} variants, {asking(context)} findings",
        "",
        "| what | ms | of asking |",
        "|---|--:|--:|",
        *(
            f"| {what} | {took * 1000:.1f} | {took / ours:.2f} |"
            for what, took in (
                ("asking all offline questions", ours),
                ("composing those variants", composed),
                ("both", ours + composed),
                ("html-validate, of the HTML", html_validate),
                ("mjml's validator, of the MJML", mjml_validator),
            )
        ),
        "",
    ]


def main() -> None:
    install_peers()
    project = open_project(REPOSITORY, {})
    at = datetime(2025, 8, 29, 9, tzinfo=project.settings.zone)
    context = context_of(project, "2025-08", at)
    three = dataclasses.replace(context, compiled=context.compiled[:3])
    lines = compare(project, "2025-08", three, 21)
    with tempfile.TemporaryDirectory() as folder:
        large = large_project(Path(folder))
        at = datetime(2030, 1, 15, 9, tzinfo=large.settings.zone)
        context = context_of(large, "2030-01", at)
        assert len(context.compiled) == VARIANTS
        lines += compare(large, "2030-01", context, 3)
    write_results(__file__, "Checking, beside composing and other validators", lines)


if __name__ == "__main__":
    main()
