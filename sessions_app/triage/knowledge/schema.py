"""The shape of the knowledge files.

Authors write YAML; `loader` reads it into these models, so a misspelt key or
a missing translation is an error with the file's name in it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
Text = Annotated[str, Field(min_length=1)]
# 0 excluded (needs a source), 1 .03, 2 .10, 3 .25, 4 .50, 5 .75, 6 .92, 7 .97
Frequency = Annotated[int, Field(ge=0, le=7)]
LevelName = Literal["self_care", "routine", "urgent", "emergency"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SurfaceForms(Strict):
    """Words people use; Czech ones as stems: `bolest* na hrud*`."""

    en: tuple[Text, ...] = ()
    cs: tuple[Text, ...] = ()


class Option(Strict):
    id: Identifier
    label: Text
    label_cs: Text
    synonyms: SurfaceForms = SurfaceForms()


class Bin(Strict):
    """A named stretch of a number: from the bin before it up to, not including, `below`."""

    id: Identifier
    below: float | None = None


class Applies(Strict):
    """Whom a finding or condition can concern at all; ages in whole years, both ends inclusive."""

    sex: Literal["male", "female"] | None = None
    min_age: int | None = None
    max_age: int | None = None


class Finding(Strict):
    id: Identifier
    type: Literal["binary", "categorical", "multi", "number", "duration", "scale"]
    # risk and history act on the prior; measurement and sign are "unknown" unless told.
    kind: Literal["symptom", "sign", "measurement", "risk", "history"] = "symptom"
    text: Text
    text_cs: Text
    label: Text
    label_cs: Text
    help: str = ""
    help_cs: str = ""
    synonyms: SurfaceForms = SurfaceForms()
    # words that say the opposite: "no fever at all" needs none, "afebrile" does
    absent: SurfaceForms = SurfaceForms()
    values: tuple[Option, ...] = ()
    bins: tuple[Bin, ...] = ()
    unit: str = ""
    min: float | None = None
    max: float | None = None
    # P(present) among everybody who consults; for values and bins: one figure each.
    base_rate: float | dict[str, float] = 0.05
    group: str = ""
    burden: float = 0.01
    parent: Identifier | None = None
    # Other findings that are true whenever this one is.
    implies: tuple[Identifier, ...] = ()
    applies: Applies = Applies()


class Upgrade(Strict):
    when: Text
    level: LevelName


class Condition(Strict):
    id: Identifier
    name: Text
    name_cs: Text
    icd10: Annotated[tuple[str, ...], Field(min_length=1)]
    # New consultations per 100 000 people and year, for ages <1, 1-4, 5-17, 18-39, 40-64, 65+.
    rate_m: Annotated[tuple[float, ...], Field(min_length=6, max_length=6)]
    rate_f: Annotated[tuple[float, ...], Field(min_length=6, max_length=6)]
    level: LevelName
    upgrades: tuple[Upgrade, ...] = ()
    severity: Annotated[int, Field(ge=1, le=5)]
    findings: dict[Identifier, Frequency | dict[str, Frequency]]
    # finding id (kind risk or history) -> odds by which it multiplies the prior
    risk: dict[Identifier, float] = {}
    applies: Applies = Applies()
    advice: Text
    advice_cs: Text
    sources: Annotated[tuple[Text, ...], Field(min_length=1)]


class Group(Strict):
    """Several yes/no findings asked as one question with many answers."""

    id: Identifier
    text: Text
    text_cs: Text
    findings: Annotated[tuple[Identifier, ...], Field(min_length=2, max_length=8)]


class Complaint(Strict):
    id: Identifier
    text: Text
    text_cs: Text
    synonyms: SurfaceForms
    # What naming the complaint says by itself.
    implies: dict[Identifier, bool] = {}
    must_ask: tuple[Group, ...]
    # Asked after the must-asks, in this order, where they apply and are unknown.
    follow_up: tuple[Identifier, ...] = ()
    groups: tuple[Group, ...] = ()
    conditions: tuple[Identifier, ...]
    # Self-care is offered only below these; hours and 0-10.
    self_care_max_hours: float = 240
    self_care_max_severity: float = 6


class RedFlag(Strict):
    id: Identifier
    when: Text
    level: Literal["urgent", "emergency"]
    text: Text
    text_cs: Text
    # id of a source, or "estimate"; `basis` says what exactly the source says.
    source: Text
    basis: str = ""
    since: str = "2026.11"
    fires: dict[str, object]
    quiet: dict[str, object]


class Source(Strict):
    id: Identifier
    citation: Text
    accessed: str = ""
