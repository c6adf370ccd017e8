"""What made-up values are drawn from."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from sessions_app.language.tokens import bag

# The same examples in every run.
SAME = settings(derandomize=True, database=None, deadline=None, max_examples=200)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    # JSON's numbers are read as these.
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=40),
)


def _nest(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)


JSON: st.SearchStrategy[Any] = st.recursive(LEAVES, _nest, max_leaves=12)
# Headers travel as Latin-1.
HEADERS = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=300)
# What people write to a triage service; said in no order.
VOCABULARY = sorted(
    bag(
        """
        yes no not sure never without but and or since until ago my mother had pain chest head fever cough
        vomiting 3 38.5 two days weeks hours severe mild 10 /10 °C . , ! ? male 45 years old fracture
        ano ne nevím nikdy bez ale a nebo od včera před moje máma měla bolest hrudi hlavy horečka kašel
        zvracím tři dny týdny hodin silná 39,5 nemám mám let muž
        """
    )
)
WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=25).map(" ".join)
TEXTS = st.one_of(WORDS, WORDS, st.text(max_size=200))
