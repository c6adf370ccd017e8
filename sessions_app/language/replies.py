"""Short replies: yes, no, not sure, none of them; in English and Czech."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sessions_app.language.tokens import Token, bag, listed, words

Answer = Literal["yes", "no", "unsure"]

_NO = """
    no | nope | nah | naw | no way | no sir | no not really | not really | not at all |
    not that i know | not that i know of | not that i am aware of | not that im aware of |
    not as far as i know | i dont think so | dont think so | i do not think so | i dont | i do not |
    i havent | i have not | i did not | i didnt | i am not | im not | it isnt | it is not |
    its not | it doesnt | it does not | doesnt | it didnt | never | none | none of these |
    none of those | none of them | none of the above | nothing | nothing like that | neither |
    negative | no none | not any | no thanks | absolutely not | definitely not | certainly not |
    of course not | not yet | not now | not currently | no i dont | no i havent | no i am not |
    not | n | false | nowhere | no one | ne | nee | neee | ani ne | asi ne | spise ne | spis ne |
    nikoli | nikoliv | vubec | vubec ne | rozhodne ne | urcite ne | kdepak | ba ne | nemam |
    nejsem | neni | nebylo | nebyl | nebyla | nemel | nemela | nn | nic | nic z toho | nic takoveho |
    zadne | zadny | zadna | zadne z toho | zadny z nich | zadne z nich | ani jedno | ani jeden |
    ani jedna | nikdy | nikam | nikde | snad ne | myslim ze ne | ne ze bych vedel |
    ne ze bych vedela | zatim ne | ted ne | jeste ne | dekuji ne | nope nope | negativni | necitim |
    neciti | nema
"""
_YES = """
    yes | yeah | yep | yup | yea | ya | yes i do | yes i have | yes i am | sure | of course |
    definitely | absolutely | certainly | correct | right | indeed | affirmative | i do | i have |
    i am | it does | it is | it has | it did | i did | i think so | think so | probably |
    probably yes | a bit | a little | a little bit | kind of | kinda | sort of | somewhat |
    slightly | sometimes | occasionally | often | y | true | ok | okay | unfortunately yes |
    very much | very | a lot | always | all the time | i would say so | exactly | uh huh | mhm |
    yess | ano | jo | jojo | jn | jj | jasne | samozrejme | urcite | urcite ano | rozhodne |
    rozhodne ano | bohuzel ano | asi ano | asi jo | spise ano | spis ano | spis jo | myslim ze ano |
    myslim ze jo | trochu | trosku | malinko | obcas | nekdy | casto | mam | jsem | je | ano mam |
    ano jsem | bohuzel | presne tak | presne | tak nejak | hodne | velmi | porad | stale | no jo |
    no ano | mela | mel | bylo | byla | byl | souhlasi | pravda | taky | take | vetsinou |
    snad ano | 👍
"""
_UNSURE = """
    not sure | im not sure | i am not sure | unsure | dont know | i dont know | i do not know |
    do not know | dunno | idk | no idea | i have no idea | maybe | perhaps | possibly | might be |
    could be | hard to say | hard to tell | cant say | cannot say | cant tell | cannot tell |
    not certain | uncertain | unknown | i cant remember | cant remember | dont remember |
    i dont remember | no clue | havent checked | i havent checked | havent measured |
    i havent measured | didnt measure | not measured | i didnt measure | i havent measured it |
    i dont have a thermometer | dont have a thermometer | no thermometer | skip | pass | who knows |
    not sure about that | i am unsure | im unsure | yes and no | either | nevim | to nevim |
    nevim jiste | nejsem si jisty | nejsem si jista | nejsem si jist | mozna | netusim |
    nemam tuseni | nemam poneti | tezko rict | tezko rici | nemohu rict | nemuzu rict |
    nedokazu rict | nedokazu posoudit | nemohu posoudit | nepamatuji se | nepamatuju si |
    nepamatuji si | nevzpominam si | nemeril | nemerila | nemeril jsem | nemerila jsem |
    nemeril jsem si | nezmeril | nezmerila | nemerila jsem si | nemam teplomer | preskocit |
    jak kdy | bud a nebo | asi | snad | nezname | neznamo | nejsem jista | nejsem jisty | kdo vi |
    neumim rict | neumim posoudit
"""
_WEAK = frozenset(
    [
        "not really",
        "i dont think so",
        "dont think so",
        "i do not think so",
        "not that i know",
        "not that i know of",
        "asi ne",
        "spise ne",
        "spis ne",
        "snad ne",
        "myslim ze ne",
        "i think so",
        "think so",
        "probably",
        "probably yes",
        "asi ano",
        "asi jo",
        "spise ano",
        "spis ano",
        "spis jo",
        "myslim ze ano",
        "myslim ze jo",
        "kind of",
        "kinda",
        "sort of",
        "not as far as i know",
        "ne ze bych vedel",
        "ne ze bych vedela",
        "snad ano",
        "tak nejak",
    ]
)
_WEAK_CONFIDENCE, _SURE_CONFIDENCE = 0.75, 0.98
# "No" replies when these follow; "no fever" is a statement about fever.
_OPENERS = bag(
    """
        but i im ive it its my the he she they we just only because thanks thank ale jen jenom mam jsem
        nemam nejsem boli citim mne me mi to at doctor sorry really since that spis jinak dekuji neni
        nemel nemela taky
    """
)
_PLAIN_YES = bag("yes yeah yep yup yea ya yess ano jo jojo jj jasne samozrejme bohuzel")
_PLAIN_NO = bag("no nope nah ne nee neee")
_POLITE = bag("well um uh er hmm oh so actually honestly hm no tak jako vlastne please prosim")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the first words of a text say."""

    answer: Answer
    confidence: float


def _table() -> dict[str, list[tuple[tuple[str, ...], Answer]]]:
    rows: dict[str, list[tuple[tuple[str, ...], Answer]]] = {}
    groups: tuple[tuple[Answer, str], ...] = (("no", _NO), ("yes", _YES), ("unsure", _UNSURE))
    for answer, phrases in groups:
        for phrase in listed(phrases):
            key = words(phrase) or (phrase,)
            rows.setdefault(key[0], []).append((key, answer))
    for known in rows.values():
        known.sort(key=lambda entry: -len(entry[0]))
    return rows


_TABLE = _table()


def read_reply(tokens: Sequence[Token]) -> Reply | None:
    """Return the reply that the text opens with, None when it opens otherwise."""
    for start in (0, 1, 2):
        reply = _reply_at(tokens, start)
        if reply is not None:
            return reply
        if start >= len(tokens) or not (tokens[start].kind == "mark" or tokens[start].text in _POLITE):
            return None
    return None


def _reply_at(tokens: Sequence[Token], start: int) -> Reply | None:
    if start >= len(tokens):
        return None
    for key, answer in _TABLE.get(tokens[start].text, ()):
        end = start + len(key)
        if tuple(token.text for token in tokens[start:end]) != key:
            continue
        is_bare = all(token.kind == "mark" for token in tokens[end:])
        if is_bare or _may_follow(tokens[end], key[0], answer):
            weak = " ".join(key) in _WEAK
            return Reply(answer, _WEAK_CONFIDENCE if weak else _SURE_CONFIDENCE)
    return None


def _may_follow(token: Token, first: str, answer: Answer) -> bool:
    if token.kind == "mark" or token.text in ("but", "ale", "though", "jen", "only"):
        return True
    if first in _PLAIN_YES or answer == "unsure":
        return True
    return first in _PLAIN_NO and token.text in _OPENERS
