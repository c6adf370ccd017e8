"""Nothing of the product follows a redirect: no part of it asks another server for anything."""

from __future__ import annotations

import ast

from tests.test_architecture import NAMES, tree

# What speaks HTTP or opens connections of its own.
CLIENTS = {"aiohttp", "ftplib", "http.client", "httpx", "requests", "socket", "urllib.request", "urllib3"}
# Start and watch the servers of this machine.
LOCAL = {"config.embedded", "config.management.commands.up"}


def test_no_module_imports_a_client_of_other_servers() -> None:
    assert [name for name in NAMES if name not in LOCAL and clients(name)] == []
    # The look finds them where they are.
    assert all(clients(name) for name in LOCAL)


def clients(name: str) -> set[str]:
    imported = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {one for one in imported if one in CLIENTS or one.partition(".")[0] in CLIENTS}
