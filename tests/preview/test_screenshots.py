"""Pictures of every variant: on a phone and a desk, in light and in dark."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from newsletter_mailer.preview.export.screenshots import SCREENS
from tests.acceptance.scene import Newsletter, newsletter
from tests.conftest import Result

WIDTHS = {"phone": 375, "desktop": 1000}


@pytest.fixture
def press(tmp_path: Path, browser: object) -> Newsletter:
    """Issue 2030-01; four variants of it are read. (`browser`: only where there is one.)"""
    return newsletter(tmp_path / "press")


@dataclass(frozen=True)
class Album:
    """The pictures of issue 2030-01 as it is, and what was printed."""

    press: Newsletter
    done: Result

    def picture(self, name: str) -> Image.Image:
        return opened(self.press.root / "album" / name)


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory, browser: object) -> Album:
    press = newsletter(tmp_path_factory.mktemp("album") / "press")
    done = take(press)
    assert done.code == 0, done.err
    return Album(press, done)


def take(press: Newsletter, **env: str) -> Result:
    return press.command("preview", "--issue", "2030-01", "--screenshots", "album", env=env)


def make_long(press: Newsletter, paragraphs: int) -> None:
    """The same for all readers, so that there is one variant to be taken."""
    for section in ("20-dudley", "30-directors"):
        (press.root / f"issues/2030-01/{section}.md").unlink()
    more = "\n\n".join(f"Paragraph {number} says something." for number in range(paragraphs))
    press.write("issues/2030-01/40-long.md", f"---\nkind: text\ntitle: Long\n---\n{more}\n")


def opened(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGB")


def brightness(picture: Image.Image) -> float:
    return float(ImageStat.Stat(picture.convert("L")).mean[0])


def test_each_variant_on_each_screen(album: Album) -> None:
    manifest = album.press.run("build", "--issue", "2030-01", "--json").json
    variants = [one["id"] for one in manifest["variants"]]
    expected = {f"{one}-{screen.label}.png" for one in variants for screen in SCREENS}

    assert len(variants) == 4
    assert {file.name for file in (album.press.root / "album").glob("*.png")} == expected
    assert {Path(line).name for line in album.done.out.splitlines()} == expected
    for name in expected:
        width = next(width for screen, width in WIDTHS.items() if screen in name)
        assert album.picture(name).width == width
        assert album.picture(name).height > 600


@pytest.mark.parametrize("screen", WIDTHS)
def test_light_is_light_and_dark_is_dark(screen: str, album: Album) -> None:
    assert brightness(album.picture(f"full-{screen}-light.png")) > 150
    assert brightness(album.picture(f"full-{screen}-dark.png")) < 90


def test_the_whole_mail_is_in_it_down_to_its_end(press: Newsletter, album: Album) -> None:
    make_long(press, paragraphs=100)

    take(press)

    long = opened(press.root / "album" / "full-phone-light.png")
    assert long.height > album.picture("full-phone-light.png").height + 2000
    foot = long.crop((0, long.height - 250, long.width, long.height))
    assert len(foot.getcolors(100_000) or ()) > 20  # the unsubscribe link and the address


def test_a_mail_taller_than_a_picture_can_be_is_cut_and_that_is_said(press: Newsletter) -> None:
    make_long(press, paragraphs=700)

    done = take(press)

    assert done.code == 0, done.err
    assert "note: The picture for phone-light ends after 16,384 of " in done.err
    picture = opened(press.root / "album" / "full-phone-light.png")
    assert picture.height == 16_384
    assert len(picture.crop((0, 16_000, 375, 16_384)).getcolors(100_000) or ()) > 20


def test_a_folder_of_somebody_else_is_left_alone(press: Newsletter) -> None:
    mine = press.write("album/holiday.jpg", b"mine")

    refused = take(press)

    assert refused.code == 1
    assert "--screenshots: " in refused.err
    assert "holds files that were not made by it" in refused.err
    assert [*(press.root / "album").iterdir()] == [mine]


def test_a_mistake_is_told_with_its_line(press: Newsletter) -> None:
    for name in ("10-hello", "20-dudley", "30-directors"):
        press.write(f"issues/2030-01/{name}.md", "---\nkind: txet\n---\n")

    refused = take(press)

    assert refused.code == 1
    assert refused.names("issues/2030-01/10-hello.md:2: error"), refused.err
    assert not (press.root / "album").exists()


def test_without_a_browser_it_says_what_to_install(press: Newsletter, tmp_path: Path) -> None:
    refused = take(press, PATH=str(tmp_path), PLAYWRIGHT_BROWSERS_PATH=str(tmp_path))

    assert refused.code == 1
    assert "--screenshots needs Chromium, Google Chrome or Microsoft Edge" in refused.err
    assert "apt install chromium" in refused.err
    assert not (press.root / "album").exists()
