"""Other ways to say a term: word order, loose pronouns, "pain in the ear" for "ear pain"."""

from __future__ import annotations

from collections.abc import Iterator

from sessions_app.language.terms import DESCRIBING, LIGHT, MAX_FILLERS
from sessions_app.language.tokens import Language, bag, fold

_CLITICS = bag("se si mě mi mne me jsem")
_HURTING = bag("bolí* bolí bolest* bolest bolesti bolel* bolav*")
_PREPOSITIONS = bag("na v ve do u z ze za pod mezi při před po s")


def reworded(form: str, language: Language) -> Iterator[tuple[str, int]]:
    """Yield other ways to say a form, each with the fillers that it allows.

    Czech order is free ("bolí mě hlava", "hlava mě bolí") and its small pronouns wander;
    English turns adjective and noun round ("sore throat", "throat is sore") and says
    "pain in the ear". Two adjectives come in any order, before or behind their noun.
    """
    pieces = form.split()
    yield from _with_adjectives(pieces)
    if language == "cs":
        yield from _reworded_in_czech(pieces)
    elif len(pieces) == 2:
        if pieces[1] in ("pain", "pains", "ache"):
            yield f"{pieces[1]} in {pieces[0]}", MAX_FILLERS
        elif pieces[0] not in ("back", "not", "no", "cant") and pieces[1] not in LIGHT:
            yield f"{pieces[1]} {pieces[0]}", 0


def _with_adjectives(pieces: list[str]) -> Iterator[tuple[str, int]]:
    words = [piece for piece in pieces if piece not in ("and", "a")]
    if len(words) != 3 or len(pieces) > 4:
        return
    one, two, noun = words
    folded = [fold(word.removesuffix("*")) for word in words]
    if (
        folded[0].startswith(DESCRIBING)
        and folded[1].startswith(DESCRIBING)
        and not folded[2].startswith(DESCRIBING)
    ):
        for order in ((one, two, noun), (two, one, noun), (noun, one, two), (noun, two, one)):
            if list(order) != pieces:
                yield " ".join(order), MAX_FILLERS


def _reworded_in_czech(pieces: list[str]) -> Iterator[tuple[str, int]]:
    if len(pieces) == 2 and pieces[1] in _CLITICS:
        yield f"{pieces[1]} {pieces[0]}", 1
    core = [piece for piece in pieces if piece not in _CLITICS]
    if len(core) < 2:
        return
    # "bolí", "bolelo", "začalo bolet" and "bolest" all say the same beside another word.
    core = ["bol*" if piece in _HURTING else piece for piece in core]
    if core != pieces:
        yield " ".join(core), MAX_FILLERS
    if len(core) == 2 and core[0] not in _PREPOSITIONS:
        yield f"{core[1]} {core[0]}", 1
    elif len(core) == 3 and core[1] in _PREPOSITIONS:
        yield f"{core[1]} {core[2]} {core[0]}", 1
