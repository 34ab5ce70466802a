"""Whether a ledger lies where SQLite cannot keep it: on another machine, or in a synced folder.

SQLite's write-ahead log needs memory that all who use the file share, so one machine
(https://www.sqlite.org/wal.html); locks over a network are not to be relied on
(https://www.sqlite.org/faq.html#q5). A program that syncs a folder copies the file and its log at
different moments, and brings one back over the other.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path, PurePath

#: Of /proc/self/mountinfo (proc(5)): file systems that another machine serves.
_SERVED = frozenset(
    {"9p", "afs", "ceph", "cifs", "davfs", "fuse.rclone", "fuse.sshfs", "glusterfs", "ncpfs", "nfs"}
    | {"nfs4", "afpfs", "webdav", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs"}
)
#: Names of the folders that sync programs make, as they make them.
_SYNCED = re.compile(
    r"(OneDrive|Dropbox|Google Drive|GoogleDrive|iCloudDrive|Nextcloud|ownCloud|Seafile|pCloudDrive"
    r"|Box Sync|SharePoint)\b.*|Box|Mobile Documents|CloudStorage"
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def why_not_there(path: Path) -> str:
    """Why a ledger should not lie there, and what is safe, as a sentence's end; empty if it may."""
    if name := synced_folder(path):
        return (
            f"in a folder that is synced ({name}). It is safe while one computer sends: the lock "
            "and the journal are this computer's, and an older copy that comes back is refused, "
            "not mailed from"
        )
    if _is_served(path):
        return "on a network drive, where locks are not to be relied on: send from one computer"
    return ""


def synced_folder(path: PurePath) -> str:
    """The part of the path that a sync program made, or empty."""
    return next((part for part in path.parts if _SYNCED.fullmatch(part)), "")


def file_system(path: PurePath, mounts: str) -> str:
    """The kind of the file system that the path is on. `mounts`: text of /proc/self/mountinfo."""
    found, depth = "", -1
    for line in mounts.splitlines():
        about, _, kind = line.partition(" - ")
        point = PurePath(_ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), about.split(" ")[4]))
        if path.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = kind.split(" ")[0], len(point.parts)
    return found


def file_system_of_mac(path: PurePath, mounts: str) -> str:
    """The same on macOS. `mounts`: lines of mount(8), `//files/x on /Volumes/x (smbfs, nodev)`."""
    found, depth = "", -1
    for line in mounts.splitlines():
        told = re.fullmatch(r".+ on (/.*) \((\w+)[,)].*", line)
        if told and path.is_relative_to(told[1]) and len(PurePath(told[1]).parts) >= depth:
            found, depth = told[2], len(PurePath(told[1]).parts)
    return found


if sys.platform == "win32":  # pragma: no cover

    def _is_served(path: Path) -> bool:
        import ctypes

        remote = 4  # DRIVE_REMOTE, fileapi.h
        drive = path.drive
        return drive.startswith("\\\\") or (
            ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == remote
        )

elif sys.platform == "darwin":  # pragma: no cover

    def _is_served(path: Path) -> bool:
        done = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False)
        return file_system_of_mac(path, done.stdout) in _SERVED

else:

    def _is_served(path: Path) -> bool:
        try:
            mounts = Path("/proc/self/mountinfo").read_text("utf-8", "replace")
        except OSError:  # another Unix: not known
            return False
        return file_system(path, mounts) in _SERVED
