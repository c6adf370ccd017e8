"""The first lock: every `for_actor`, and every tenant or mode named by hand, in the product's code.

A mutant is a module's source with one of them dropped. The function that held
it gets the code compiled from that source, in the running process: no file
changes, and nothing is imported again.
"""

from __future__ import annotations

import ast
import gc
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from inspect import CO_NEWLOCALS
from types import CodeType, FunctionType

from tests.test_architecture import NAMES, ROOT, modules, tree

# Words of a query that narrow it down, and the arguments that do so to a tenant or mode.
NARROWING = ("filter", "get")
SCOPES = ("tenant_id", "livemode")


@dataclass
class DroppedCall:
    """`for_actor(…)` that has become `all()`, or one argument left out."""

    module: str
    # Place of the call's node in a walk through the module.
    place: int
    # The argument that is left out; empty for the whole `for_actor`.
    argument: str = ""

    def __str__(self) -> str:
        call = next(node for place, node in calls_in(tree(self.module)) if place == self.place)
        path = modules()[self.module].relative_to(ROOT)
        dropped = f"{self.argument} of {ast.unparse(call)}" if self.argument else ast.unparse(call)
        return f"{path}:{call.end_lineno} {dropped}"

    @contextmanager
    def applied(self) -> Iterator[None]:
        original = self.functions[0].__code__
        for function in self.functions:
            function.__code__ = self._mutated
        try:
            yield
        finally:
            for function in self.functions:
                function.__code__ = original

    @cached_property
    def functions(self) -> list[FunctionType]:
        """The living functions that hold the call: mostly one."""
        found = living_functions()[identity(self._mutated)]
        assert found, f"no function holds {self}"
        return found

    @cached_property
    def _mutated(self) -> CodeType:
        mutant = deepcopy(tree(self.module))
        call = next(node for place, node in calls_in(mutant) if place == self.place)
        assert isinstance(call.func, ast.Attribute)
        if self.argument:
            call.keywords = [keyword for keyword in call.keywords if keyword.arg != self.argument]
        else:
            call.func.attr, call.args = "all", []
        former = functions_of(self.module, tree(self.module))
        return next(code for code in functions_of(self.module, mutant) if code not in former)


def identity(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno


@cache
def living_functions() -> dict[tuple[str, str, int], list[FunctionType]]:
    """The functions of the product that are in use, by what their code says of itself."""
    for module in {mutant.module for mutant in dropped_calls()}:
        import_module(module)
    found = defaultdict(list)
    # A test may have loaded the server's entry point, which hides all that is there by then.
    gc.unfreeze()
    for one in gc.get_objects():
        # Not `isinstance`, which asks the object, and wakes lazy ones.
        if type(one) is FunctionType and one.__code__.co_filename.startswith(str(ROOT)):
            found[identity(one.__code__)].append(one)
    return found


def functions_of(module: str, parsed: ast.Module) -> list[CodeType]:
    return list(function_codes(compile(parsed, str(modules()[module]), "exec")))


def function_codes(code: CodeType) -> Iterator[CodeType]:
    """The outermost functions and methods in a module's code, each with all that is inside it."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            # A class's body is run once and has no arguments, and no new variables of its own.
            if inner.co_flags & CO_NEWLOCALS:
                yield inner
            else:
                yield from function_codes(inner)


def calls_in(module: ast.Module) -> Iterator[tuple[int, ast.Call]]:
    for place, node in enumerate(ast.walk(module)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield place, node


def dropped_calls() -> list[DroppedCall]:
    """Every mutant of the product's code."""
    found = []
    for module in NAMES:
        for place, call in calls_in(tree(module)):
            assert isinstance(call.func, ast.Attribute)
            if call.func.attr == "for_actor":
                found.append(DroppedCall(module, place))
            elif call.func.attr in NARROWING:
                found += [
                    DroppedCall(module, place, keyword.arg)
                    for keyword in call.keywords
                    if keyword.arg in SCOPES
                ]
    return found
