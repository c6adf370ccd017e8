"""What a process does before it takes its first request or task."""

from __future__ import annotations

import logging
from importlib import import_module

from django.conf import settings
from django.db import OperationalError

from sessions_app.triage.case import Case
from sessions_app.triage.engine import evaluate, knowledge
from sessions_app.triage.knowledge.loader import KnowledgeError
from sessions_app.triage.listening import understand
from sessions_app.triage.routing import match_complaint
from tenants.rls import check_role

logger = logging.getLogger("nessy.startup")


def prepare() -> None:
    """Refuse a database role that sees through tenants, and load what the first patient would wait for.

    Raises `ImproperlyConfigured` for the role. A database that is away or a
    broken knowledge base does not end the process: readiness tells of them.
    """
    try:
        check_role()
    except OperationalError:
        logger.warning("the database is away; its role is not checked")
    import_module(settings.ROOT_URLCONF)
    try:
        base = knowledge()
    except KnowledgeError:
        logger.exception("the knowledge base cannot be read")
        return
    evaluate(Case("general"), base)
    understand("a headache", base)
    match_complaint("a headache", base)
