"""Finding terms: stems, fillers, typing errors, word order, overlaps."""

from __future__ import annotations

import pytest

from sessions_app.language.spelling import Vocabulary
from sessions_app.language.terms import TermTrie, most_specific
from sessions_app.language.tokens import Language, tokenise
from sessions_app.language.wordings import reworded


def found(forms: list[str], text: str) -> set[tuple[str, str]]:
    trie: TermTrie[str] = TermTrie()
    for form in forms:
        trie.add(form, form)
    return {(match.payload, text[match.start : match.end]) for match in trie.find(tokenise(text))}


@pytest.mark.parametrize(
    ("form", "text", "span"),
    [
        ("chest pain", "Chest pain!", "Chest pain"),
        ("chest pain", "chest and back pain", "chest and back pain"),
        ("pain in chest", "pain in the left side of my chest", "pain in the left side of my chest"),
        ("bolest* na hrud*", "mám bolesti na hrudníku", "bolesti na hrudníku"),
        ("zvrac*", "zvracela jsem", "zvracela"),
        ("headache", "headaches", "headaches"),
        ("diarrhoea", "diarrhea", "diarrhea"),
        ("vomiting", "I was vomitting", "vomitting"),
        ("can't breathe", "I cant breathe", "cant breathe"),
        ("bolí* kdy* nadech*", "bolí to, když se nadechnu", "bolí to, když se nadechnu"),
        ("knife-like", "knife like pain", "knife like"),
        ("hot knee", "hot, swollen knee", "hot, swollen knee"),
        ("hork* kolen*", "horké, oteklé koleno", "horké, oteklé koleno"),
        ("swollen knee", "red and swollen knee", "swollen knee"),
        ("pain in jaw", "pain in my arm and my jaw", "pain in my arm and my jaw"),
    ],
)
def test_form_is_found(form: str, text: str, span: str) -> None:
    assert (form, span) in found([form], text)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("chest pain", "chest. Pain in the knee"),
        ("chest pain", "chest, but pain in the knee"),
        ("chest pain", "chest with one two three four five pain"),
        ("chest pain", "chest no pain"),
        ("hot knee", "hot, fever and knee"),
        ("pregnant bleeding", "pregnant and have bleeding gums"),
        ("tehotn* krvac*", "těhotná a mám krvácení"),
        ("finger hurts", "my finger and it hurts"),
        ("arm hurts", "my arm and my leg hurts"),
        ("stool", "school"),
        ("fever", "fewer"),
        ("fever", "never"),
        ("rash", "rush"),
        ("thirst", "third"),
        ("zvrac*", "zrak"),
    ],
)
def test_form_is_not_found(form: str, text: str) -> None:
    assert found([form], text) == set()


def test_a_slip_costs_confidence() -> None:
    trie: TermTrie[str] = TermTrie()
    trie.add("vomiting", "vomiting")
    right, wrong = (trie.find(tokenise(text))[0].confidence for text in ("vomiting", "vomitting"))
    assert right == 1.0
    assert wrong < right


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("boli* hlav*", "nebolí mě hlava"),
        ("chest hurts", "my chest never hurts"),
        ("throat sore", "throat isn't sore"),
    ],
)
def test_negation_inside_a_term_is_seen(form: str, text: str) -> None:
    trie: TermTrie[str] = TermTrie()
    trie.add(form, form)
    assert [match.is_negated for match in trie.find(tokenise(text))] == [True]


def test_terms_of_the_other_language_are_left_out() -> None:
    trie: TermTrie[str] = TermTrie()
    trie.add("dus*", "dyspnoea", language="cs")
    assert trie.find(tokenise("dust"), "en") == []
    assert [match.payload for match in trie.find(tokenise("dusím se"), "cs")] == ["dyspnoea"]
    assert [match.payload for match in trie.find(tokenise("dusím"), None)] == ["dyspnoea"]


def test_slip_is_seen_where_only_a_short_stem_is_known() -> None:
    vocabulary = Vocabulary()
    vocabulary.add("bled", is_stem=True)
    vocabulary.add("bleeding", is_stem=False)
    assert [one.text for one in vocabulary.variants("bledeing")] == ["bledeing", "bleeding"]
    assert [one.text for one in vocabulary.variants("bledost")] == ["bledost"]


def test_slip_may_stand_for_a_stem_and_a_word() -> None:
    vocabulary = Vocabulary()
    vocabulary.add("pregnan", is_stem=True)
    vocabulary.add("pregnant", is_stem=False)
    assert [one.text for one in vocabulary.variants("prengant")] == ["prengant", "pregnan", "pregnant"]


def test_longer_term_hides_the_shorter_inside_it() -> None:
    trie: TermTrie[str] = TermTrie()
    for form in ("fever", "hay fever", "cough"):
        trie.add(form, form)
    matches = most_specific(trie.find(tokenise("hay fever and cough")))
    assert [match.payload for match in matches] == ["hay fever", "cough"]


def test_longer_term_keeps_a_shorter_one_that_belongs_to_it() -> None:
    trie: TermTrie[str] = TermTrie()
    for form in ("pain", "chest pain"):
        trie.add(form, form)
    matches = most_specific(trie.find(tokenise("chest pain")), lambda inner, outer: inner.payload == "pain")
    assert {match.payload for match in matches} == {"pain", "chest pain"}


@pytest.mark.parametrize(
    ("form", "language", "orders"),
    [
        ("svědí* kůž*", "cs", ["kůž* svědí*"]),
        ("bolí* hlav*", "cs", ["bol* hlav*", "hlav* bol*"]),
        ("bolest* na hrud*", "cs", ["bol* na hrud*", "na hrud* bol*"]),
        ("nemůžu se vyčůrat", "cs", ["nemůžu vyčůrat", "vyčůrat nemůžu"]),
        ("potím se", "cs", ["se potím"]),
        ("na hrudi", "cs", []),
        ("sore throat", "en", ["throat sore"]),
        ("ear pain", "en", ["pain in ear"]),
        ("back pain", "en", ["pain in back"]),
        ("cough", "en", []),
        ("hot swollen knee", "en", ["swollen hot knee", "knee hot swollen", "knee swollen hot"]),
        ("cold wet winter day", "en", []),
    ],
)
def test_word_order_is_free_where_the_language_allows_it(
    form: str, language: Language, orders: list[str]
) -> None:
    assert [other for other, _ in reworded(form, language)] == orders


@pytest.mark.parametrize(
    ("word", "variant"),
    [
        ("nekasel", None),
        ("nezvracim", "zvracim"),
        ("nemoc", None),
        ("pulses", "pulse"),
        ("hedache", "headache"),
        ("xeadache", None),
        ("zvraeclaa", None),
        ("stomcah", "stomach"),
    ],
)
def test_variants_of_a_word(word: str, variant: str | None) -> None:
    vocabulary = Vocabulary()
    for known in ("headache", "pulse", "moc", "stomach"):
        vocabulary.add(known, is_stem=False)
    vocabulary.add("zvrac", is_stem=True)
    expected = {word} if variant is None else {word, variant}
    assert {one.text for one in vocabulary.variants(word)} == expected
