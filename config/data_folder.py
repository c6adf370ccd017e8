"""The data folder: what only its owner may read, where its sockets are, who runs on it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import secrets
import tempfile
import time
from pathlib import Path

# A Unix socket's path holds 107 bytes; the sockets' own names need the rest.
SOCKET_FOLDER_LIMIT = 80


class FolderRefused(RuntimeError):
    """The folder is in use, or belongs to somebody else."""


def private_folder(path: Path, owner: pwd.struct_passwd | None = None) -> None:
    """Make a folder that only `owner` (or this user) may enter. Raises FolderRefused."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if owner and os.geteuid() == 0:
        os.chown(path, owner.pw_uid, owner.pw_gid)
    elif path.lstat().st_uid != os.geteuid():
        # Below the system's temporary folder somebody else may have made it, or a link, first.
        raise FolderRefused(f"{path} belongs to another user")
    path.chmod(0o700)


def socket_folder(data: Path) -> Path:
    """The folder for the sockets of `data`: inside it, or a short one for a long path."""
    folder = data / "run"
    if len(os.fsencode(folder)) <= SOCKET_FOLDER_LIMIT:
        return folder
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"nessy-{digest}"


def ensure_secret_key(data: Path) -> str:
    """The secret key of this data folder, made on the first call and kept in a file."""
    path = data / "secret_key"
    if not path.is_file():
        private_folder(data)
        draft = data / f".secret_key.{os.getpid()}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        draft.replace(path)
    return path.read_text().strip()


def hold_alone(path: Path, *, wait_seconds: float = 0.0) -> int:
    """Lock the file and return its descriptor; the lock ends with the last process that holds it.

    Raises FolderRefused when others still hold it after `wait_seconds`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise FolderRefused(f"{path} is held by another process") from None
            time.sleep(0.1)
        else:
            return descriptor
