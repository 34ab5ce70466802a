"""Settings: `newsletter.toml` and the environment, as one frozen object.

Pure: the text and the environment are handed in. Secrets and the mail server are in
`smtp.py`.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal  # Any: values of a TOML table

from newsletter_mailer.address import BadAddress, domain, mailbox
from newsletter_mailer.characters.invisible import has_line_break, unmailable
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.findings import Finding, Source, error
from newsletter_mailer.settings.check import CheckSettings, read_check_settings
from newsletter_mailer.settings.delivery import DeliverySettings, read_delivery_settings
from newsletter_mailer.toml_text import line_of, parse_toml

FILE = "newsletter.toml"
LANGUAGES_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
#: Keys that differ between machines, so that the environment may override them.
FROM_ENVIRONMENT = ("reply_to", "public_url", "image_base_url", "unsubscribe_mailto")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SENDER = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_LIST_ID = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")


@dataclass(frozen=True, slots=True)
class Sender:
    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `newsletter.toml` says of the newsletter. Slugs map to the names that readers know."""

    name: str
    sender: Sender
    reply_to: str
    list_id: str  #: RFC 2919 section 2: label.domain, without the angle brackets
    timezone: str = "Europe/London"
    language: str = "en-GB"  #: BCP 47
    template: str = "regional"
    postal_address: str = ""
    public_url: str = ""
    image_base_url: str = ""
    unsubscribe_mailto: str
    images: Literal["embed", "host"] = "embed"
    regions: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    require_approval: bool = False  #: send refuses what nobody signed off
    check: CheckSettings = field(default_factory=CheckSettings)
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    text: str = field(default="", repr=False, compare=False)  #: of the file, to find lines in it

    def source(self, *key: str) -> Source:
        """Where a setting stands, such as `regions`, `dudley`."""
        return Source(FILE, line_of(self.text, *key))

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)

    @property
    def image_base_url_if_hosted(self) -> str | None:
        """Where pictures are, or None when they travel in the message."""
        return self.image_base_url if self.images == "host" else None

    @property
    def merge_fields(self) -> dict[str, str]:
        """What `{{ newsletter.FIELD }}` may name."""
        return {
            "name": self.name,
            "reply_to": self.reply_to,
            "postal_address": self.postal_address,
            "public_url": self.public_url,
        }


def is_folder_name(text: str) -> bool:
    """Whether it can name an issue, a list or a template on every system."""
    return bool(_FOLDER_NAME.fullmatch(text))


def is_language(value: object) -> bool:
    """Whether it has the form of a BCP 47 tag, such as `en-GB`."""
    return isinstance(value, str) and bool(_LANGUAGE.fullmatch(value))


def direction(language: str) -> Literal["ltr", "rtl"]:
    """How a language is written."""
    return "rtl" if language.split("-")[0].lower() in LANGUAGES_RIGHT_TO_LEFT else "ltr"


_REQUIRED = ("name", "from")
_TEXTS = (
    "name",
    "from",
    "reply_to",
    "list_id",
    "timezone",
    "language",
    "template",
    "postal_address",
    "public_url",
    "image_base_url",
    "unsubscribe_mailto",
    "images",
)
_TABLES = ("regions", "roles", "check", "delivery")
_KEYS = (*_TEXTS, "require_approval", *_TABLES)


def read_settings(
    text: str, environment: Mapping[str, str]
) -> tuple[Settings | None, list[Finding]]:
    """The settings, or None and why; every fault of the file at once."""
    table, findings = parse_toml(text, FILE)
    if findings:
        return None, findings
    reader = _Reader(text, table, environment)
    settings = reader.settings()
    return (None if reader.findings else settings), reader.findings


class _Reader:
    def __init__(self, text: str, table: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self.text, self.table, self.environment = text, table, environment
        self.findings: list[Finding] = []

    def wrong(self, message: str, hint: str = "", *key: str) -> None:
        if key and key[0] in FROM_ENVIRONMENT and self.environment.get(key[0].upper()):
            name = key[0].upper()
            hint = f"This is {name} of .env or the environment, which overrides {FILE}. {hint}"
            self.findings.append(error("settings", Source(".env"), message, hint.strip()))
            return
        line = line_of(self.text, *key) if key else 1
        self.findings.append(error("settings", Source(FILE, line), message, hint))

    def settings(self) -> Settings | None:
        for key in self.table:
            if key not in _KEYS:
                known = did_you_mean(key, _KEYS)
                self.wrong(f'There is no setting "{key}".', known, key)
        for key in _REQUIRED:
            if not self.table.get(key):
                self.wrong(f'The setting "{key}" is missing.', f'Add a line: {key} = "..."')
        values = {key: self.value(key) for key in _TEXTS}
        sender = self.sender(values["from"])
        regions, roles = self.names("regions"), self.names("roles")
        check, wrong = read_check_settings(
            self.table.get("check", {}), self.text, FILE, rule="settings"
        )
        self.findings.extend(wrong)
        delivery, wrong = read_delivery_settings(
            self.table.get("delivery", {}), self.text, FILE, rule="settings"
        )
        self.findings.extend(wrong)
        self.zone(values["timezone"])
        reply_to = self.address("reply_to", values["reply_to"]) or sender.address
        images = values["images"] or "embed"
        if images not in ("embed", "host"):
            self.wrong(f'images = "{images}" is not known.', 'Use "embed" or "host".', "images")
        if images == "host" and not values["image_base_url"]:
            self.wrong(
                'images = "host" needs image_base_url.',
                "Say where the pictures will be, in newsletter.toml or as IMAGE_BASE_URL in .env.",
                "images",
            )
        for key in ("public_url", "image_base_url"):
            if values[key] and not re.fullmatch(r"https?://[^\s/]+(/[^\s]*)?", values[key]):
                self.wrong(
                    f'{key} = "{values[key]}" is not a web address.', "Write https://...", key
                )
        if values["language"] and not is_language(values["language"]):
            self.wrong(
                f'language = "{values["language"]}" is not a language.',
                'Write "en-GB".',
                "language",
            )
        require_approval = self.flag("require_approval")
        list_id = values["list_id"] or _list_id(values["name"], sender.address)
        if not _LIST_ID.fullmatch(list_id) or len(list_id) > 255:
            self.wrong(
                f'list_id = "{list_id}" is not a list identifier.',
                'Write letters, digits, "-" and dots, ending in your domain: '
                '"news.example.org" (RFC 2919).',
                "list_id",
            )
        if self.findings:
            return None
        return Settings(
            name=values["name"],
            sender=sender,
            reply_to=reply_to,
            list_id=list_id,
            timezone=values["timezone"] or "Europe/London",
            language=values["language"] or "en-GB",
            template=values["template"] or "regional",
            postal_address=values["postal_address"],
            public_url=values["public_url"].rstrip("/"),
            image_base_url=values["image_base_url"].rstrip("/"),
            unsubscribe_mailto=self.address("unsubscribe_mailto", values["unsubscribe_mailto"])
            or reply_to,
            images="host" if images == "host" else "embed",
            regions=regions,
            roles=roles,
            require_approval=require_approval,
            check=check,
            delivery=delivery,
            text=self.text,
        )

    def value(self, key: str) -> str:
        value = self.table.get(key, "")
        if key in FROM_ENVIRONMENT:
            value = self.environment.get(key.upper()) or value
        if not isinstance(value, str):
            self.wrong(f'The setting "{key}" is not a text.', 'Put it in "quotes".', key)
            return ""
        several_lines = key == "postal_address"
        if unmailable(value) or "\t" in value or (has_line_break(value) and not several_lines):
            self.wrong(f'The setting "{key}" holds a line break or control character.', "", key)
            return ""
        return value.strip()

    def flag(self, key: str) -> bool:
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            self.wrong(f"{key} is not true or false.", f"Write {key} = true (no quotes).", key)
        return value is True

    def sender(self, text: str) -> Sender:
        found = _SENDER.fullmatch(text)
        if not found:
            return Sender("", self.address("from", text))
        name = re.sub(r"\\(.)", r"\1", found["name"].strip().strip('"'))
        return Sender(name, self.address("from", found["address"].strip()))

    def address(self, key: str, text: str) -> str:
        if not text:
            return ""
        try:
            return mailbox(text)
        except BadAddress as fault:
            self.wrong(
                f'{key}: "{text}" is not an e-mail address: {fault}.{fault.suggestion}',
                'Write "news@example.org", or for from: "Name <news@example.org>".',
                key,
            )
            return ""

    def zone(self, name: str) -> None:
        try:
            zoneinfo.ZoneInfo(name or "Europe/London")
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong(f'The timezone "{name}" is not known.', 'Try "Europe/London".', "timezone")

    def names(self, key: str) -> dict[str, str]:
        table = self.table.get(key, {})
        if not isinstance(table, dict):
            self.wrong(
                f'"{key}" is not a table.', f'Write [{key}], and below it: slug = "Name".', key
            )
            return {}
        for slug, name in table.items():
            if not _SLUG.fullmatch(slug) or slug == "all":
                self.wrong(
                    f'"{slug}" cannot be the slug of one of the {key}.',
                    "Use small letters, digits and hyphens; all is reserved.",
                    key,
                    slug,
                )
            if not isinstance(name, str) or not name.strip():
                self.wrong(f'"{slug}" needs a name that readers know.', "", key, slug)
        return {slug: str(name) for slug, name in table.items()}


def _list_id(name: str, address: str) -> str:
    label = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "newsletter"
    return f"{label}.{domain(address) if address else 'invalid'}"


def readers_settings(settings: Settings) -> dict[str, str]:
    """What readers see of the settings, as text: part of the content hash."""
    unseen = {"check", "delivery", "regions", "require_approval", "roles", "text"}
    return {
        item.name: str(getattr(settings, item.name))
        for item in fields(settings)
        if item.name not in unseen
    }
