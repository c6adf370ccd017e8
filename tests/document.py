"""Real replies held against the OpenAPI document: what it says of them is true, and it says everything."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from config.public import openapi_document


@cache
def document() -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(openapi_document())
    return parsed


@cache
def _strict_components() -> dict[str, Any]:
    """The document's schemas, without room for a field that is not in them."""
    schemas: dict[str, Any] = orjson.loads(orjson.dumps(document()["components"]["schemas"]))
    for name, schema in schemas.items():
        # An error's detail is open: each code says what it needs to.
        if "properties" in schema and name != "ErrorDetailOut":
            schema["additionalProperties"] = False
    return schemas


@cache
def _paths() -> list[tuple[re.Pattern[str], str]]:
    # The fixed paths first: `/v1/sessions/export` is no session.
    templates = sorted(document()["paths"], key=lambda path: ("{" in path, path))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in templates]


@cache
def _validator(path: str, method: str, status: str) -> jsonschema_rs.Validator:
    answers = document()["paths"][path][method]["responses"]
    assert status in answers, f"{method.upper()} {path} may answer {status}, the document does not say so"
    schema = answers[status]["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator(
        {**schema, "components": {"schemas": _strict_components()}}, validate_formats=True
    )


def assert_documented(method: str, path: str, response: Any) -> None:
    """Fail unless the document has this reply to this request, field by field.

    Paths and methods that it does not have, files, and failures of our own, are not looked at.
    """
    if response.streaming:
        return
    plain = path.partition("?")[0]
    template = next((template for pattern, template in _paths() if pattern.fullmatch(plain)), None)
    if template is None or method.lower() not in document()["paths"][template] or response.status_code == 500:
        return
    validator = _validator(template, method.lower(), str(response.status_code))
    for error in validator.iter_errors(orjson.loads(response.content)):
        where = "/".join(str(part) for part in error.instance_path)
        raise AssertionError(f"{method} {template} -> {response.status_code}: {where}: {error.message}")
