from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import cast

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.ledger.queries import account_of
from tenants.work import work_of
from tests.conftest import Cast
from tests.isolation.statements import unscoped
from tests.mutation.calls import dropped_calls
from tests.mutation.trial import Trial
from tests.test_architecture import modules

# Of both kinds; with the start of servers of its own it takes most of a minute.
SAMPLE = 8
OF_THIS_RUN = ("DATABASE_", "REDIS_URL", "NESSY_DATA", "PYTEST_")


def test_every_call_in_the_text_is_a_mutant() -> None:
    written = sum(file.read_text().count(".for_actor(") for file in modules().values())
    assert len([mutant for mutant in dropped_calls() if not mutant.argument]) == written


def test_every_mutant_has_its_function() -> None:
    assert all(mutant.functions for mutant in dropped_calls())
    assert len({str(mutant) for mutant in dropped_calls()}) == len(dropped_calls())


def test_mutant_leaves_the_tenant_out_until_it_is_undone(alder: Cast) -> None:
    (mutant,) = [one for one in dropped_calls() if account_of in one.functions]
    with work_of(alder.owner), CaptureQueriesContext(connection) as sent:
        with mutant.applied():
            account_of(actor=alder.owner)
        account_of(actor=alder.owner)
    assert [unscoped(query["sql"]).partition(":")[0] for query in sent] == ["no tenant", ""]


def test_policy_that_no_test_misses_is_a_survivor(capsys: pytest.CaptureFixture[str]) -> None:
    without_tests = cast("pytest.Session", SimpleNamespace(items=[]))
    assert not Trial(without_tests, ["policies"], sample=2, seed=0).run()
    assert capsys.readouterr().out.count("SURVIVED") == 2


@pytest.mark.faults
def test_sample_of_the_mutants_is_killed() -> None:
    # Another sample each day: in time all of them, at a price that every run can pay. The whole
    # has no survivors when it is committed, and the line below repeats a day's draw.
    seed = str(timezone.now().toordinal())
    command = [sys.executable, "-m", "tests.mutation", "--sample", str(SAMPLE), "--seed", seed]
    # Servers of its own: this run's databases have the same names.
    own = {name: value for name, value in os.environ.items() if not name.startswith(OF_THIS_RUN)}
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=own, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command[1:])}\n{done.stdout}{done.stderr}"
    assert f"{SAMPLE} mutants, {SAMPLE} killed, 0 survived" in done.stdout
