"""A case told by somebody else than the patient: "A 54-year-old man is brought in by his wife ..."."""

from __future__ import annotations

from collections.abc import Sequence

from sessions_app.language.tokens import Token, bag, listed
from sessions_app.language.trigger_words import CHILDREN_CS, CHILDREN_EN, RELATIVES

_FIRST_PERSON = bag(
    """
        i im ive id ill my mine me myself we our us mi mne jsem mam muj moje moji mem nas nase nam citim
        ja boli me
    """
)
_THIRD_PERSON = bag("he she his her him hes shes himself herself patient patients")
_PEOPLE = bag(
    """
        man woman boy girl gentleman lady male female student child infant baby toddler newborn
        adolescent teenager muz zena chlapec divka hoch dite kojenec novorozenec
    """
)
_CZECH_PATIENT = "pacient"
_CHILDREN = frozenset(listed(f"{CHILDREN_EN}|{CHILDREN_CS}"))
# With one of these before it, a child is somebody else's: "her son", "several children".
_OF_OTHERS = bag(
    """
        his her their whose other several many some two three all most jeho jeji jejich ostatni nekolik
        dve tri
    """
)
_ILL = bag(
    """
        has had have suffers suffered suffering died dies was were is got developed with diagnosed ma mel
        mela maji meli trpi trpel trpela zemrel zemrela prodelal prodelala
    """
)
# "His wife has noticed", "her mother is worried": a witness, no patient.
_WITNESSING = bag(
    """
        noticed notices seen saw found brought called reported reports says said states stated describes
        described observed observes worried concerned thinks thought tells told gave given giving heard
        convinced persuaded insisted tried
    """
)
_NEAR = 3


def is_narrated(tokens: Sequence[Token]) -> bool:
    """Say whether the text tells of a patient in the third person and of no writer.

    "Mum has chest pain" is no such text: there the relative is named before anybody else.
    """
    said = {token.text for token in tokens}
    if said & _FIRST_PERSON:
        return False
    for index, token in enumerate(tokens):
        if token.text in _THIRD_PERSON or token.text.startswith(_CZECH_PATIENT):
            return True
        if token.text in _PEOPLE and index > 0:
            return True
        if token.text in RELATIVES:
            return False
    return False


def tells_of_relative(tokens: Sequence[Token], index: int) -> bool:
    """Say whether a relative named in a narrated text is ill too, and neither a witness nor the patient."""
    before = [token.text for token in tokens[max(0, index - 2) : index]]
    following = [token.text for token in tokens[index + 1 : index + 1 + _NEAR]]
    if tokens[index].text in _CHILDREN and not _OF_OTHERS & set(before):
        return False
    if "by" in before or _WITNESSING & set(following):
        return False
    return bool(_ILL & set(following))


def speaks_of_patient(tokens: Sequence[Token], index: int) -> bool:
    """Say whether a narrated text turns back to the patient here: "her father had a stroke and she"."""
    word = tokens[index].text
    return word in ("he", "she", "patient") or (word in _PEOPLE and tokens[index - 1].text == "the")
