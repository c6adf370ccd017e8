import numpy as np
import pytest

from sessions_app.triage.belief import believe
from sessions_app.triage.case import Case, Entry, Value
from sessions_app.triage.circuit import Circuit
from sessions_app.triage.engine import knowledge
from sessions_app.triage.evidence import gather
from sessions_app.triage.expressions import compile_expression
from sessions_app.triage.knowledge.loader import Knowledge
from sessions_app.triage.rule_chance import chance_to_fire, highest_chance
from sessions_app.triage.rulebook import judge, rulebook_of
from tests.sessions_app.triage.tiny import tiny_knowledge

TINY = tiny_knowledge()
TRUTHS = {None: 0, False: -1, True: 1}


def some_facts(base: Knowledge, rng: np.random.Generator) -> dict[str, Value]:
    facts: dict[str, Value] = {"age": int(rng.integers(0, 90)), "sex": "female"}
    for finding in base.findings.values():
        options = [option.id for option in finding.values]
        if rng.random() < 0.6:
            continue
        if finding.type == "binary":
            facts[finding.id] = [True, False, None][int(rng.integers(3))]
        elif finding.type == "multi":
            facts[finding.id] = tuple(option for option in options if rng.random() < 0.4)
        elif finding.type == "categorical":
            facts[finding.id] = options[int(rng.integers(len(options)))]
        else:
            facts[finding.id] = float(rng.random() * 50)
    return facts


@pytest.mark.parametrize(
    "text",
    [
        "fever",
        "not fever",
        "fever and not (cough or sweating)",
        "not (fever and (cough or not sweating))",
        "18 <= age < 65 or fever",
        '"left_arm" not in chest_pain_radiation and (fever or "jaw" in chest_pain_radiation)',
    ],
)
def test_circuit_decides_as_the_expression_does(text: str) -> None:
    expression = compile_expression(text, TINY.findings)
    circuit = Circuit([expression.tree])
    rng = np.random.default_rng(1)
    for _ in range(50):
        facts = some_facts(TINY, rng)
        assert circuit.decide(facts).tolist() == [TRUTHS[expression(facts)]]


def test_rulebook_decides_every_rule_as_it_would_alone() -> None:
    book = rulebook_of(knowledge())
    rng = np.random.default_rng(2)
    for _ in range(10):
        facts = some_facts(knowledge(), rng)
        rulings = book.decide(facts)
        assert rulings.rules.tolist() == [TRUTHS[rule.test(facts)] for rule in book.rules]
        assert rulings.upgrades.tolist() == [TRUTHS[upgrade.test(facts)] for upgrade in book.upgrades]


def test_every_rule_that_one_answer_fires_is_one_short_of_it() -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        said = {name: value for name, value in some_facts(knowledge(), rng).items() if value is not None}
        evidence = gather(Case("general", None, None, (Entry("answer", said),)), knowledge())
        verdicts = judge(evidence, knowledge())
        near = {rule.flag.id: names for rule, names in verdicts.one_short_above("self_care")}
        for rule in verdicts.undecided_above("self_care"):
            unknown = {name for name in rule.test.names if evidence.facts.get(name) is None}
            firing = {name for name in unknown if rule.test({**evidence.facts, name: True})}
            assert firing <= near.get(rule.flag.id, frozenset())


def test_highest_chance_is_never_exceeded() -> None:
    rng = np.random.default_rng(4)
    for _ in range(3):
        said = {name: value for name, value in some_facts(knowledge(), rng).items() if rng.random() < 0.4}
        evidence = gather(Case("general", None, None, (Entry("answer", said),)), knowledge())
        belief = believe(evidence, knowledge())
        for rule in judge(evidence, knowledge()).undecided_above("self_care"):
            exact = chance_to_fire(rule, evidence.facts, belief, knowledge())
            assert exact <= highest_chance(rule, evidence.facts, belief, knowledge()) + 1e-9
