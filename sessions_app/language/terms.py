"""Finds known terms in tokens: a trie over words, with `*` stems and filler words between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sessions_app.language.spelling import Variant, Vocabulary
from sessions_app.language.tokens import Language, Token, bag, words
from sessions_app.language.trigger_words import FINITE_VERBS

T = TypeVar("T")

MAX_FILLERS = 2
_MAX_GAP = 6
_FILLER_COST = 0.04
# Words that may stand between the words of a term at no cost.
LIGHT = bag(
    """
        the an my his her our your their this that is are was were been be am very really so quite bit
        of in on at to it its me i have has had having feel feels feeling got get gets getting some any
        just all also bad terrible horrible severe feels goes going been keeps im ive both me mi mne se
        si to je jsou byl byla bylo v ve na do u z ze tam tu uz moc hodne trochu velmi dost docela i
        taky mam porad silne strasne hrozne
    """
)
# Between the words of a term these turn it round: "my chest does not hurt".
_NEGATING = bag("not dont doesnt didnt isnt arent wasnt werent never hasnt havent")
_BLOCKING = bag("no but without however except nor ale bez ani vsak jenze nemam neni nikdy")
_CONJUNCTIONS = bag("and or a i nebo")
# Behind a conjunction these open a clause of their own: "pregnant and have bleeding gums".
_CLAUSE_OPENING = bag(
    """
        i im ive it its he she we they you have has had having am get got feel mam ma mame jsem je jsou
        byl byla bylo mel mela on ona ono boli nemam neni
    """
)
_POSSESSIVES = bag("my his her our their muj moje moji jeho jeji")
# With only a comma between two of these they describe one thing: "hot, swollen knee".
DESCRIBING = (
    *("red", "hot", "warm", "swollen", "tender", "painful", "stiff", "sore", "itchy", "dry", "pale", "cold"),
    *("tight", "weak", "numb", "clammy", "blue", "yellow", "dark", "flaky", "scaly", "puffy", "heavy", "wet"),
    *(
        "cerven",
        "otekl",
        "hork",
        "tepl",
        "bolav",
        "bolest",
        "bled",
        "such",
        "svedi",
        "studen",
        "ztuh",
        "citliv",
    ),
    *("zarudl", "modr", "zlut", "slab", "mokr", "natekl", "opuchl", "zanicen"),
)
_JOINING_MARKS = frozenset("-–/\"“”„'()")
_SUBORDINATE = bag("kdyz pokud jestlize jakmile ze ktery ktera ktere when")
_LEADING = bag("down up in into to on onto behind under between around through na v ve do u z ze za pod mezi")


@dataclass(frozen=True, slots=True)
class Term(Generic[T]):
    payload: T
    language: Language | None
    max_fillers: int = MAX_FILLERS


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """A term in the text; `positions` are indices of its words among the tokens."""

    payload: T
    positions: tuple[int, ...]
    start: int
    end: int
    confidence: float
    # Turned round inside the term itself: "nebolí mě hlava", "it does not hurt".
    is_negated: bool
    # A conjunction stands between its words: "svaly a klouby".
    is_joined: bool = False


@dataclass(slots=True)
class _Node(Generic[T]):
    children: dict[str, _Node[T]] = field(default_factory=dict)
    stems: dict[str, _Node[T]] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    terms: list[Term[T]] = field(default_factory=list)

    def grow(self, word: str, *, is_stem: bool) -> _Node[T]:
        branch = self.stems if is_stem else self.children
        child = branch.get(word)
        if child is None:
            child = branch[word] = _Node()
            if is_stem and len(word) not in self.lengths:
                self.lengths = (*self.lengths, len(word))
        return child

    def after(self, word: str) -> Iterator[_Node[T]]:
        child = self.children.get(word)
        if child is not None:
            yield child
        for length in self.lengths:
            child = self.stems.get(word[:length]) if length <= len(word) else None
            if child is not None:
                yield child


@dataclass(frozen=True, slots=True)
class _Item:
    token: Token
    position: int
    variants: tuple[Variant, ...]
    starts_anew: bool


@dataclass(frozen=True, slots=True)
class _Path:
    steps: tuple[int, ...] = ()
    confidence: float = 1.0
    is_negated: bool = False
    fillers: int = 0
    is_joined: bool = False


class TermTrie(Generic[T]):
    """Terms with a payload each; built once, then only read."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary()
        self._root: _Node[T] = _Node()

    def add(
        self, form: str, payload: T, *, language: Language | None = None, max_fillers: int = MAX_FILLERS
    ) -> None:
        """Add one surface form; a trailing `*` on a word matches any ending."""
        node = self._root
        for piece in form.split():
            is_stem = piece.endswith("*")
            # Most pieces are one word, which without the star is seen at once.
            for word in words(piece.removesuffix("*")):
                self.vocabulary.add(word, is_stem=is_stem)
                node = node.grow(word, is_stem=is_stem)
        # "Down my leg" needs its words together: "down the stairs and my leg" is something else.
        tightness = 1 if form.split()[0] in _LEADING else max_fillers
        term = Term(payload, language, min(tightness, max_fillers))
        if node is not self._root and term not in node.terms:
            node.terms.append(term)

    def find(self, tokens: Sequence[Token], language: Language | None = None) -> list[Match[T]]:
        """Return every term, also overlapping ones; a language leaves out the other's terms."""
        return list(_Search(self._items(tokens), language).run(self._root))

    def _items(self, tokens: Sequence[Token]) -> list[_Item]:
        items: list[_Item] = []
        starts_anew = True
        for position, token in enumerate(tokens):
            if token.kind == "mark":
                starts_anew = starts_anew or not _is_joining(tokens, position)
                continue
            variants = self.vocabulary.variants(token.text) if token.is_word else (Variant(token.text),)
            items.append(_Item(token, position, variants, starts_anew))
            starts_anew = False
        return items


def _is_joining(tokens: Sequence[Token], position: int) -> bool:
    if tokens[position].text != ",":
        return tokens[position].text in _JOINING_MARKS
    before, after = tokens[max(0, position - 1)], tokens[min(position + 1, len(tokens) - 1)]
    # Czech puts a comma before every "když": "bolí to, když se nadechnu".
    is_clause = after.text in _SUBORDINATE
    return is_clause or (before.text.startswith(DESCRIBING) and after.text.startswith(DESCRIBING))


class _Search:
    """One walk through one text."""

    def __init__(self, items: Sequence[_Item], language: Language | None) -> None:
        self.items = items
        self.language = language

    def run(self, root: _Node[T]) -> Iterator[Match[T]]:
        for index in range(len(self.items)):
            for node, path in self._walk(root, index, _Path()):
                for term in node.terms:
                    if self._fits(term, path):
                        yield self._match(term, path)

    def _fits(self, term: Term[T], path: _Path) -> bool:
        if self.language and term.language not in (None, self.language):
            return False
        # With the words turned round, a conjunction begins something new: "ze žebříku a bolí mě".
        is_turned = term.max_fillers < MAX_FILLERS
        return path.fillers <= term.max_fillers and not (is_turned and path.is_joined)

    def _walk(self, node: _Node[T], index: int, path: _Path) -> Iterator[tuple[_Node[T], _Path]]:
        for variant in self.items[index].variants:
            for child in node.after(variant.text):
                step = _Path(
                    (*path.steps, index),
                    path.confidence * variant.confidence,
                    path.is_negated != variant.is_negated,
                    path.fillers,
                    path.is_joined,
                )
                if child.terms:
                    yield child, step
                if child.children or child.stems:
                    yield from self._skip(child, index, step)

    def _skip(self, node: _Node[T], index: int, path: _Path) -> Iterator[tuple[_Node[T], _Path]]:
        fillers, is_negated, is_joined = 0, path.is_negated, path.is_joined
        for ahead in range(index + 1, min(len(self.items), index + 2 + _MAX_GAP)):
            if self.items[ahead].starts_anew:
                return
            onward = _Path(path.steps, path.confidence, is_negated, path.fillers + fillers, is_joined)
            yield from self._walk(node, ahead, onward)
            word = self.items[ahead].token.text
            if word in _BLOCKING or (is_joined and self._opens_clause(ahead)):
                return
            if word in _NEGATING:
                is_negated = not is_negated
            is_joined = is_joined or (word in _CONJUNCTIONS and not self._is_article(word))
            fillers += self._weight(word)
            if fillers > MAX_FILLERS:
                return

    def _opens_clause(self, ahead: int) -> bool:
        word = self.items[ahead].token.text
        if word not in _POSSESSIVES:
            return word in _CLAUSE_OPENING
        # "And my jaw" goes on, "and my jaw is swollen" does not.
        return any(item.token.text in FINITE_VERBS for item in self.items[ahead + 2 : ahead + 4])

    def _weight(self, word: str) -> int:
        return 0 if word in LIGHT or word in _NEGATING or self._is_article(word) else 1

    def _is_article(self, word: str) -> bool:
        return word == "a" and self.language == "en"

    def _match(self, term: Term[T], path: _Path) -> Match[T]:
        first, last = self.items[path.steps[0]].token, self.items[path.steps[-1]].token
        return Match(
            payload=term.payload,
            positions=tuple(self.items[step].position for step in path.steps),
            start=first.start,
            end=last.end,
            confidence=path.confidence - _FILLER_COST * path.fillers,
            is_negated=path.is_negated,
            is_joined=path.is_joined,
        )


def most_specific(
    matches: Iterable[Match[T]],
    belong_together: Callable[[Match[T], Match[T]], bool] = lambda inner, outer: False,
) -> list[Match[T]]:
    """Drop matches whose words all belong to a longer match, and all but the tightest of equals.

    `belong_together(inner, outer)` keeps an inner match all the same.
    """
    ordered = sorted(matches, key=lambda match: (-len(match.positions), match.end - match.start))
    # By position, since whatever contains a match shares its first word.
    kept: dict[int, list[tuple[frozenset[int], Match[T]]]] = {}
    survivors: list[Match[T]] = []
    for match in ordered:
        mine = frozenset(match.positions)
        if any(
            (mine < other and not belong_together(match, rival))
            or (mine <= other and match.payload == rival.payload)
            for other, rival in kept.get(match.positions[0], ())
        ):
            continue
        survivors.append(match)
        for position in mine:
            kept.setdefault(position, []).append((mine, match))
    return sorted(survivors, key=lambda match: (match.start, match.end))
