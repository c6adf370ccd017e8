"""What every check of the knowledge needs: where to put its findings and how to look things up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sessions_app.triage.expressions import Expression, ExpressionError, compile_expression
from sessions_app.triage.knowledge.loader import Knowledge

Say = Callable[[str], None]


@dataclass
class Report:
    origins: Mapping[tuple[str, str], str]
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def error(self, kind: str, item: str, message: str) -> None:
        self.errors.append(f"{self.origins.get((kind, item), kind)}: {item}: {message}")

    def warning(self, kind: str, item: str, message: str) -> None:
        self.warnings.append(f"{self.origins.get((kind, item), kind)}: {item}: {message}")


def check_source(source: str, knowledge: Knowledge, say: Say) -> None:
    if source != "estimate" and source not in knowledge.sources:
        say(f"unknown source {source}")


def compiled(text: str, knowledge: Knowledge, say: Say) -> Expression | None:
    try:
        return compile_expression(text, knowledge.findings)
    except ExpressionError as error:
        say(f"{error} in: {text}")
        return None


def sayer(tell: Callable[[str, str, str], None], kind: str, item: str) -> Say:
    def say(message: str) -> None:
        tell(kind, item, message)

    return say
