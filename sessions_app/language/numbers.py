"""Numbers in words and digits, temperatures, blood pressures and 0-10 scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sessions_app.language.tokens import Token, bag, listed

_ENGLISH = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty
"""
_CZECH = """
    nula jedna dva tri ctyri pet sest sedm osm devet deset jedenact dvanact trinact ctrnact patnact
    sestnact sedmnact osmnact devatenact dvacet
"""
WORDS: dict[str, float] = {
    **{word: float(value) for value, word in enumerate(_ENGLISH.split())},
    **{word: float(value) for value, word in enumerate(_CZECH.split())},
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "tricet": 30,
    "ctyricet": 40,
    "padesat": 50,
    "sedesat": 60,
    "sedmdesat": 70,
    "osmdesat": 80,
    "devadesat": 90,
    "hundred": 100,
    "sto": 100,
    "jeden": 1,
    "jednu": 1,
    "jedno": 1,
    "jedne": 1,
    "dve": 2,
    "obe": 2,
    "dvou": 2,
    "dvema": 2,
    "tremi": 3,
    "ctyrmi": 4,
    "jednim": 1,
    "trech": 3,
    "ctyrech": 4,
    "peti": 5,
    "sesti": 6,
    "sedmi": 7,
    "osmi": 8,
    "deviti": 9,
    "deseti": 10,
}
_TENS = frozenset(value for value in WORDS.values() if value >= 20 and value % 10 == 0 and value < 100)
_FAHRENHEIT = bag("f fahrenheit")
_CELSIUS = bag("c celsius degrees degree celsia stupnu stupne stupen st")
_SCALE_END = ("/ 10", "out of 10", "out of ten", "of 10", "of ten", "z 10", "z deseti", "na 10")
_SEVERITY = (
    (0.0, "no pain|painless|pain free|bez bolesti|zadna bolest|vubec neboli|nothing at all"),
    (
        10.0,
        """
            worst pain | worst possible | worst ever | unbearable | excruciating | agony | agonising |
            agonizing | 10 out of 10 | worst imaginable | nesnesiteln* | nejhorsi* | k nevydrzeni |
            nevydrzim | neda se vydrzet
        """,
    ),
    (
        8.0,
        """
            severe | severely | very bad | really bad | terrible | intense | awful | horrible |
            extreme | very strong | very painful | really painful | hurts a lot | strong pain | prudk* |
            krut* | siln* | hrozn* | strasn* | hodne | moc | velmi | velka
        """,
    ),
    (
        5.0,
        """
            moderate | medium | bearable | tolerable | so so | average | stredni | stredne | snesiteln* |
            da se to vydrzet | da se to snest
        """,
    ),
    (
        2.0,
        """
            mild | mildly | slight | slightly | minor | a little | a bit | not too bad | not that bad |
            not so bad | light pain | light headache | barely | mirn* | slab* | lehk* | trochu | trosku |
            jen trochu
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number with the indices of its first and last token; a range gives its middle."""

    value: float
    first: int
    last: int
    # What follows a slash, as in 140/90.
    second: float | None = None


def read_numbers(tokens: Sequence[Token]) -> list[Number]:
    """Return every number in digits or words; "38 and a half", "2-3" and "140/90" are one each."""
    found: list[Number] = []
    index = 0
    while index < len(tokens):
        number = _number_at(tokens, index)
        if number is None:
            index += 1
            continue
        number = _joined(tokens, number)
        found.append(number)
        index = number.last + 1
    return found


def _number_at(tokens: Sequence[Token], index: int) -> Number | None:
    if index >= len(tokens):
        return None
    token = tokens[index]
    if token.kind == "number":
        return Number(float(token.text.replace(",", ".")), index, index)
    value = WORDS.get(token.text) if token.is_word else None
    if value is None:
        return None
    last = index
    if value in _TENS and index + 1 < len(tokens):
        step = 2 if tokens[index + 1].text == "-" and index + 2 < len(tokens) else 1
        unit = WORDS.get(tokens[index + step].text, 0)
        if 0 < unit < 10:
            value, last = value + unit, index + step
    return Number(value, index, last)


def _joined(tokens: Sequence[Token], number: Number) -> Number:
    ahead = [token.text for token in tokens[number.last + 1 : number.last + 4]]
    if ahead[:3] in (["and", "a", "half"],):
        return Number(number.value + 0.5, number.first, number.last + 3)
    if ahead[:2] in (["a", "pul"], ["and", "half"]):
        return Number(number.value + 0.5, number.first, number.last + 2)
    neighbour = WORDS.get(ahead[0]) if ahead else None
    # "Dva tři dny", "two three days".
    if neighbour == number.value + 1 and tokens[number.last].is_word:
        return Number(number.value + 0.5, number.first, number.last + 1)
    if ahead and ahead[0] in ("-", "–", "to", "az", "or", "nebo", "/", "over", "na", "lomeno"):
        other = _number_at(tokens, number.last + 2)
        if other is None:
            return number
        if ahead[0] in ("/", "over", "na", "lomeno"):
            return _fraction(number, other, ahead[0])
        if other.value > number.value:
            return Number((number.value + other.value) / 2, number.first, other.last)
    return number


def _fraction(number: Number, other: Number, mark: str) -> Number:
    if mark == "/" and (number.value, other.value) == (1, 2):
        return Number(0.5, number.first, other.last)
    if other.value > 10 or (mark == "/" and other.value == 10):
        return Number(number.value, number.first, other.last, second=other.value)
    return number


def temperature(tokens: Sequence[Token], number: Number) -> float | None:
    """Return degrees Celsius when the number can be a body temperature, else None."""
    unit = [token.text for token in tokens[number.last + 1 : number.last + 4]]
    if number.second is not None:
        return None
    if any(word in _FAHRENHEIT for word in unit[:3]) or 93 <= number.value <= 110:
        celsius = (number.value - 32) / 1.8
        return round(celsius, 1) if 30 <= celsius <= 44 else None
    return number.value if 34 <= number.value <= 43 else None


def has_degrees(tokens: Sequence[Token], number: Number) -> bool:
    """Say whether a unit of temperature follows the number."""
    unit = [token.text for token in tokens[number.last + 1 : number.last + 3]]
    return any(word in _FAHRENHEIT or word in _CELSIUS or word == "°" for word in unit)


def scale_of_ten(tokens: Sequence[Token], numbers: Sequence[Number]) -> float | None:
    """Return the figure of "8/10", "8 out of 10" or "8 z 10", else None."""
    for number in numbers:
        if not 0 <= number.value <= 10:
            continue
        ahead = " ".join(token.text for token in tokens[number.last + 1 : number.last + 4])
        if number.second == 10 or any(ahead.startswith(end) for end in _SCALE_END):
            return number.value
    return None


def severity_word(text: str) -> float | None:
    """Return 0-10 for words such as "mild" or "nesnesiteln*á" in folded text, else None."""
    padded = f" {text} "
    for figure, phrases in _SEVERITY:
        # A star leaves the ending free.
        if any(f" {phrase} ".removesuffix("* ") in padded for phrase in listed(phrases)):
            return figure
    return None
