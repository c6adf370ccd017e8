from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from config.data_folder import (
    SOCKET_FOLDER_LIMIT,
    FolderRefused,
    ensure_secret_key,
    hold_alone,
    private_folder,
    socket_folder,
)


def test_secret_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = ensure_secret_key(data)
    assert len(first) >= 50
    assert ensure_secret_key(data) == first
    assert (data / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in data.iterdir()] == ["secret_key"]


def test_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    first = hold_alone(tmp_path / "lock")
    with pytest.raises(FolderRefused):
        hold_alone(tmp_path / "lock", wait_seconds=0.2)
    os.close(first)
    os.close(hold_alone(tmp_path / "lock"))


def test_socket_folders_of_long_paths_are_short_and_differ(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 100)
    folders = {socket_folder(long / name) for name in ("a", "b")}
    assert len(folders) == 2
    assert all(len(str(folder)) <= SOCKET_FOLDER_LIMIT for folder in folders)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    planted = tmp_path / "planted"
    planted.mkdir()
    os.chown(planted, nobody.pw_uid, nobody.pw_gid)
    with pytest.raises(FolderRefused):
        private_folder(planted)
