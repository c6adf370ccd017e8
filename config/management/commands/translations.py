from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.translations import catalogue_files, compile_file, extract, problems, update


class Command(BaseCommand):
    help = "Bring the translation files up to date with code and templates; with an option, only that."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--compile", action="store_true", help="write the .mo files that are read at run time"
        )
        what.add_argument("--check", action="store_true", help="fail if a text is missing, fuzzy or not used")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["compile"]:
            for file in catalogue_files():
                compile_file(file)
            return
        template = extract(settings.BASE_DIR)
        if not options["check"]:
            for file in catalogue_files():
                update(file, template)
            return
        wrong = [f"{file}: {problem}" for file in catalogue_files() for problem in problems(file, template)]
        for line in wrong:
            self.stderr.write(line)
        if wrong:
            raise CommandError("run `manage.py translations` and translate what is new")
