"""Reads the knowledge folder into one frozen object, by way of a compiled copy when there is one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from sessions_app.triage.knowledge.schema import (
    Complaint,
    Condition,
    Finding,
    RedFlag,
    Source,
    Strict,
)

HERE = Path(__file__).resolve().parent
RELEASE = "2026.11"
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class KnowledgeError(ValueError):
    """A knowledge file cannot be used; the text lists the files and what is wrong in each."""


@dataclass(frozen=True, slots=True)
class Problem:
    file: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"


# Compared by identity: compiled tables are kept per loaded knowledge.
@dataclass(frozen=True, eq=False)
class Knowledge:
    findings: Mapping[str, Finding]
    conditions: Mapping[str, Condition]
    complaints: Mapping[str, Complaint]
    red_flags: Mapping[str, RedFlag]
    sources: Mapping[str, Source]
    version: str


class Bundle(Strict):
    """All files in one; what the compiled copy holds."""

    findings: tuple[Finding, ...] = ()
    conditions: tuple[Condition, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    red_flags: tuple[RedFlag, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    bundle: Bundle
    problems: tuple[Problem, ...]
    # (kind, id) -> file, for messages
    origins: Mapping[tuple[str, str], str]


def load(folder: Path | None = None) -> Knowledge:
    """Load and index the knowledge; raises KnowledgeError when a file is unusable."""
    folder = folder or HERE
    digest = folder_digest(folder)
    bundle = _read_compiled(digest)
    if bundle is None:
        reading = read_folder(folder)
        if reading.problems:
            raise KnowledgeError("\n".join(str(problem) for problem in reading.problems))
        bundle = reading.bundle
        _write_compiled(digest, bundle)
    return index(bundle, version=f"{RELEASE}.{digest[:8]}")


def index(bundle: Bundle, *, version: str) -> Knowledge:
    """Give every part of the bundle its place by id."""
    return Knowledge(
        findings={finding.id: finding for finding in bundle.findings},
        conditions={condition.id: condition for condition in bundle.conditions},
        complaints={complaint.id: complaint for complaint in bundle.complaints},
        red_flags={flag.id: flag for flag in bundle.red_flags},
        sources={source.id: source for source in bundle.sources},
        version=version,
    )


def knowledge_files(folder: Path) -> list[Path]:
    """Every YAML file of the folder in a stable order."""
    return sorted(path for path in folder.rglob("*.yaml") if path.is_file())


def folder_digest(folder: Path) -> str:
    """Hex SHA-256 over the names and contents of all knowledge files and of the schema."""
    digest = hashlib.sha256()
    # The compiled copy depends on the shape too: a new field must not meet an old copy.
    for path in [HERE / "schema.py", *knowledge_files(folder)]:
        digest.update(path.name.encode() if path.parent == HERE else str(path.relative_to(folder)).encode())
        digest.update(b"\0")
        digest.update(path.read_bytes())
        digest.update(b"\0")
    return digest.hexdigest()


def read_folder(folder: Path) -> Reading:
    """Read all files, collecting every problem instead of stopping at the first."""
    items: dict[str, list[Any]] = {key: [] for key in Bundle.model_fields}
    problems: list[Problem] = []
    origins: dict[tuple[str, str], str] = {}
    for path in knowledge_files(folder):
        name = str(path.relative_to(folder))
        kind, parts = _read_file(path, name, problems)
        for part in parts:
            if (kind, part.id) in origins:
                problems.append(Problem(name, f"{part.id} is already in {origins[kind, part.id]}"))
                continue
            origins[kind, part.id] = name
            items[kind].append(part)
    bundle = Bundle(**{key: tuple(parts) for key, parts in items.items()})
    return Reading(bundle=bundle, problems=tuple(problems), origins=origins)


def _read_file(path: Path, name: str, problems: list[Problem]) -> tuple[str, Iterable[Any]]:
    kind = _kind_of(name)
    if kind is None:
        problems.append(Problem(name, "no such kind of knowledge file"))
        return "", ()
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problems.append(Problem(name, f"not readable as YAML: {error}".replace("\n", " ")))
        return kind, ()
    if kind == "complaints":
        return kind, _validated(Complaint, content, name, name, problems)
    if not isinstance(content, dict) or set(content) != {kind} or not isinstance(content[kind], list):
        problems.append(Problem(name, f"expected one list called {kind}"))
        return kind, ()
    valid: list[Any] = []
    # Item by item, so that one slip does not make every other file complain.
    for item in content[kind]:
        label = str(item.get("id", "?")) if isinstance(item, dict) else "?"
        valid.extend(_validated(_MODELS[kind], item, label, name, problems))
    return kind, valid


def _validated(
    model: type[BaseModel], content: object, label: str, name: str, problems: list[Problem]
) -> list[Any]:
    try:
        return [model.model_validate(content)]
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False):
            where = ".".join([label, *(str(step) for step in detail["loc"])])
            problems.append(Problem(name, f"{where}: {detail['msg']}"))
        return []


_MODELS: dict[str, type[BaseModel]] = {
    "findings": Finding,
    "conditions": Condition,
    "complaints": Complaint,
    "red_flags": RedFlag,
    "sources": Source,
}
_FOLDERS = {"redflags": "red_flags", "sources.yaml": "sources"}


def _kind_of(name: str) -> str | None:
    first = name.split("/", 1)[0]
    kind = _FOLDERS.get(first, first)
    return kind if kind in _MODELS else None


def _cache_folder() -> Path | None:
    base = os.environ.get("NESSY_DATA") or tempfile.gettempdir()
    # One folder per user: in the shared temporary folder another user must not plant knowledge.
    folder = Path(base) / f"nessy-knowledge-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return folder if is_ours and stat.S_IMODE(status.st_mode) == 0o700 else None


def _read_compiled(digest: str) -> Bundle | None:
    folder = _cache_folder()
    if folder is None:
        return None
    try:
        return Bundle.model_validate_json((folder / f"{digest}.json").read_bytes())
    except (OSError, ValidationError):
        return None


def _write_compiled(digest: str, bundle: Bundle) -> None:
    folder = _cache_folder()
    if folder is None:
        return
    # A copy that cannot be written only costs the next start some time.
    with contextlib.suppress(OSError):
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(bundle.model_dump_json(exclude_defaults=True))
        Path(name).replace(folder / f"{digest}.json")
