"""Where the local servers keep their things."""

from __future__ import annotations

import os
import pwd
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent
LOCAL = Path(os.environ.get("TIERDESK_LOCAL") or BASE_DIR / ".local").resolve()

# PostgreSQL refuses to run as root. Then it runs as this user, who must be able to reach its data.
UNPRIVILEGED = "nobody"
OUTSIDE = Path("/var/lib/tierdesk-local")


@dataclass(frozen=True)
class Owner:
    """The user that the database server runs as."""

    uid: int
    gid: int
    name: str

    @property
    def is_me(self) -> bool:
        return self.uid == os.geteuid()


def database_owner() -> Owner:
    entry = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return Owner(entry.pw_uid, entry.pw_gid, entry.pw_name)


def data_folder(owner: Owner) -> Path:
    """`.local/data`, or a folder outside where the owner cannot reach that, with a link to it.

    Its name is random and known to this `.local/` alone, so a new clone at an old place starts fresh.
    """
    LOCAL.mkdir(parents=True, exist_ok=True)
    link = LOCAL / "data"
    if link.is_symlink() and not link.exists():
        link.unlink()
    if not link.exists():
        if owner.is_me or _reachable(LOCAL):
            link.mkdir(mode=0o700)
        else:
            OUTSIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
            outside = OUTSIDE / secrets.token_hex(8)
            outside.mkdir(mode=0o700)
            link.symlink_to(outside)
        os.chown(link, owner.uid, owner.gid)
    return link.resolve()


def _reachable(folder: Path) -> bool:
    """May everybody pass through this folder and all above it?"""
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))
