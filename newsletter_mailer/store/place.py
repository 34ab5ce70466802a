"""Whether a ledger lies where SQLite cannot keep it: on another machine, or in a synced folder.

SQLite's write-ahead log needs memory that all who use the file share, so one machine
(https://www.sqlite.org/wal.html); locks over a network are not to be relied on
(https://www.sqlite.org/faq.html#q5). A program that syncs a folder copies the file and its log at
different moments, and brings one back over the other.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path, PurePath

#: Of /proc/self/mountinfo (proc(5)): file systems that another machine serves.
_SERVED = frozenset(
    {"9p", "afs", "ceph", "cifs", "davfs", "fuse.rclone", "fuse.sshfs", "glusterfs", "ncpfs", "nfs"}
    | {"nfs4", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs"}
)
#: Names of the folders that sync programs make, as they make them.
_SYNCED = re.compile(
    r"(OneDrive|Dropbox|Google Drive|GoogleDrive|iCloudDrive|Nextcloud|ownCloud|Seafile|pCloudDrive"
    r"|Box Sync|SharePoint)\b.*|Box|Mobile Documents|CloudStorage",
    re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def why_not_there(path: Path) -> str:
    """Why a ledger should not lie there, as the end of a sentence; empty if it may."""
    if name := synced_folder(path):
        return f"in a folder that is synced ({name})"
    return "on a network drive" if _is_served(path) else ""


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
        """Drives are mounted there; the machine's own disks by links."""
        return (
            len(path.parts) > 2
            and path.parts[1] == "Volumes"
            and os.path.ismount(Path(*path.parts[:3]))
        )

else:

    def _is_served(path: Path) -> bool:
        try:
            mounts = Path("/proc/self/mountinfo").read_text("utf-8", "replace")
        except OSError:  # another Unix: not known
            return False
        return file_system(path, mounts) in _SERVED
