from __future__ import annotations

from typing import Any

from rest_framework import serializers


class AnswerIn(serializers.Serializer[Any]):
    question_id = serializers.CharField(max_length=100)
    raw_text = serializers.CharField(max_length=4000, allow_blank=True, allow_null=True, required=False)
    extracted_fields = serializers.DictField(allow_null=True, required=False)
    extracted_flags = serializers.ListField(
        child=serializers.CharField(max_length=100), max_length=100, allow_null=True, required=False
    )
    field_confidences = serializers.DictField(
        child=serializers.FloatField(min_value=0, max_value=1), allow_null=True, required=False
    )
    skip = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        said = attrs.get("raw_text") is not None or attrs.get("extracted_fields")
        if not (said or attrs.get("extracted_flags") or attrs["skip"]):
            raise serializers.ValidationError("Send raw_text, extracted_fields, extracted_flags or skip.")
        return attrs


class ChoiceOut(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the contract's name
    label_cs = serializers.CharField()


class QuestionOut(serializers.Serializer[Any]):
    question_id = serializers.CharField()
    text = serializers.CharField()
    text_cs = serializers.CharField()
    answer_type = serializers.CharField()
    options = serializers.ListField(child=serializers.CharField())
    option_labels = ChoiceOut(many=True)
    unit = serializers.CharField(allow_null=True)
    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    branch = serializers.CharField()
    branch_display = serializers.CharField()
    targets = serializers.ListField(child=serializers.CharField())
    is_red_flag = serializers.BooleanField()
    is_reask = serializers.BooleanField()
    why = serializers.CharField()


class MetaOut(serializers.Serializer[Any]):
    tokens_charged = serializers.IntegerField()
    processing_time_ms = serializers.IntegerField()


class AnsweredOut(serializers.Serializer[Any]):
    session_id = serializers.UUIDField()
    chief_complaint = serializers.CharField()
    triage_level = serializers.CharField()
    questions_asked = serializers.IntegerField()
    is_complete = serializers.BooleanField()
    current_question = QuestionOut(allow_null=True)
    extracted_fields = serializers.DictField()
    extracted_flags = serializers.ListField(child=serializers.CharField())
    red_flags_detected = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())
    meta = MetaOut()
