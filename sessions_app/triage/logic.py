"""Three-valued logic (Kleene) over what is known: true, false, or not known.

What is not known is neither true nor false, so a rule that needs an unknown
value does not fire, and its negation does not either.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sessions_app.triage.case import Value

Truth = bool | None
Values = Mapping[str, Value]
Test = Callable[[Values], Truth]
Relation = Literal["is", "<", "<=", ">", ">=", "==", "!=", "in", "holds"]

_ORDER: dict[Relation, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Atom:
    """One name held against a constant: a number, one option, or several of which one is enough."""

    name: str
    relation: Relation
    constant: float | str | frozenset[str] = ""


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Node, ...]


Node = Atom | Not | Every | Some


def names_in(node: Node) -> frozenset[str]:
    """The names that the node depends on."""
    match node:
        case Atom(name):
            return frozenset({name})
        case Not(part):
            return names_in(part)
        case Every(parts) | Some(parts):
            return frozenset().union(*map(names_in, parts))


def test_of(node: Node) -> Test:
    """The node as a function of the values."""
    match node:
        case Every(parts):
            return _all(*_split(parts))
        case Some(parts):
            return _any(*_split(parts))
        case Not(part):
            return _not(test_of(part))
        case Atom(name, "is"):
            return _flag(name)
        case Atom(name, "in", frozenset() as options):
            return _one_of(name, options)
        case Atom(name, "holds", str() as option):
            return _holds(name, option)
        case Atom(name, relation, float() as constant):
            return _number_test(name, _ORDER[relation], constant)
    raise ValueError(f"no such relation: {node}")


def _split(parts: tuple[Node, ...]) -> tuple[tuple[str, ...], tuple[Test, ...]]:
    """The names of the yes/no findings among the parts, and the tests of the rest."""
    flags = tuple(part.name for part in parts if isinstance(part, Atom) and part.relation == "is")
    rest = (part for part in parts if not (isinstance(part, Atom) and part.relation == "is"))
    return flags, tuple(test_of(part) for part in rest)


def _flag(name: str) -> Test:
    def test(values: Values) -> Truth:
        value = values.get(name)
        return value if isinstance(value, bool) else None

    return test


# Yes/no findings are read here and not through a test of their own: the chance of
# a rule is found by trying it hundreds of times.
def _all(flags: tuple[str, ...], tests: tuple[Test, ...]) -> Test:
    def test(values: Values) -> Truth:
        result: Truth = True
        for name in flags:
            value = values.get(name)
            if value is False:
                return False
            if value is not True:
                result = None
        for part in tests:
            truth = part(values)
            if truth is False:
                return False
            if truth is None:
                result = None
        return result

    return test


def _any(flags: tuple[str, ...], tests: tuple[Test, ...]) -> Test:
    def test(values: Values) -> Truth:
        result: Truth = False
        for name in flags:
            value = values.get(name)
            if value is True:
                return True
            if value is not False:
                result = None
        for part in tests:
            truth = part(values)
            if truth is True:
                return True
            if truth is None:
                result = None
        return result

    return test


def _not(inner: Test) -> Test:
    def test(values: Values) -> Truth:
        truth = inner(values)
        return None if truth is None else not truth

    return test


def _number_test(name: str, compare: Callable[[float, float], bool], constant: float) -> Test:
    def test(values: Values) -> Truth:
        value = values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return compare(value, constant)

    return test


def _one_of(name: str, options: frozenset[str]) -> Test:
    def test(values: Values) -> Truth:
        value = values.get(name)
        return value in options if isinstance(value, str) else None

    return test


def _holds(name: str, option: str) -> Test:
    def test(values: Values) -> Truth:
        value = values.get(name)
        return option in value if isinstance(value, tuple) else None

    return test
