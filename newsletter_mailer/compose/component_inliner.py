"""CSS into a page's style attributes, component by component: once, whatever pages have them.

Only what is new in a page is inlined, in the page without its head and without the rest. It is the
same text as if all had been inlined in one piece, since

- a rule of the style sheet finds the same elements in a component whatever stands beside it
  (`style_scope.py`), as long as it stands within the same elements;
- its tags are balanced, so that no parser moves what stands beside it.

Where one of these does not hold, the page is inlined as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

from newsletter_mailer.compose import inline
from newsletter_mailer.compose.mjml_components import MARK, CutPage
from newsletter_mailer.compose.neutral_tokens import HoldsNeutralToken, Neutral
from newsletter_mailer.compose.slots import Meaning
from newsletter_mailer.compose.style_scope import hangs_on_neighbours
from newsletter_mailer.slot_tokens import TokenMint
from newsletter_mailer.text_cache import Cache, key_of

_HEAD = re.compile(r"<head\b.*?</head>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


class _CannotAssemble(Exception):
    """The page has to be inlined as a whole."""


class ComponentInliner:
    """Inlines the pages of one issue."""

    def __init__(self, cache: Cache, mint: TokenMint[Meaning], css: str) -> None:
        self._cache, self._mint, self._css = cache, mint, css
        #: Components by what they stand in and their HTML: what the cache said, or learned.
        self._known: dict[tuple[str, str], str] = {}
        self._within: dict[str, str] = {}  #: the tags that they stand in, by the body before them
        self._frames: dict[tuple[str, str], tuple[str, str]] = {}  #: what is around them

    def pieces(self, page: CutPage) -> list[str]:
        """The page's pieces in order; each component's is the same in every page that has it."""
        try:
            return self._assembled(page)
        except _CannotAssemble:
            return [self.whole(f"{page.before}{''.join(page.components)}{page.after}")]

    def whole(self, page: str) -> str:
        """The page in one piece."""
        return inline.inline_css(page, self._css)

    def _assembled(self, page: CutPage) -> list[str]:
        within = self._opened(page.before.partition("<body")[2])
        known = [self._inlined(within, component) for component in page.components]
        new = [html for html, one in zip(page.components, known, strict=True) if one is None]
        if new:
            self._inline(page, within, new)
        before, after = self._frame(page)
        return [before, *(self._known[within, html] for html in page.components), after]

    def _opened(self, around: str) -> str:
        """Raises _CannotAssemble."""
        if around not in self._within:
            opened = _left_open(f"<body{around}")
            if opened is None or hangs_on_neighbours(self._css, around):
                raise _CannotAssemble
            self._within[around] = "".join(opened)
        return self._within[around]

    def _inline(self, page: CutPage, within: str, new: Sequence[str]) -> None:
        """Raises _CannotAssemble."""
        without_head = _HEAD.sub("", page.before, count=1)
        document = MARK.join((without_head, *new, page.after))
        _, *inlined, _ = self.whole(document).split(MARK)
        if len(inlined) != len(new) or any(_left_open(html) != [] for html in inlined):
            raise _CannotAssemble
        for html, made in zip(new, inlined, strict=True):
            self._keep(within, html, made)

    def _frame(self, page: CutPage) -> tuple[str, str]:
        """The page before and behind the components, inlined. Raises _CannotAssemble."""
        key = (page.before, page.after)
        if key not in self._frames:
            before, *between, after = self.whole(MARK.join(key)).split(MARK)
            if between:
                raise _CannotAssemble
            self._frames[key] = (before, after)
        return self._frames[key]

    def _inlined(self, within: str, html: str) -> str | None:
        if (within, html) not in self._known:
            neutral = Neutral(self._mint)
            try:
                kept = self._cache.get(self._key(within, html, neutral))
                if kept is None:
                    return None
                self._known[within, html] = neutral.with_tokens_of_the_issue(kept)
            except (ValueError, LookupError):  # damaged, or not to be told: it is made again
                return None
        return self._known[within, html]

    def _keep(self, within: str, html: str, made: str) -> None:
        self._known[within, html] = made
        neutral = Neutral(self._mint)
        with suppress(HoldsNeutralToken):
            key = self._key(within, html, neutral)
            self._cache.put(key, neutral.without_tokens_of_the_issue(made))

    def _key(self, within: str, html: str, neutral: Neutral[Meaning]) -> str:
        """Raises HoldsNeutralToken."""
        texts = (neutral.without_tokens_of_the_issue(text) for text in (html, within))
        return key_of("component", inline.INLINED_BY, self._css, *texts)


def _left_open(html: str) -> list[str] | None:
    """The tags that are not closed; None where others are closed than were opened last."""
    opened: list[tuple[str, str]] = []
    for found in _TAG.finditer(_COMMENT.sub("", html)):
        name = found[2].lower()
        if found[1]:
            if not opened or opened.pop()[0] != name:
                return None
        elif name not in _VOID:
            opened.append((name, found[0]))
    return [tag for _, tag in opened]
