"""Who a text is about: the writer, somebody the writer speaks for, or somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

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
_CARING = bag("worried scared afraid concerned calling asking writing taking giving wondering not know")
_REPORTING = bag(
    """
        says say said thinks think thought told tells believes suggested insists insisted reckons had
        died was used rika rikal rikala mysli myslel myslela tvrdi tvrdil povida pry mel mela zemrel
        zemrela mival mivala prodelal prodelala
    """
)
# What follows these is a report of the relative's own trouble, or an opinion about the writer's.
_SAYING_CS = bag(
    """
        rika rikal rikala rekl rekla povidal povidala stezuje tvrdi pry psal psala priznal priznala sveril
        sverila
    """
)
_SAYING = _SAYING_CS | bag("says say said told tells complains reports reported admits admitted confessed")
_OF_SOMETHING = bag("to tohle je jde nic nejde neni toho tim bych bychom mam mame ty jsem")
_HEARERS = bag('me us mi nam that ze , : " si se')
_OF_THEMSELVES = bag("he she they hes shes theyre his her their hed shed ho ji mu je")
_HURTING = bag("hurts hurt burns aches itches stings")
# "Hello, can you help me?" is about nobody yet.
_COURTESY = bag("hello hi hey dear please help thanks thank dobry zdravim ahoj prosim radu poradit pomoc")
_PRONOUNS = bag("he she they his her hes shes on ona")
_FAR = 8


def speaks_for_other(tokens: Sequence[Token], *, children_only: bool = False) -> bool:
    """Say whether the text reports the present illness of a relative, so that the relative is the patient.

    "My son has a fever" does; "my mother had a heart attack" and "my brother says it is
    nothing" do not, nor does any text in which the writer has symptoms too.
    """
    tokens = _after_courtesies(tokens)
    place = next(
        (index for index, token in enumerate(tokens[:_FAR]) if token.text in _ADULTS | _CHILDREN), None
    )
    if place is None or _speaks_of_self(tokens):
        return False
    if tokens[place].text in _CHILDREN:
        is_saying = any(token.text in _SAYING | {"thinks"} for token in tokens[place + 1 : place + 3])
        return not is_saying or _reports_own(tokens, place)
    if children_only:
        return False
    following = [token.text for token in tokens[place + 1 : place + 4]]
    if _reports_own(tokens, place):
        return True
    return bool(following) and not any(word in _REPORTING for word in following)


def _after_courtesies(tokens: Sequence[Token]) -> Sequence[Token]:
    start = 0
    for _, sentence in groupby(tokens, key=lambda token: token.sentence):
        said = [token.text for token in sentence]
        if _COURTESY.isdisjoint(said) or not (_ADULTS | _CHILDREN).isdisjoint(said):
            break
        start += len(said)
    return tokens[start:]


def _reports_own(tokens: Sequence[Token], place: int) -> bool:
    """Whether the relative tells of their own trouble: "my husband says he wants to die"."""
    saying = next((at for at in range(place + 1, place + 4) if _text(tokens, at) in _SAYING), None)
    if saying is None:
        return False
    opening = saying + 1
    while _text(tokens, opening) in _HEARERS:
        opening += 1
    first, second = _text(tokens, opening), _text(tokens, opening + 1)
    if first in _OF_THEMSELVES or (first == "it" and second in _HURTING):
        # "He thinks it is nothing" is an opinion again.
        return second not in _REPORTING
    # Czech leaves the pronoun out; "to" is what they speak about: "říká, že to nic není".
    is_czech = _text(tokens, saying) in _SAYING_CS
    return is_czech and first not in _OF_SOMETHING


def continues_about_other(tokens: Sequence[Token], sentence: int) -> bool:
    """Say whether a sentence goes on about a relative: "My mother is ill. She has a fever."."""
    opening = next((token for token in tokens if token.sentence == sentence and token.is_word), None)
    if opening is None or opening.text not in _PRONOUNS:
        return False
    return any(token.text in _ADULTS for token in tokens if token.sentence < sentence)


def _speaks_of_self(tokens: Sequence[Token]) -> bool:
    for index, token in enumerate(tokens):
        following = tokens[index + 1].text if index + 1 < len(tokens) else ""
        # "He told me", "řekl mi": the writer only listens.
        if token.text in ("me", "mi") and _is_hearer(tokens, index):
            continue
        if token.text in _FIRST_PERSON and following not in _CARING and following not in _ADULTS | _CHILDREN:
            return True
        if token.text == "i" and _states_own(tokens, index):
            return True
        if token.text == "im" and following not in _CARING:
            return True
        if token.text == "my" and not _names_relative(tokens, index + 1):
            return True
    return False


def _is_hearer(tokens: Sequence[Token], index: int) -> bool:
    near = (tokens[index - 1].text if index else "", _text(tokens, index + 1))
    return any(word in _SAYING for word in near)


def _states_own(tokens: Sequence[Token], index: int) -> bool:
    following = [token.text for token in tokens[index + 1 : index + 4]]
    return bool(_FIRST_PERSON_VERBS & set(following[:2])) and not _CARING & set(following)


def _text(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].text if index < len(tokens) else ""


def _names_relative(tokens: Sequence[Token], index: int) -> bool:
    # "my 5 year old son"
    return any(token.text in _ADULTS | _CHILDREN for token in tokens[index : index + 5])
