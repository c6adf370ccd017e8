"""Rule expressions: `chest_pain and "left_arm" in chest_pain_radiation and age >= 30`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from sessions_app.triage.knowledge.schema import Finding
from sessions_app.triage.logic import (
    Atom,
    Every,
    Node,
    Not,
    Relation,
    Some,
    Test,
    Truth,
    Values,
    names_in,
    test_of,
)

SEXES = ("male", "female", "other")
NUMERIC = ("number", "duration", "scale")
_SYMBOLS: dict[type[ast.cmpop], Relation] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_MIRRORED: dict[Relation, Relation] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


class ExpressionError(ValueError):
    """The expression is not one that can be decided; the text says why."""


@dataclass(frozen=True, slots=True)
class Expression:
    source: str
    names: frozenset[str]
    test: Test
    tree: Node
    # What has to be true, all of it, for the whole to be true, and whether two
    # of these depend on the same name.
    conjuncts: tuple[Node, ...]
    is_tangled: bool

    def __call__(self, values: Values) -> Truth:
        return self.test(values)


def compile_expression(source: str, findings: Mapping[str, Finding]) -> Expression:
    """Turn the text into a three-valued test; raises ExpressionError naming what is wrong."""
    try:
        parsed = ast.parse(source.strip(), mode="eval")
    except SyntaxError as error:
        raise ExpressionError(f"not an expression: {error.msg}") from error
    tree = _Parser(findings).boolean(parsed.body)
    conjuncts = tree.parts if isinstance(tree, Every) else (tree,)
    names = [names_in(part) for part in conjuncts]
    everything = frozenset[str]().union(*names)
    return Expression(
        source=source.strip(),
        names=everything,
        test=test_of(tree),
        tree=tree,
        conjuncts=conjuncts,
        is_tangled=sum(map(len, names)) > len(everything),
    )


class _Parser:
    def __init__(self, findings: Mapping[str, Finding]) -> None:
        self.findings = findings

    def boolean(self, node: ast.expr) -> Node:
        match node:
            case ast.BoolOp(op=ast.And(), values=parts):
                return Every(tuple(self.boolean(part) for part in parts))
            case ast.BoolOp(op=ast.Or(), values=parts):
                return Some(tuple(self.boolean(part) for part in parts))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.boolean(operand))
            case ast.Name(id=name):
                return self._flag(name)
            case ast.Compare():
                return self._comparison(node)
        raise ExpressionError(f"not allowed here: {ast.unparse(node)}")

    def _kind(self, name: str) -> str:
        if name == "age":
            return "number"
        if name == "sex":
            return "categorical"
        if name not in self.findings:
            raise ExpressionError(f"unknown finding {name}")
        return self.findings[name].type

    def _flag(self, name: str) -> Node:
        if self._kind(name) != "binary":
            raise ExpressionError(f"{name} is not a yes/no finding; compare it with a value")
        return Atom(name, "is")

    def _comparison(self, node: ast.Compare) -> Node:
        sides = [node.left, *node.comparators]
        parts = [
            self._pair(left, op, right) for left, op, right in zip(sides, node.ops, sides[1:], strict=False)
        ]
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _pair(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Node:
        if isinstance(op, ast.In | ast.NotIn):
            member = self._membership(left, right)
            return member if isinstance(op, ast.In) else Not(member)
        relation = _SYMBOLS.get(type(op))
        if relation is None:
            raise ExpressionError("only < <= > >= == != in and not in compare values")
        if isinstance(left, ast.Name) and isinstance(right, ast.Constant):
            return self._against(left.id, relation, right.value)
        if isinstance(left, ast.Constant) and isinstance(right, ast.Name):
            return self._against(right.id, _MIRRORED[relation], left.value)
        raise ExpressionError("compare one finding with one constant")

    def _against(self, name: str, relation: Relation, constant: object) -> Node:
        kind = self._kind(name)
        if kind in NUMERIC and isinstance(constant, int | float) and not isinstance(constant, bool):
            return Atom(name, relation, float(constant))
        if kind == "categorical" and isinstance(constant, str) and relation in ("==", "!="):
            self._require_option(name, constant)
            same = Atom(name, "in", frozenset({constant}))
            return same if relation == "==" else Not(same)
        raise ExpressionError(f"{name} ({kind}) cannot be compared with {constant!r} this way")

    def _membership(self, left: ast.expr, right: ast.expr) -> Node:
        if isinstance(left, ast.Constant) and isinstance(left.value, str) and isinstance(right, ast.Name):
            if self._kind(right.id) != "multi":
                raise ExpressionError(f"{right.id} does not hold several values; use ==")
            self._require_option(right.id, left.value)
            return Atom(right.id, "holds", left.value)
        if isinstance(left, ast.Name) and isinstance(right, ast.Tuple | ast.List | ast.Set):
            if self._kind(left.id) != "categorical":
                raise ExpressionError(f"{left.id} is not a choice of one value")
            options = [part.value for part in right.elts if isinstance(part, ast.Constant)]
            words = [option for option in options if isinstance(option, str)]
            if len(words) != len(right.elts):
                raise ExpressionError("a list of values holds quoted words only")
            for word in words:
                self._require_option(left.id, word)
            return Atom(left.id, "in", frozenset(words))
        raise ExpressionError('write "value" in finding, or finding in ("value", "value")')

    def _require_option(self, name: str, option: str) -> None:
        allowed = SEXES if name == "sex" else tuple(value.id for value in self.findings[name].values)
        if option not in allowed:
            raise ExpressionError(f"{name} has no value {option}")
