"""Cases that came out as the test says, for figures that can be counted by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from sessions_app.triage.case import Differential, Level, Outcome
from sessions_app.triage.evaluation.cases import Vignette
from sessions_app.triage.evaluation.metrics import Row, judge
from sessions_app.triage.evaluation.running import Run
from sessions_app.triage.knowledge.loader import Knowledge
from tests.sessions_app.triage.tiny import tiny_knowledge

CODES = {"heart_attack": ("I21.9", "I20.0"), "cold": ("J00",), "throat_infection": ("J03.9",)}


@cache
def coded_knowledge() -> Knowledge:
    base = tiny_knowledge()
    conditions = {
        name: condition.model_copy(update={"icd10": CODES.get(name, ("R69",))})
        for name, condition in base.conditions.items()
    }
    return replace(base, conditions=conditions)


def differential(condition: str, probability: float) -> Differential:
    code = CODES.get(condition, ("R69",))[0]
    return Differential(condition, condition.title(), condition, code, probability, (), (), ())


def outcome(level: Level, *likely: tuple[str, float], questions: int = 4) -> Outcome:
    return Outcome(
        level=level,
        reason="Because <b>so</b>.",
        red_flags=(),
        question=None,
        differentials=tuple(differential(*one) for one in likely),
        must_exclude=(),
        unclear=0.1,
        values={"cough": True, "fever": False, "smoker": None},
        branches=("chest_pain",),
        questions_asked=questions,
        questions_remaining=0,
        recommendations=(),
    )


def row(
    level: Level,
    gold: tuple[Level, ...] = (),
    *likely: tuple[str, float],
    codes: tuple[str, ...] = (),
    text: str = "a cough",
    seconds: tuple[float, ...] = (0.001,),
    questions: int = 4,
) -> Row:
    vignette = Vignette(id="one", text=text, gold_level=gold, gold_icd10=codes)
    return judge(Run(vignette, outcome(level, *likely, questions=questions), seconds), coded_knowledge())
