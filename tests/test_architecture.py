"""Imports point one way, names say something, and nothing grows without bound."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings

ROOT: Path = settings.BASE_DIR
APPS = ("tenants", "webhooks_app", "billing", "sessions_app")
PRODUCT = ("config", *APPS)
# May be imported from anywhere, and import nothing but each other.
LEAVES = ("billing.tiers", "tenants.scopes", "config.errors", "sessions_app.language", "sessions_app.triage")
# Between the rules and the doors.
DOOR_MODULES = (
    "config.endpoint",
    "config.doors",
    "config.rendering",
    "config.middleware",
    "config.schema",
)
# Know every part of the product.
TOP = ("config.urls", "config.public", "config.wsgi")
DOOR_FILES = ("endpoints", "pages", "urls")
BELOW_DOORS = ("models", "operations", "queries", "tasks")
MEANINGLESS = {
    "utils",
    "helpers",
    "common",
    "core",
    "manager",
    "service",
    "services",
    "handler",
    "handlers",
    "data",
    "info",
    "process",
}
MAX_FUNCTION, MAX_FILE = 45, 300


@cache
def modules() -> dict[str, Path]:
    """Dotted name -> file of all product code."""
    files = [file for package in PRODUCT for file in (ROOT / package).rglob("*.py")]
    named = {}
    for file in files:
        parts = file.relative_to(ROOT).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return {name: file for name, file in named.items() if ".migrations" not in name}


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(modules()[name].read_text())


def imports(name: str) -> Iterator[str]:
    """Modules of ours that a module imports, wherever in it."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from package import module` imports the module.
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [one if one in modules() else node.module for one in inner]
        else:
            continue
        yield from (one for one in dict.fromkeys(found) if one.partition(".")[0] in PRODUCT)


def is_in(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def app_of(name: str) -> str:
    return name.partition(".")[0]


def last(name: str) -> str:
    return name.rpartition(".")[2]


NAMES = sorted(modules())
LEAF_NAMES = [name for name in NAMES if is_in(name, LEAVES)]
BELOW = [name for name in NAMES if last(name) in BELOW_DOORS]


def test_apps_import_only_downwards() -> None:
    for name in NAMES:
        if app_of(name) in APPS:
            above = APPS[APPS.index(app_of(name)) + 1 :]
            upwards = [one for one in imports(name) if app_of(one) in above and not is_in(one, LEAVES)]
            assert not upwards, name


def test_leaves_import_leaves_only() -> None:
    for name in LEAF_NAMES:
        assert not [one for one in imports(name) if not is_in(one, LEAVES)], name


def test_rules_do_not_know_the_doors() -> None:
    doors = (*(one for one in DOOR_MODULES if one != "config.rendering"), *TOP)
    for name in (*BELOW, *LEAF_NAMES):
        known = [one for one in imports(name) if is_in(one, doors) or last(one) in DOOR_FILES]
        assert not known, name


def test_doors_know_no_endpoint() -> None:
    for name in DOOR_MODULES:
        known = [one for one in imports(name) if app_of(one) in APPS[1:] or last(one) in DOOR_FILES]
        assert not known, name


def test_nothing_below_imports_the_table_of_contents() -> None:
    for name in NAMES:
        if name not in TOP:
            # Two lists of public pages lie outside of it.
            allowed = {"config.public"} if last(name) in ("schema", "mail_urls") else set()
            assert not [one for one in imports(name) if is_in(one, TOP) and one not in allowed], name


def test_engine_is_pure() -> None:
    impure = {"django", "rest_framework", "time", "datetime", "random", "os", "socket", "logging", "redis"}
    for name in LEAF_NAMES:
        # Reading the knowledge files and trying the engine out are beside it.
        if app_of(name) == "sessions_app" and ".knowledge" not in name and last(name) != "simulate":
            for node in ast.walk(tree(name)):
                if isinstance(node, ast.Import):
                    assert not {alias.name.partition(".")[0] for alias in node.names} & impure, name
                elif isinstance(node, ast.ImportFrom):
                    assert (node.module or "").partition(".")[0] not in impure, name


def test_nothing_below_the_endpoints_takes_a_request() -> None:
    for name in BELOW:
        for node in ast.walk(tree(name)):
            found = node.id if isinstance(node, ast.Name) else node.arg if isinstance(node, ast.arg) else ""
            assert found not in ("request", "response"), name
            if isinstance(node, ast.ImportFrom):
                assert node.module not in ("django.http", "django.shortcuts", "django.contrib.messages"), name


def test_every_name_says_what_is_inside() -> None:
    assert not [name for name in NAMES if set(name.split(".")) & MEANINGLESS]


def test_files_and_functions_stay_small() -> None:
    for name in NAMES:
        assert modules()[name].read_text().count("\n") <= MAX_FILE, name
        for node in ast.walk(tree(name)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION, f"{name}.{node.name}"


def test_operations_take_keywords_only_and_the_actor_first() -> None:
    for name in NAMES:
        for node in tree(name).body:
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(mark, ast.Name) and mark.id == "operation" for mark in node.decorator_list
            ):
                assert not node.args.args, f"{name}.{node.name}"
                assert node.args.kwonlyargs[0].arg == "actor", f"{name}.{node.name}"
                assert ast.get_docstring(node) or node.name.startswith("_"), f"{name}.{node.name}"
