from __future__ import annotations

import os
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from billing.ledger.operations import grant_month
from billing.signup.operations import register_tenant
from sessions_app.demo.history import DAYS, SESSIONS, live_through
from tenants.actor import Actor
from tenants.keys.credentials import actor_of_key
from tenants.keys.operations import create_key
from tenants.organisations.models import Member, Tenant, User
from tenants.scopes import KEY_SCOPES
from tenants.work import work_of

NAME = "Alder Clinic"
TEAM = (
    ("ada", "Ada Horáková", "owner"),
    ("dan", "Dan Novák", "developer"),
    ("bea", "Bea Svobodová", "billing"),
    ("vic", "Vic Dvořák", "viewer"),
)


class Command(BaseCommand):
    help = "Make the demo tenant with sixty days of sessions; does nothing when it has been made already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sessions", type=int, default=SESSIONS)
        parser.add_argument("--beside-others", action="store_true", help="also beside tenants of your own")

    def handle(self, *args: Any, sessions: int, beside_others: bool, **options: Any) -> None:
        target = settings.DATA_FOLDER / "demo.json"
        if target.exists():
            self.stdout.write(target.read_text())
            return
        if Tenant.objects.using("system").exists() and not beside_others:
            self.stdout.write("There are tenants already: no demo data.")
            return
        now = timezone.now()
        password = secrets.token_urlsafe(12)
        # All or nothing: a start that is cut short here begins anew.
        with transaction.atomic():
            owner = _make_team(password, now)
            live_key, test_key = _make_keys(owner)
        told = {
            "url": f"http://localhost:{settings.PORT}",
            "email": "ada@alder.example",
            "password": password,
            "live_key": live_key,
            "test_key": test_key,
        }
        # Told before the history, so that the keys can be used while it grows.
        self.stdout.write(_keep(target, told))
        self.stdout.flush()
        live, test = (actor_of_key(key, request_id="demo", ip="") for key in (live_key, test_key))
        count = live_through(live=live, test=test, now=now, sessions=sessions)
        self.stdout.write(f"Demo data: {count} sessions over {DAYS} days for {NAME}.")


def _keep(target: Path, told: dict[str, str]) -> str:
    half = target.with_suffix(".part")
    half.touch(mode=0o600)
    half.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    os.replace(half, target)
    return target.read_text()


def _make_team(password: str, now: datetime) -> Actor:
    since = now - timedelta(days=DAYS + 2)
    users = {
        role: User.objects.create_user(
            f"{short}@alder.example", password, name=name, language="en", email_verified_at=since
        )
        for short, name, role in TEAM
    }
    owner = register_tenant(name=NAME, tier="growth", owner=users["owner"], at=since, request_id="demo")
    with work_of(owner):
        for role, user in users.items():
            if role != "owner":
                Member.objects.create(
                    tenant_id=owner.tenant_id, user=user, role=role, accepted_at=since, created_at=since
                )
    # Every 1st of a month since then brought its tokens.
    first = datetime(since.year, since.month, 1, tzinfo=UTC)
    while (first := (first + timedelta(days=32)).replace(day=1)) <= now:
        grant_month(actor=replace(owner, at=first))
    return owner


def _make_keys(owner: Actor) -> tuple[str, str]:
    live = create_key(actor=owner, name="Patient portal", scopes=KEY_SCOPES)
    test = create_key(actor=owner, name="Sandbox", scopes=KEY_SCOPES, test=True)
    return live.raw_key, test.raw_key
