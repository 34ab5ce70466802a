"""Writes the table of what mail clients support, from the npm package `caniemail`.

    npm pack caniemail && tar xf caniemail-*.tgz
    .venv/bin/python tools/caniemail_table.py package

The package bundles the data of caniemail.com. Kept of each feature: its title, and for each client
y (supported), a (in part), n (not) or u (unknown) in the client's latest version that was tested.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any  # JSON of somebody else

TABLE = Path(__file__).parent.parent / "newsletter_mailer" / "check" / "data" / "caniemail.json"

#: Our id: family and platform there, and the name that people know. The new Outlook for Windows
#: is Outlook.com in a window of its own.
CLIENTS = {
    "outlook-classic": ("outlook.windows", "Outlook (classic)"),
    "outlook-new": ("outlook.outlook-com", "Outlook (new)"),
    "outlook-web": ("outlook.outlook-com", "Outlook (web)"),
    "outlook-macos": ("outlook.macos", "Outlook (macOS)"),
    "outlook-ios": ("outlook.ios", "Outlook (iOS)"),
    "outlook-android": ("outlook.android", "Outlook (Android)"),
    "windows-mail": ("outlook.windows-mail", "Windows Mail"),
    "gmail-web": ("gmail.desktop-webmail", "Gmail (web)"),
    "gmail-ios": ("gmail.ios", "Gmail (iOS)"),
    "gmail-android": ("gmail.android", "Gmail (Android)"),
    "gmail-mobile-web": ("gmail.mobile-webmail", "Gmail (mobile web)"),
    "apple-mail-macos": ("apple-mail.macos", "Apple Mail (macOS)"),
    "apple-mail-ios": ("apple-mail.ios", "Apple Mail (iOS)"),
    "yahoo-web": ("yahoo.desktop-webmail", "Yahoo Mail (web)"),
    "yahoo-ios": ("yahoo.ios", "Yahoo Mail (iOS)"),
    "yahoo-android": ("yahoo.android", "Yahoo Mail (Android)"),
    "aol-web": ("aol.desktop-webmail", "AOL (web)"),
    "aol-ios": ("aol.ios", "AOL (iOS)"),
    "aol-android": ("aol.android", "AOL (Android)"),
    "thunderbird": ("thunderbird.macos", "Thunderbird"),
    "samsung-email": ("samsung-email.android", "Samsung Email"),
    "proton-web": ("protonmail.desktop-webmail", "Proton Mail (web)"),
    "proton-ios": ("protonmail.ios", "Proton Mail (iOS)"),
    "proton-android": ("protonmail.android", "Proton Mail (Android)"),
    "fastmail": ("fastmail.desktop-webmail", "Fastmail"),
    "hey": ("hey.desktop-webmail", "HEY"),
    "mail-ru": ("mail-ru.desktop-webmail", "Mail.ru"),
    "gmx-web": ("gmx.desktop-webmail", "GMX (web)"),
    "gmx-ios": ("gmx.ios", "GMX (iOS)"),
    "gmx-android": ("gmx.android", "GMX (Android)"),
    "web-de-web": ("web-de.desktop-webmail", "WEB.DE (web)"),
    "web-de-ios": ("web-de.ios", "WEB.DE (iOS)"),
    "web-de-android": ("web-de.android", "WEB.DE (Android)"),
    "ionos-web": ("ionos-1and1.desktop-webmail", "1&1 (web)"),
    "ionos-android": ("ionos-1and1.android", "1&1 (Android)"),
    "orange-web": ("orange.desktop-webmail", "Orange (web)"),
    "orange-ios": ("orange.ios", "Orange (iOS)"),
    "orange-android": ("orange.android", "Orange (Android)"),
    "sfr-web": ("sfr.desktop-webmail", "SFR (web)"),
    "sfr-ios": ("sfr.ios", "SFR (iOS)"),
    "sfr-android": ("sfr.android", "SFR (Android)"),
    "laposte": ("laposte.desktop-webmail", "LaPoste.net"),
}


def support(stats: dict[str, Any], client: str) -> str:
    """y, a, n or u. Versions stand in the order in which they were tested, the latest last."""
    family, platform = CLIENTS[client][0].split(".")
    versions = stats.get(family, {}).get(platform, {})
    return str([*versions.values()][-1])[0] if versions else "u"


def table(package: Path) -> dict[str, Any]:
    about = json.loads((package / "package.json").read_text("utf-8"))
    data = json.loads((package / "data" / "caniemail.json").read_text("utf-8"))
    return {
        "source": f"https://www.caniemail.com, npm package caniemail {about['version']}",
        "updated": data["last_update_date"][:10],
        "licence": "\n\n".join(
            [
                (package / "LICENSE").read_text("utf-8").strip(),
                "The data of caniemail.com: the same MIT License, Copyright (c) 2019 HTeuMeuLeu",
            ]
        ),
        "clients": {client: name for client, (_, name) in CLIENTS.items()},
        "features": {
            feature["slug"]: [
                feature["title"],
                "".join(support(feature["stats"], client) for client in CLIENTS),
            ]
            for feature in data["data"]
        },
    }


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    made = table(Path(sys.argv[1]))
    TABLE.write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
    print(f"{TABLE}: {len(made['features'])} features, {TABLE.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
