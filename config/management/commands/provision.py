"""Make the roles and the database on a server of your own."""

from __future__ import annotations

import os
from argparse import ArgumentParser

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.data_folder import ensure_secret_key
from config.provisioning import Plan, ProvisioningRefused, as_script, provision, urls, urls_as_text


class Command(BaseCommand):
    help = "Make Nessy's three roles and its database with the administrative DATABASE_URL; print the URLs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sql", action="store_true", help="only print the SQL, for another role to run")

    def handle(self, *, sql: bool, **options: object) -> None:
        admin_url = os.environ.get("DATABASE_URL", "")
        if not admin_url:
            raise CommandError("set DATABASE_URL to a role that may create roles and databases")
        secret_key = settings.SECRET_KEY or ensure_secret_key(settings.DATA_FOLDER)
        plan = Plan.derived_from(admin_url, secret_key)
        if sql:
            self.stdout.write(as_script(plan))
            self.stdout.write("-- " + urls_as_text(urls(admin_url, plan)).strip().replace("\n", "\n-- "))
            return
        try:
            self.stdout.write(urls_as_text(provision(admin_url, plan)))
        except (ProvisioningRefused, psycopg.OperationalError) as error:
            raise CommandError(str(error)) from error
