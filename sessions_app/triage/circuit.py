"""Many expressions decided at once.

False, not known and true are -1, 0 and 1, so that `and` is the least of its
parts, `or` the greatest and `not` the opposite: a few array operations decide
hundreds of rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sessions_app.triage.case import Value
from sessions_app.triage.logic import Atom, Every, Node, Not, Test, Values, test_of

Truths = NDArray[np.int8]
_FALSE = 255  # -1 as a byte


@dataclass(frozen=True, eq=False)
class _Layer:
    """Nodes of one kind that need only what lies below; their parts' places follow one another."""

    is_every: bool
    parts: NDArray[np.intp]
    starts: NDArray[np.intp]
    # Where the truths of the layer stand.
    place: slice

    def decide(self, state: Truths) -> None:
        combine = np.minimum if self.is_every else np.maximum
        combine.reduceat(state.take(self.parts), self.starts, out=state[self.place])


class Circuit:
    """Expressions with their common parts shared; built once, then only read."""

    def __init__(self, trees: Iterable[Node]) -> None:
        builder = _Builder()
        roots = [builder.place(tree) for tree in trees]
        self._layers, final = builder.layers()
        self._size = len(final)
        self._roots = np.array([final[root] for root in roots], dtype=np.intp)
        self._atoms = len(builder.atoms)
        # Yes/no findings, by far the most, are read here and not through a test of their own.
        self._flags: dict[str, int] = {}
        self._tests: dict[str, list[tuple[int, Test]]] = {}
        for place, atom in enumerate(builder.atoms):
            if atom.relation == "is":
                self._flags[atom.name] = place
            else:
                self._tests.setdefault(atom.name, []).append((place, test_of(atom)))
        # A hundred atoms ask for the age, and it is the same one on every answer of an
        # interview. By type too: 1 is a number and True none, though they are equal.
        self._tested = lru_cache(maxsize=1024, typed=True)(self._test)

    def decide(self, values: Values) -> Truths:
        """One truth for each expression, in their order."""
        atoms = self._read(values)
        state = np.empty(self._size, dtype=np.int8)
        state[: self._atoms] = atoms
        np.negative(atoms, out=state[self._atoms : 2 * self._atoms])
        for layer in self._layers:
            layer.decide(state)
        return state.take(self._roots)

    def _read(self, values: Values) -> Truths:
        truths = bytearray(self._atoms)
        flags = self._flags
        for name, value in values.items():
            if name in flags:
                if isinstance(value, bool):
                    truths[flags[name]] = 1 if value else _FALSE
            elif name in self._tests:
                for place, truth in self._tested(name, value):
                    truths[place] = truth
        return np.frombuffer(truths, dtype=np.int8)

    def _test(self, name: str, value: Value) -> tuple[tuple[int, int], ...]:
        truths = ((place, test({name: value})) for place, test in self._tests[name])
        return tuple((place, 1 if truth else _FALSE) for place, truth in truths if truth is not None)


class _Place(NamedTuple):
    """Depth 0 holds the atoms; the numbers of deeper places run through all of them."""

    depth: int
    number: int
    is_opposite: bool = False


class _Builder:
    """Gives every part a number: atoms and their opposites first, then nodes by what they need."""

    def __init__(self) -> None:
        self.atoms: list[Atom] = []
        # Depth and parts of each inner node; a part is (atom, is_opposite) or the number of a node.
        self._nodes: list[tuple[int, bool, tuple[_Place, ...]]] = []
        self._atom_places: dict[Atom, int] = {}
        self._known: dict[tuple[bool, tuple[_Place, ...]], int] = {}

    def place(self, tree: Node, *, is_opposite: bool = False) -> _Place:
        """Where the truth of the tree, or its opposite, will stand."""
        if isinstance(tree, Not):
            return self.place(tree.part, is_opposite=not is_opposite)
        if isinstance(tree, Atom):
            number = self._atom_places.setdefault(tree, len(self.atoms))
            if number == len(self.atoms):
                self.atoms.append(tree)
            return _Place(0, number, is_opposite)
        # Not all of them is: one of them not.
        is_every = isinstance(tree, Every) != is_opposite
        parts = tuple(self.place(part, is_opposite=is_opposite) for part in tree.parts)
        number = self._known.setdefault((is_every, parts), len(self._nodes))
        depth = 1 + max(part.depth for part in parts)
        if number == len(self._nodes):
            self._nodes.append((depth, is_every, parts))
        return _Place(depth, number)

    def layers(self) -> tuple[tuple[_Layer, ...], dict[_Place, int]]:
        """The layers in the order of work, and the final number of every place."""
        final: dict[_Place, int] = {}
        for number in range(len(self.atoms)):
            final[_Place(0, number, False)] = number
            final[_Place(0, number, True)] = number + len(self.atoms)
        kinds: dict[tuple[int, bool], list[int]] = {}
        for number, (depth, is_every, _) in enumerate(self._nodes):
            kinds.setdefault((depth, is_every), []).append(number)
        layers = []
        for (depth, is_every), members in sorted(kinds.items()):
            parts = [[final[part] for part in self._nodes[number][2]] for number in members]
            lengths = [len(places) for places in parts]
            starts = np.cumsum([0, *lengths[:-1]], dtype=np.intp)
            place = slice(len(final), len(final) + len(members))
            layers.append(_Layer(is_every, np.array(sum(parts, []), dtype=np.intp), starts, place))
            for number in members:
                final[_Place(depth, number)] = len(final)
        return tuple(layers), final
