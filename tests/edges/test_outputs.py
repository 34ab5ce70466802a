"""A new kind of output is one new file: `build` makes it, the manifest names it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter_mailer import outputs
from newsletter_mailer.campaign.build import build
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.outputs import registry
from newsletter_mailer.outputs.manifest import named_in
from newsletter_mailer.outputs.registry import ComposedIssue, OutputFile
from tests.acceptance.scene import newsletter

_FEED = '''
"""feed.json and <variant>.count: two files of the issue that no other module knows of."""

from newsletter_mailer.outputs.registry import ComposedIssue, OutputFile, output


@output("count")
def count(edition: ComposedIssue):
    for compiled in edition.variants:
        variant = compiled.variant
        yield OutputFile(
            path=f"{variant.id}.count", content=b"%d" % len(variant.sections), variant=variant.id
        )
        if variant.id.startswith("20"):
            yield OutputFile(path="events/dudley.ics", content=b"BEGIN:VCALENDAR")
    yield OutputFile(path="feed/feed.json", content=edition.issue.id.encode())
'''


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module beside the others, for as long as the test runs."""
    registry.all_outputs()  # those that are ours, once and for all
    folder = tmp_path / "outputs"
    folder.mkdir()
    (folder / "count.py").write_text(_FEED)
    monkeypatch.setattr(outputs, "__path__", [*outputs.__path__, str(folder)])
    monkeypatch.setattr(registry, "_REGISTERED", registry._REGISTERED.copy())
    yield
    sys.modules.pop("newsletter_mailer.outputs.count", None)


def test_a_new_output_is_one_new_file(tmp_path: Path, one_more: None) -> None:
    news = newsletter(tmp_path / "news")

    built = build(open_project(news.root, {}), "2030-01")

    folder = news.root / "build/2030-01"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest == built.manifest
    for variant in manifest["variants"]:
        assert (folder / variant["count"]).read_text() == str(len(variant["sections"]))
    assert (folder / "feed/feed.json").read_text() == "2030-01"


def test_what_it_made_of_a_variant_goes_when_the_variant_goes(
    tmp_path: Path, one_more: None
) -> None:
    news = newsletter(tmp_path / "news")
    project = open_project(news.root, {})
    build(project, "2030-01")
    folder = news.root / "build/2030-01"
    made = ["20-dudley.count", "events/dudley.ics"]
    assert all((folder / path).exists() for path in made)
    (folder / "own.txt").write_text("a person's")
    (news.root / "issues/2030-01/20-dudley.md").unlink()

    build(project, "2030-01")

    assert [path for path in made if (folder / path).exists()] == []
    assert (folder / "own.txt").exists()
    assert (folder / "feed/feed.json").exists()


def test_two_outputs_cannot_have_one_name() -> None:
    registry.all_outputs()
    with pytest.raises(ValueError, match='two outputs are called "html"'):
        registry.output("html")(lambda edition: iter(()))


def test_two_outputs_cannot_make_one_file(tmp_path: Path, one_more: None) -> None:
    registry.output("again")(
        lambda edition: iter([registry.OutputFile(path="feed/feed.json", content=b"")])
    )
    news = newsletter(tmp_path / "news")

    with pytest.raises(ValueError, match="two outputs make feed/"):
        build(open_project(news.root, {}), "2030-01")


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        ("full.html", True),
        ("images/ab12-map.png", True),
        (".hidden", True),
        ("../newsletter.toml", False),
        ("images/../../newsletter.toml", False),
        ("..", False),
        (".", False),
        ("/etc/passwd", False),
        ("C:notes.txt", False),
        ("..\\notes.txt", False),
        ("a//b", False),
        ("", False),
        ("a/", False),
    ],
)
def test_only_what_lies_below_the_manifest_is_believed_to_be_ours(path: str, is_ours: bool) -> None:
    content = json.dumps({"variants": [{"id": "full", "html": path}], "files": [path]}).encode()

    assert named_in(content, ["html"]) == ({path} if is_ours else set())


@pytest.mark.parametrize("kind", ["id", "sections", "subscribers", "html_bytes", "html"])
def test_a_kind_that_the_manifest_calls_otherwise_is_refused(kind: str) -> None:
    registry.all_outputs()

    with pytest.raises(ValueError, match=kind):
        registry.output(kind)(lambda edition: iter(()))


def test_two_files_of_a_kind_for_one_variant_are_refused(
    tmp_path: Path, one_more: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = newsletter(tmp_path / "news")
    count = registry.all_outputs()["count"]

    def twice(edition: ComposedIssue) -> Iterator[OutputFile]:
        for file in count(edition):
            yield file
            yield replace(file, path=f"again/{file.path}")

    monkeypatch.setitem(registry._REGISTERED, "count", twice)

    with pytest.raises(ValueError, match="two files of a kind"):
        build(open_project(news.root, {}), "2030-01")
    assert not (news.root / "build").exists()
