"""The second lock: every policy in the database, and what puts it in force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections

from tests.isolation.tables import protected_tables, rows


@dataclass(frozen=True)
class DroppedPolicy:
    """A statement that takes the lock from a table, and the one that gives it back."""

    table: str
    name: str
    take: str
    give_back: str

    def __str__(self) -> str:
        return f"{self.table}: {self.name}"

    @contextmanager
    def applied(self) -> Iterator[None]:
        with connections["owner"].cursor() as cursor:
            cursor.execute(self.take)
            try:
                yield
            finally:
                cursor.execute(self.give_back)


def dropped_policies() -> list[DroppedPolicy]:
    """Every mutant of the database's policies."""
    found = []
    for table in protected_tables():
        for what in ("ENABLE", "FORCE"):
            opposite = {"ENABLE": "DISABLE", "FORCE": "NO FORCE"}[what]
            alter, rest = f"ALTER TABLE {table}", "ROW LEVEL SECURITY"
            found.append(
                DroppedPolicy(table, f"not {what}", f"{alter} {opposite} {rest}", f"{alter} {what} {rest}")
            )
    for table, name, roles, using, check in rows(
        "SELECT tablename, policyname, array_to_string(roles, ', '), qual, with_check"
        " FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2"
    ):
        alter = f"ALTER POLICY {name} ON {table}"
        whole = f"CREATE POLICY {name} ON {table} TO {roles} USING ({using}) WITH CHECK ({check})"
        found.append(DroppedPolicy(table, f"{name} dropped", f"DROP POLICY {name} ON {table}", whole))
        for clause, rule in (("USING", using), ("WITH CHECK", check)):
            if rule != "true":
                found.append(
                    DroppedPolicy(
                        table,
                        f"{name} {clause} (true)",
                        f"{alter} {clause} (true)",
                        f"{alter} {clause} ({rule})",
                    )
                )
    return found
