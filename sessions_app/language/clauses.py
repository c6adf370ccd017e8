"""Whether a term is a clause of its own, so that no negation before it reaches it."""

from __future__ import annotations

from collections.abc import Sequence

from sessions_app.language.tokens import Token, bag
from sessions_app.language.trigger_words import FINITE_VERBS
from sessions_app.language.triggers import Cue

Span = tuple[int, int]

CONJUNCTIONS = bag("and or nor a i ani nebo")
# Verbs with "he" or "she" that are no plurals: "never dry at night and wets the bed".
_THIRD_PERSON = bag(
    """
        wets vomits bleeds passes feels gets keeps looks seems has complains cries sleeps eats drinks
        wakes faints falls refuses wants says thinks hears sees takes uses leaks pees poos limps breathes
        gags drools loses forgets struggles throws brings was cant cannot
    """
)
_PAST = bag("vomited fainted collapsed fell passed lost bled threw woke felt got became went started wet hit")
# After "no" stands a noun, so that these cannot be denied by it: "no cough and vomit all the time".
_PLAIN = bag("vomit bleed faint feel wake throw pass get sleep hear see wet keep lose cannot cant")
_NOUNS_ONLY = ("no", "without")
# "Has never vomited and fainted" denies both, "did not have a fever and vomited" does not.
_PERFECT, _DOING = bag("never have has had havent hasnt hadnt"), bag("did didnt do dont does doesnt")
# What stands after a negated Czech verb is in a case that does not end so.
_CZECH_VERB, _VERB_LETTERS = ("im", "am", "uji", "uju", "uje"), 5
_CANNOT = ("nemuz", "nemoh", "nejde", "nejd")
# "He coughs", and the genitive that "bez" asks for.
_NOUN_OR_VERB, _GOVERNING = ("kasle",), ("bez", "neguje", "popira")
# "No fever, aches or chills": a list of nouns.
_ACHES, _LISTING = bag("ache aches burn burns itch itches hurt"), bag("no any of or nor and , with without")


def is_noun(tokens: Sequence[Token], position: int) -> bool:
    """Whether a word that may be a verb is an item of a list here."""
    return tokens[position].text in _ACHES and position > 0 and tokens[position - 1].text in _LISTING


def is_own_clause(tokens: Sequence[Token], span: Span, cue: Cue, *, has_term: bool) -> bool:
    """Whether the term has a verb of its own: "and my throat is sore", "a nemůžu dýchat"."""
    before = tokens[span[0] - 1].text
    if not has_term and before != "," and before not in CONJUNCTIONS:
        return False
    if is_noun(tokens, span[0]):
        return False
    words = [token.text for token in tokens[span[0] : span[1] + 1]]
    if tokens[cue.first].text in _GOVERNING and words[0] in _NOUN_OR_VERB:
        return False
    if before == "and" and _is_english_verb(words[0], tokens[cue.first : cue.last + 1]):
        return True
    following = tokens[span[1] + 1].text if span[1] + 1 < len(tokens) else ""
    is_czech_verb = len(words[0]) >= _VERB_LETTERS and words[0].endswith(_CZECH_VERB)
    return (
        following in FINITE_VERBS
        or is_czech_verb
        or any(word in FINITE_VERBS or word.startswith(_CANNOT) for word in words)
    )


def _is_english_verb(word: str, negation: Sequence[Token]) -> bool:
    negating = {token.text for token in negation}
    if word in _PLAIN and negation[0].text in _NOUNS_ONLY:
        return True
    is_participle = bool(_PERFECT & negating) and not _DOING & negating
    return word in _THIRD_PERSON or (word in _PAST and not is_participle)
