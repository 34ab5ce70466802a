"""Where a ledger is used: on which machine, at which path. A copy elsewhere is another ledger."""

from __future__ import annotations

import hashlib
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_LINUX = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


class Home(NamedTuple):
    """Which machine, where on it, and which file there."""

    host: str
    machine: str  #: tells it from others, also when it is renamed; empty where the system has none
    path: str
    number: str  #: of the file: it stays when a folder is renamed, and a copy has another

    @property
    def is_open(self) -> bool:
        """Nowhere: a ledger that was moved is at home wherever it is used next."""
        return not self.path

    def is_on(self, other: Home) -> bool:
        """Whether both are on one machine."""
        if self.machine and other.machine:
            return self.machine == other.machine
        return self.host == other.host


NOWHERE = Home("", "", "", "")


def home_of(ledger: Path, file: Path | None = None) -> Home:
    """Here. `file`: what is about to be the ledger, if it is not in its place yet."""
    return Home(socket.gethostname(), _machine(), str(ledger.resolve()), _number(file or ledger))


def elsewhere(ledger: Path, home: Home, is_same_ledger: Callable[[Path], bool]) -> str:
    """Where the ledger at this path was used instead of here; empty if it was used here.

    On the same machine a folder may be renamed; or the machine, while its files stay the same: a
    clone of it may have its number, and has another name. `is_same_ledger`: whether the file at a
    path is a ledger with the same id.
    """
    here = home_of(ledger)
    if home.is_open:
        return ""
    is_renamed_or_cloned = home.host != here.host and home.number != here.number
    if home.is_on(here) and home.path == here.path and not is_renamed_or_cloned:
        return ""
    if not home.is_on(here) or is_renamed_or_cloned:
        return f"{home.host}, {home.path}"
    old = Path(home.path)
    if home.number == here.number and (is_one_file(old, ledger) or not is_same_ledger(old)):
        return ""
    return home.path


def is_one_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _number(file: Path) -> str:
    try:
        return str(file.stat().st_ino)
    except OSError:
        return ""


def _machine() -> str:
    """A digest: the machine's own number stays on it (machine-id(5))."""
    number = _machine_number()
    return hashlib.sha256(f"newsletter-mailer {number}".encode()).hexdigest()[:16] if number else ""


if sys.platform == "win32":  # pragma: no cover  # the twins of machine-id

    def _machine_number() -> str:
        import winreg

        key = r"SOFTWARE\Microsoft\Cryptography"
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
                return str(winreg.QueryValueEx(opened, "MachineGuid")[0])
        except OSError:
            return ""

elif sys.platform == "darwin":  # pragma: no cover

    def _machine_number() -> str:
        import ctypes

        number, patience = (ctypes.c_ubyte * 16)(), (ctypes.c_long * 2)(1, 0)
        failed = ctypes.CDLL(None).gethostuuid(number, patience)
        return "" if failed else bytes(number).hex()

else:

    def _machine_number() -> str:
        for file in _LINUX:
            try:
                if number := file.read_text("ascii").strip():
                    return number
            except (OSError, UnicodeDecodeError):
                continue
        return ""
