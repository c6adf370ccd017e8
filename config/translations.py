"""The translations of templates and code: found, merged into the .po files, compiled, checked.

All of it with Babel, because a bare machine has no gettext.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS
from babel.messages.extract import extract as messages_in
from django.conf import settings
from django.utils.translation.template import templatize

CODE_FOLDERS = ("config", "tenants", "webhooks_app", "billing", "sessions_app")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def catalogue_files() -> list[Path]:
    """The .po file of every language but English, which is what the code is written in."""
    (folder,) = (Path(path) for path in settings.LOCALE_PATHS)
    languages = (code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE)
    return [folder / language / "LC_MESSAGES" / "django.po" for language in languages]


def extract(base: Path) -> Catalog:
    """Every message of the code and the templates below `base`."""
    catalogue = Catalog(charset="utf-8")
    for file, source in _sources(base):
        for line, message_id, _, context in messages_in("python", BytesIO(source.encode()), KEYWORDS):
            place = (str(file.relative_to(base)), line)
            catalogue.add(message_id, None, [place], context=context)
    return catalogue


def _sources(base: Path) -> Iterator[tuple[Path, str]]:
    for folder in CODE_FOLDERS:
        for file in sorted((base / folder).rglob("*.py")):
            yield file, file.read_text()
    for file in sorted(path for path in (base / "templates").rglob("*") if path.is_file()):
        # In brackets the indentation of what is left of a page means nothing to Python's tokenizer.
        yield file, f"({templatize(file.read_text(), str(file))})"


def update(file: Path, template: Catalog) -> None:
    """Bring the file up to date with the messages found; what is gone from them is removed."""
    catalogue = (
        read(file)
        if file.is_file()
        else Catalog(locale=file.parent.parent.name, project="Nessy", version=settings.VERSION, fuzzy=False)
    )
    catalogue.update(template, update_creation_date=False)
    catalogue.obsolete.clear()
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file, catalogue)


def read(file: Path) -> Catalog:
    with file.open("rb") as stream:
        return pofile.read_po(stream, locale=file.parent.parent.name, abort_invalid=True)


def write(file: Path, catalogue: Catalog) -> None:
    with file.open("wb") as stream:
        # Without line numbers, or every edit of a template would change the file.
        pofile.write_po(stream, catalogue, width=110, include_lineno=False, sort_by_file=True)


def compile_file(file: Path) -> None:
    """Write the .mo beside the .po."""
    compiled = BytesIO()
    mofile.write_mo(compiled, read(file))
    file.with_suffix(".mo").write_bytes(compiled.getvalue())


def problems(file: Path, template: Catalog) -> list[str]:
    """What keeps the file from being complete and current, one line each."""
    catalogue = read(file)
    wanted = {_key(message): message for message in template if message.id}
    present = {_key(message): message for message in catalogue if message.id}
    found = [f"missing: {key[0]}" for key in wanted.keys() - present.keys()]
    found += [f"no longer used: {key[0]}" for key in present.keys() - wanted.keys()]
    found += [f"no longer used: {message.id}" for message in catalogue.obsolete.values()]
    for key in wanted.keys() & present.keys():
        message = present[key]
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if not all(texts):
            found.append(f"not translated: {key[0]}")
        elif message.fuzzy:
            found.append(f"fuzzy: {key[0]}")
        else:
            found += [f"{error}: {key[0]}" for error in message.check(catalogue)]
    return sorted(found)


def _key(message: Message) -> tuple[object, object]:
    return message.id, message.context
