"""What the session endpoints take: the only check of it, for every door."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.fields import JsonObject, ShortList
from config.paging import PageQuery
from sessions_app.sessions.models import ACCURACIES, LEVELS, SEXES, STATUSES


def _text(limit: int) -> serializers.CharField:
    return serializers.CharField(max_length=limit, allow_blank=True, allow_null=True, required=False)


class Person(serializers.Serializer[Any]):
    age = serializers.IntegerField(min_value=0, max_value=120, allow_null=True, required=False)
    sex = serializers.ChoiceField(choices=SEXES, allow_null=True, required=False)


class NewSession(Person):
    chief_complaint = serializers.CharField(min_length=1, max_length=500)
    free_text = _text(4000)
    initial_fields = JsonObject(allow_null=True, required=False)
    patient_id = serializers.CharField(max_length=100, allow_null=True, required=False)


class AnswerInput(serializers.Serializer[Any]):
    question_id = serializers.CharField(min_length=1, max_length=100)
    raw_text = _text(4000)
    extracted_fields = JsonObject(allow_null=True, required=False)
    extracted_flags = ShortList(
        child=serializers.CharField(max_length=100), max_length=100, allow_null=True, required=False
    )
    field_confidences = JsonObject(
        child=serializers.FloatField(min_value=0, max_value=1), allow_null=True, required=False
    )
    skip = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["extracted_flags"] = attrs.get("extracted_flags") or ()
        # A blank text is an answer that could not be understood; no text at all is none.
        said = attrs.get("raw_text") is not None or attrs.get("extracted_fields") or attrs["extracted_flags"]
        if not (said or attrs["skip"]):
            message = "Send at least one of raw_text, extracted_fields, extracted_flags or skip."
            raise serializers.ValidationError(
                {"raw_text": [serializers.ErrorDetail(message, code="required")]}
            )
        return attrs


class RouteInput(serializers.Serializer[Any]):
    text = serializers.CharField(min_length=1, max_length=2000)


class Rectification(Person):
    clear_answers = ShortList(
        child=serializers.CharField(max_length=100), max_length=100, allow_null=True, required=False
    )
    reason = _text(500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["clear_answers"] = attrs.get("clear_answers") or ()
        attrs["reason"] = attrs.get("reason") or ""
        return attrs


class FeedbackInput(serializers.Serializer[Any]):
    accuracy = serializers.ChoiceField(choices=ACCURACIES)
    actual_diagnosis = _text(200)
    actual_icd10 = _text(10)
    notes = _text(4000)


class SessionQuery(PageQuery):
    status = serializers.ChoiceField(choices=STATUSES, required=False)
    patient_id = serializers.CharField(max_length=100, required=False)
    chief_complaint = serializers.CharField(max_length=64, required=False)
    triage_level = serializers.ChoiceField(choices=LEVELS, required=False)
    date_from = serializers.DateField(required=False)
    date_to = serializers.DateField(required=False)


class BulkExportInput(serializers.Serializer[Any]):
    date_from = serializers.DateField(allow_null=True, required=False)
    date_to = serializers.DateField(allow_null=True, required=False)
    patient_id = serializers.CharField(max_length=100, allow_null=True, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=1000)
