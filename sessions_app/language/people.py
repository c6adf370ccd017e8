"""Who a text is about: the writer, somebody the writer speaks for, or somebody else."""

from __future__ import annotations

from collections.abc import Sequence

from sessions_app.language.tokens import Token, bag, listed
from sessions_app.language.trigger_words import ADULTS_CS, ADULTS_EN, CHILDREN_CS, CHILDREN_EN

_ADULTS = frozenset(listed(f"{ADULTS_EN}|{ADULTS_CS}"))
_CHILDREN = frozenset(listed(f"{CHILDREN_EN}|{CHILDREN_CS}"))
# Whoever says "I have", "my head" or "bolí mě" writes about themselves.
_FIRST_PERSON = bag("ive me mi mam jsem mne myself citim kaslu zvracim bolim nemam nejsem muj moje")
_FIRST_PERSON_VERBS = bag(
    """
        have had feel felt got get cant cannot could couldnt was do dont also keep started woke vomited
        suffer need had am havent cough threw fainted passed fell
    """
)
# "I am worried" speaks of the writer, not of an illness.
_CARING = bag("worried scared afraid concerned calling asking writing taking giving wondering not")
_REPORTING = bag(
    """
        says say said thinks think thought told tells believes suggested insists insisted reckons had
        died was used rika rikal rikala mysli myslel myslela tvrdi tvrdil povida pry mel mela zemrel
        zemrela mival mivala prodelal prodelala
    """
)
_PRONOUNS = bag("he she they his her hes shes on ona")
_FAR = 8


def speaks_for_other(tokens: Sequence[Token], *, children_only: bool = False) -> bool:
    """Say whether the text reports the present illness of a relative, so that the relative is the patient.

    "My son has a fever" does; "my mother had a heart attack" and "my brother says it is
    nothing" do not, nor does any text in which the writer has symptoms too.
    """
    place = next(
        (index for index, token in enumerate(tokens[:_FAR]) if token.text in _ADULTS | _CHILDREN), None
    )
    if place is None or _speaks_of_self(tokens):
        return False
    if tokens[place].text in _CHILDREN:
        return not any(
            token.text in ("says", "thinks", "said", "told") for token in tokens[place + 1 : place + 3]
        )
    if children_only:
        return False
    following = [token.text for token in tokens[place + 1 : place + 4]]
    return bool(following) and not any(word in _REPORTING for word in following)


def continues_about_other(tokens: Sequence[Token], sentence: int) -> bool:
    """Say whether a sentence goes on about a relative: "My mother is ill. She has a fever."."""
    opening = next((token for token in tokens if token.sentence == sentence and token.is_word), None)
    if opening is None or opening.text not in _PRONOUNS:
        return False
    return any(token.text in _ADULTS for token in tokens if token.sentence < sentence)


def _speaks_of_self(tokens: Sequence[Token]) -> bool:
    for index, token in enumerate(tokens):
        following = tokens[index + 1].text if index + 1 < len(tokens) else ""
        if token.text in _FIRST_PERSON and following not in _CARING and following not in _ADULTS | _CHILDREN:
            return True
        if token.text == "i" and _states_own(tokens, index):
            return True
        if token.text == "im" and following not in _CARING:
            return True
        if token.text == "my" and not _names_relative(tokens, index + 1):
            return True
    return False


def _states_own(tokens: Sequence[Token], index: int) -> bool:
    following = [token.text for token in tokens[index + 1 : index + 4]]
    return bool(_FIRST_PERSON_VERBS & set(following[:2])) and not _CARING & set(following)


def _names_relative(tokens: Sequence[Token], index: int) -> bool:
    # "my 5 year old son"
    return any(token.text in _ADULTS | _CHILDREN for token in tokens[index : index + 5])
