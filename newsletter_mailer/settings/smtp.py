"""How to reach the mail server: from the environment, as one frozen object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from newsletter_mailer.address import BadAddress, mailbox
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.host_names import BadHost, ascii_host

SMTP_NAMES = (
    "SMTP_HOST",
    "SMTP_PORT",
    "SMTP_SECURITY",
    "SMTP_ALLOW_PLAINTEXT",
    "SMTP_USERNAME",
    "SMTP_PASSWORD",
    "SMTP_TOKEN_COMMAND",
    "SMTP_CA_FILE",
    "SMTP_HELO_NAME",
    "SMTP_TIMEOUT",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How to reach the server that takes our mail (RFC 6409 submission, as a rule)."""

    kind: ClassVar[str] = "smtp"

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    token_command: str = field(default="", repr=False)  #: its arguments may be secrets
    ca_file: str = ""
    helo_name: str = ""
    bounce_address: str = ""  #: reverse-path; empty means the sender's address
    timeout: float = 0.0  #: seconds that a silent server is waited for at most; 0: as RFC 5321 says

    @property
    def where(self) -> str:
        """For a person: `mail.example.org:587`."""
        return f"{self.host}:{self.port}"


def read_smtp_settings(environment: Mapping[str, str]) -> SmtpSettings:
    """How to reach the server, from SMTP_HOST and its sisters. Raises ProjectError."""
    host = _host(environment, "SMTP_HOST")
    if not host:
        raise ProjectError(
            "SMTP_HOST is not set: put your mail server into .env (see .env.example), "
            "or rehearse with --sandbox, which needs none."
        )
    security = environment.get("SMTP_SECURITY", "").strip().lower() or "starttls"
    default_ports = {"starttls": 587, "tls": 465, "none": 25}
    if security not in default_ports:
        raise ProjectError(f'SMTP_SECURITY is "{security}"; it must be starttls, tls or none.')
    if (
        security == "none"
        and not _is_loopback(host)
        and not _yes(environment, "SMTP_ALLOW_PLAINTEXT")
    ):
        raise ProjectError(
            f"SMTP_SECURITY=none would send mail and password to {host} unencrypted. "
            "Use starttls or tls; if you really mean it, set SMTP_ALLOW_PLAINTEXT=yes as well."
        )
    port = environment.get("SMTP_PORT", "").strip() or str(default_ports[security])
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ProjectError(f'SMTP_PORT is "{port}"; it must be a number from 1 to 65535.')
    bounce_address = environment.get("BOUNCE_ADDRESS", "").strip()
    if bounce_address:
        try:
            bounce_address = mailbox(bounce_address)
        except BadAddress as fault:
            raise ProjectError(
                f"BOUNCE_ADDRESS is not an e-mail address: {fault}.{fault.suggestion}"
            ) from None
    return SmtpSettings(
        host=host,
        port=int(port),
        security=security,  # type: ignore[arg-type]  # looked up in default_ports above
        username=environment.get("SMTP_USERNAME", ""),
        password=environment.get("SMTP_PASSWORD", ""),
        token_command=environment.get("SMTP_TOKEN_COMMAND", "").strip(),
        ca_file=environment.get("SMTP_CA_FILE", "").strip(),
        helo_name=_host(environment, "SMTP_HELO_NAME"),
        bounce_address=bounce_address,
        timeout=_seconds(environment, "SMTP_TIMEOUT"),
    )


def _host(environment: Mapping[str, str], key: str) -> str:
    """As the network knows it; empty if it is not set."""
    name = environment.get(key, "").strip()
    try:
        return ascii_host(name)
    except BadHost:
        raise ProjectError(f'{key} is "{name}"; no machine can have that name.') from None


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1", "[::1]") or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))


def _seconds(environment: Mapping[str, str], key: str) -> float:
    """0 if it is not set."""
    text = environment.get(key, "").strip()
    if not text:
        return 0.0
    if not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", text, re.ASCII) or not float(text):
        raise ProjectError(f'{key} is "{text}"; it must be a number of seconds, such as 60.')
    return float(text)


def _yes(environment: Mapping[str, str], key: str) -> bool:
    return environment.get(key, "").strip().lower() in ("1", "yes", "true", "on")
