import copy
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sessions_app.triage.knowledge import lint, loader
from sessions_app.triage.knowledge.loader import KnowledgeError
from tests.sessions_app.triage.tiny import tiny_content

FOLDERS = {"red_flags": "redflags"}


def write(folder: Path, content: dict[str, Any]) -> Path:
    for kind, items in content.items():
        if kind == "sources":
            (folder / "sources.yaml").write_text(yaml.safe_dump({kind: items}, allow_unicode=True))
            continue
        target = folder / FOLDERS.get(kind, kind)
        target.mkdir(parents=True)
        files = {item["id"]: item for item in items} if kind == "complaints" else {"all": {kind: items}}
        for name, body in files.items():
            (target / f"{name}.yaml").write_text(yaml.safe_dump(plain(body), allow_unicode=True))
    return folder


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("NESSY_DATA", str(folder))
    return folder


@pytest.fixture
def yaml_folder(tmp_path: Path, data_folder: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    return write(folder, tiny_content())


def compiled_copies(data_folder: Path) -> list[Path]:
    return list(data_folder.rglob("*.json"))


def test_knowledge_is_the_same_from_yaml_and_from_the_compiled_copy(
    yaml_folder: Path, data_folder: Path
) -> None:
    first = loader.load(yaml_folder)
    assert len(compiled_copies(data_folder)) == 1
    second = loader.load(yaml_folder)
    assert first.findings == second.findings
    assert first.conditions == second.conditions
    assert first.version == second.version
    assert first.version.startswith("2026.11.")


def test_changed_file_changes_the_version(yaml_folder: Path) -> None:
    before = loader.load(yaml_folder).version
    (yaml_folder / "sources.yaml").write_text("sources: []\n")
    assert loader.load(yaml_folder).version != before


@pytest.mark.parametrize("spoil", ["broken", "open", "link", "unwritable"])
def test_compiled_copy_is_not_trusted_blindly(
    spoil: str, yaml_folder: Path, data_folder: Path, tmp_path: Path
) -> None:
    first = loader.load(yaml_folder)
    (copy_file,) = compiled_copies(data_folder)
    folder = copy_file.parent
    copy_file.write_text('{"findings": []}' if spoil != "broken" else "{")
    if spoil == "open":
        folder.chmod(0o755)
    if spoil == "link":
        folder.rename(tmp_path / "elsewhere")
        folder.symlink_to(tmp_path / "elsewhere")
    if spoil == "unwritable":
        copy_file.unlink()
        folder.rmdir()
        folder.write_text("a file in the way")
    assert loader.load(yaml_folder).findings == first.findings


def test_missing_data_folder_only_costs_time(yaml_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NESSY_DATA", "/proc/nowhere")
    assert loader.load(yaml_folder).findings


def test_copy_that_cannot_be_written_is_no_error(
    yaml_folder: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    assert loader.load(yaml_folder).findings
    assert not compiled_copies(data_folder)


def test_temporary_folder_is_the_default(yaml_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NESSY_DATA")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(yaml_folder.parent / "temp"))
    loader.load(yaml_folder)
    assert (yaml_folder.parent / "temp" / f"nessy-knowledge-{os.getuid()}").is_dir()


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("findings/x.yaml", "findings: [", "not readable as YAML"),
        ("findings/x.yaml", "things: []", "expected one list called findings"),
        ("findings/x.yaml", "findings: [{id: x_y}]", "x_y.type: Field required"),
        ("findings/x.yaml", "findings: [just a word]", "findings/x.yaml: ?"),
        ("complaints/x.yaml", "id: x_y", "complaints/x.yaml.text: Field required"),
        ("elsewhere/x.yaml", "a: 1", "no such kind of knowledge file"),
        ("sources/x.yaml", "sources: [{id: a_guideline, citation: C}]", "a_guideline is already in "),
    ],
)
def test_unusable_file_is_named(yaml_folder: Path, file: str, text: str, message: str) -> None:
    path = yaml_folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    with pytest.raises(KnowledgeError) as caught:
        loader.load(yaml_folder)
    assert message in str(caught.value)
    assert file in str(caught.value)
    assert any(message in error for error in lint.lint(yaml_folder).errors)


def problems_after(change: Callable[[dict[str, Any]], None], folder: Path) -> tuple[list[str], list[str]]:
    content = copy.deepcopy(tiny_content())
    change(content)
    folder.mkdir()
    report = lint.lint(write(folder, content))
    return report.errors, report.warnings


def item(content: dict[str, Any], kind: str, item_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in content[kind] if entry["id"] == item_id)
    return found


def setter(kind: str, item_id: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda content: item(content, kind, item_id).update(fields)


MISTAKES = [
    (setter("findings", "cough", id="age"), "age and sex are no findings"),
    (setter("findings", "cough", parent="nothing"), "unknown parent nothing"),
    (setter("findings", "cough", implies=["nothing"]), "implies unknown finding nothing"),
    (setter("findings", "cough", implies=["symptom_onset"]), "which is not a yes/no finding"),
    (setter("findings", "cough", base_rate=0), "base_rate is one number"),
    (setter("findings", "cough", values=[]), ""),
    (setter("findings", "symptom_onset", values=[]), "needs at least two values"),
    (setter("findings", "symptom_onset", bins=[{"id": "x_y"}]), "a finding with values has no bins"),
    (setter("findings", "cough", bins=[{"id": "x_y"}]), "has neither values nor bins"),
    (setter("findings", "symptom_onset", base_rate=0.5), "gives a share for each value"),
    (setter("findings", "symptom_onset", base_rate={"sudden": 1.0}), "base_rate lacks gradual"),
    (
        setter("findings", "symptom_onset", base_rate={"sudden": 0.5, "gradual": 0.5, "x_y": 0}),
        "base_rate has unknown value x_y",
    ),
    (setter("findings", "symptom_onset", base_rate={"sudden": 0.2, "gradual": 0.2}), "add up to 0.40"),
    (setter("findings", "symptom_onset", base_rate={"sudden": 2, "gradual": -1}), "between 0 and 1"),
    (setter("findings", "pain_severity", bins=[{"id": "mild"}]), "needs at least two bins"),
    (setter("findings", "pain_severity", bins=[{"id": "mild"}, {"id": "high"}]), "needs `below`"),
    (
        setter(
            "findings",
            "pain_severity",
            bins=[{"id": "aa", "below": 4}, {"id": "bb", "below": 3}, {"id": "cc"}],
        ),
        "the bins do not rise",
    ),
    (
        lambda content: item(content, "findings", "pain_severity").update(
            values=item(content, "findings", "symptom_onset")["values"]
        ),
        "a number has bins, no values",
    ),
    (
        lambda content: item(content, "findings", "symptom_onset")["values"].append(
            {"id": "none", "label": "none", "label_cs": "nic"}
        ),
        "do not list them",
    ),
    (
        lambda content: item(content, "findings", "symptom_onset")["values"].append(
            item(content, "findings", "symptom_onset")["values"][0]
        ),
        "the same value twice",
    ),
    (setter("conditions", "cold", icd10=["X99.99"]), "no ICD-10 code X99.99"),
    (setter("conditions", "cold", sources=["nobody"]), "unknown source nobody"),
    (setter("conditions", "cold", findings={"nothing": 4}), "unknown finding nothing"),
    (setter("conditions", "cold", findings={"cough": {"a": 4}}), "cough is yes/no"),
    (setter("conditions", "cold", findings={"symptom_onset": 4}), "needs a frequency for each"),
    (setter("conditions", "cold", findings={"symptom_onset": {"x_y": 4}}), "has no value x_y"),
    (setter("conditions", "cold", findings={"cough": 2}), "0 findings at 4 or more"),
    (setter("conditions", "cold", findings={"cough": 2}), "1 findings, at least 10"),
    (setter("conditions", "cold", risk={"nothing": 2}), "unknown risk nothing"),
    (setter("conditions", "cold", risk={"stridor": 2}), "is of kind symptom"),
    (setter("conditions", "cold", risk={"smoker": 0}), "odds must be above 0"),
    (setter("conditions", "cold", risk={"travel": 2}), "risk travel is not a yes/no finding"),
    (
        setter("conditions", "heart_attack", findings={"smoker": 4}),
        "counted twice, as finding and as risk",
    ),
    (setter("conditions", "cold", upgrades=[{"when": "x y", "level": "urgent"}]), "not an expression"),
    (setter("complaints", "sore_throat", must_ask=[]), "0 must-asks"),
    (setter("complaints", "sore_throat", conditions=["nothing"]), "unknown condition nothing"),
    (setter("complaints", "sore_throat", conditions=["cold"]), "1 candidate conditions"),
    (setter("complaints", "sore_throat", follow_up=["nothing"]), "unknown finding nothing"),
    (
        lambda content: item(content, "complaints", "sore_throat")["groups"][0].update(id="chest_danger"),
        "group chest_danger is already in",
    ),
    (
        lambda content: item(content, "complaints", "sore_throat")["groups"][0].update(id="cough"),
        "group cough has the name of a finding",
    ),
    (
        lambda content: item(content, "complaints", "sore_throat")["groups"][0].update(
            findings=["nothing", "symptom_onset"]
        ),
        "symptom_onset is not a yes/no finding",
    ),
    (setter("red_flags", "collapsed", source="nobody"), "unknown source nobody"),
    (setter("red_flags", "collapsed", id="cough"), "has the name of a finding"),
    (setter("red_flags", "collapsed", when="colapse"), "unknown finding colapse"),
    (setter("red_flags", "collapsed", fires={"collapse": False}), "`fires` does not fire"),
    (setter("red_flags", "collapsed", quiet={"collapse": True}), "`quiet` fires"),
    (setter("red_flags", "collapsed", quiet={"nothing": True}), "quiet: unknown finding nothing"),
    (setter("red_flags", "collapsed", quiet={"collapse": "yes"}), "collapse is true or false"),
    (setter("red_flags", "collapsed", quiet={"age": "old"}), "age is a number"),
    (setter("red_flags", "collapsed", quiet={"sex": "woman"}), "sex is one of"),
    (setter("red_flags", "collapsed", quiet={"pain_severity": "x"}), "pain_severity is a number"),
    (setter("red_flags", "collapsed", quiet={"symptom_onset": "x"}), "symptom_onset has no value x"),
    (setter("red_flags", "collapsed", quiet={"chest_pain_radiation": "jaw"}), "is a list of values"),
    (setter("red_flags", "collapsed", quiet={"chest_pain_radiation": ["toe"]}), "has no value ['toe']"),
]


@pytest.mark.parametrize(("change", "message"), MISTAKES, ids=[message or "fine" for _, message in MISTAKES])
def test_mistake_is_an_error(change: Callable[[dict[str, Any]], None], message: str, tmp_path: Path) -> None:
    errors, _ = problems_after(change, tmp_path / "knowledge")
    assert any(message in error for error in errors)


HINTS = [
    (setter("findings", "cough", text_cs="Is there cough?"), "Czech text equals the English one"),
    (setter("findings", "cough", help="Cough?"), "help has no Czech text"),
    (
        lambda content: item(content, "findings", "symptom_onset")["values"][0].update(label_cs="sudden"),
        "Czech label of sudden equals",
    ),
    (setter("conditions", "cold", name_cs="Cold"), "Czech text equals the English one"),
    (setter("complaints", "sore_throat", text_cs="Sore throat"), "Czech text equals the English one"),
    (setter("red_flags", "collapsed", text_cs="Rule collapsed."), "Czech text equals the English one"),
    (
        setter("conditions", "closing_airway", findings={"sore_throat": 4}),
        "can never win against cold",
    ),
    (
        setter("complaints", "general", conditions=["cold"]),
        "miscarriage: is a candidate of no complaint",
    ),
    (
        lambda content: (
            setter("complaints", "general", conditions=["nothing"])(content),
            setter("red_flags", "collapsed", when="smoker", fires={"smoker": True}, quiet={})(content),
            setter("complaints", "chest_pain", groups=[], conditions=["cold"])(content),
        ),
        "collapsed: no complaint asks",
    ),
    (
        setter(
            "red_flags",
            "collapsed",
            when="vaginal_bleeding and temperature_c > 39",
            fires={"vaginal_bleeding": True, "temperature_c": 40},
            quiet={"vaginal_bleeding": True, "temperature_c": None},
        ),
        "no complaint asks what its",
    ),
]


@pytest.mark.parametrize(("change", "message"), HINTS, ids=[message for _, message in HINTS])
def test_doubtful_entry_is_a_warning(
    change: Callable[[dict[str, Any]], None], message: str, tmp_path: Path
) -> None:
    _, warnings = problems_after(change, tmp_path / "knowledge")
    assert any(message in warning for warning in warnings)


def test_empty_folder_is_reported_not_raised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint.main([str(tmp_path)]) == 1
    assert "findings: no file yet" in capsys.readouterr().out


def test_shipped_knowledge_has_no_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert lint.main([]) == 0, capsys.readouterr().out
