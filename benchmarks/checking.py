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
from datetime import date, datetime, timedelta
from pathlib import Path

from measuring import (
    REPOSITORY,
    install_peers,
    machine,
    mjml_documents,
    peer_seconds,
    seconds,
)

from newsletter_mailer.campaign.edition import read_edition
from newsletter_mailer.campaign.prepare import Circumstances, prepare
from newsletter_mailer.campaign.project import Project, open_project
from newsletter_mailer.check.asking import ask_all
from newsletter_mailer.check.page import filled_page
from newsletter_mailer.check.subject import Evidence, Subject
from newsletter_mailer.compose.composer import Composer
from newsletter_mailer.plan.variants import Variant

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


def subject_of(project: Project, issue: str, at: datetime) -> Subject:
    """What the questions are asked of."""
    kept: list[Subject] = []

    def keep(subject: Subject) -> Evidence:
        kept.append(subject)
        return Evidence()

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
    composer = Composer(edition.issue, edition.template, project.settings, edition.content.total)
    for variant in variants:
        assert composer.compose(variant) is not None, composer.findings


def asking(subject: Subject) -> int:
    """Nothing that an earlier run worked out is at hand."""
    return sum(1 for _ in ask_all(dataclasses.replace(subject)))


def documents(project: Project, issue: str, subject: Subject, folder: Path) -> tuple[Path, Path]:
    """The HTML and the MJML of each variant, as lists in JSON."""
    pages, sources = folder / "pages.json", folder / "sources.json"
    pages.write_text(json.dumps([filled_page(one) for one in subject.compiled]))
    with mjml_documents() as made:
        composing(project, issue, [one.variant for one in subject.compiled])
    whole = [one for one in made if "<mj-head" in one][-len(subject.compiled) :]
    sources.write_text(json.dumps(whole))
    return pages, sources


def compare(project: Project, issue: str, subject: Subject, runs: int) -> None:
    """Prints the rows of one issue."""
    variants = [one.variant for one in subject.compiled]
    assert asking(subject) == asking(subject)
    ours = seconds(lambda: asking(subject), runs)
    composed = seconds(lambda: composing(project, issue, variants), runs)
    sections = len(subject.issue.sections)
    print(f"{issue}: {sections} sections, {len(variants)} variants, {asking(subject)} findings")
    row("asking all offline questions", ours, ours)
    row("composing those variants", composed, ours)
    row("both", ours + composed, ours)
    with tempfile.TemporaryDirectory() as name:
        pages, sources = documents(project, issue, subject, Path(name))
        row("html-validate, of the HTML", peer_seconds(_HTML_VALIDATE, pages, warm=3, runs=7), ours)
        row("mjml's validator, of the MJML", peer_seconds(_MJML_VALIDATOR, sources), ours)
    print()


def row(what: str, took: float, ours: float) -> None:
    print(f"  {what:34} {took * 1000:9.1f} ms {took / ours:8.2f} of asking")


def main() -> None:
    install_peers()
    print(f"{machine()}\n")
    project = open_project(REPOSITORY, {})
    at = datetime(2025, 8, 29, 9, tzinfo=project.settings.zone)
    subject = subject_of(project, "2025-08", at)
    compare(project, "2025-08", dataclasses.replace(subject, compiled=subject.compiled[:3]), 21)
    with tempfile.TemporaryDirectory() as folder:
        large = large_project(Path(folder))
        at = datetime(2030, 1, 15, 9, tzinfo=large.settings.zone)
        subject = subject_of(large, "2030-01", at)
        assert len(subject.compiled) == VARIANTS
        compare(large, "2030-01", subject, 3)


if __name__ == "__main__":
    main()
