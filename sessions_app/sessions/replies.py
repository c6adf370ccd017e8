"""What the session endpoints give, for the OpenAPI document; tests hold real replies against it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app.sessions.models import ACCURACIES, LEVELS, SEXES, STATUSES


def _level() -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=LEVELS)


def _strings() -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField())


class ChoiceOut(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the contract's name
    label_cs = serializers.CharField()


class QuestionOut(serializers.Serializer[Any]):
    question_id = serializers.CharField()
    text = serializers.CharField()
    text_cs = serializers.CharField()
    answer_type = serializers.ChoiceField(
        choices=["yes_no", "choice", "multi_choice", "number", "scale", "duration", "free_text"]
    )
    options = _strings()
    option_labels = ChoiceOut(many=True)
    unit = serializers.CharField(allow_null=True)
    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    branch = serializers.CharField()
    branch_display = serializers.CharField(allow_blank=True)
    targets = _strings()
    is_red_flag = serializers.BooleanField()
    is_reask = serializers.BooleanField()
    why = serializers.CharField(allow_blank=True)


class MetaOut(serializers.Serializer[Any]):
    tokens_charged = serializers.IntegerField()
    processing_time_ms = serializers.IntegerField()


class StepOut(serializers.Serializer[Any]):
    session_id = serializers.UUIDField()
    chief_complaint = serializers.CharField()
    triage_level = _level()
    questions_asked = serializers.IntegerField()
    is_complete = serializers.BooleanField()
    current_question = QuestionOut(allow_null=True)


class StateOut(StepOut):
    status = serializers.ChoiceField(choices=STATUSES)
    active_branches = _strings()
    red_flags = _strings()
    age = serializers.IntegerField(allow_null=True)
    sex = serializers.ChoiceField(choices=SEXES, allow_null=True)
    patient_id = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class CreatedOut(StepOut):
    status = serializers.ChoiceField(choices=STATUSES)
    active_branches = _strings()
    red_flags = _strings()
    extracted_fields = serializers.DictField()
    warnings = _strings()
    created_at = serializers.DateTimeField()
    livemode = serializers.BooleanField()
    meta = MetaOut()


class AnsweredOut(StepOut):
    extracted_fields = serializers.DictField()
    extracted_flags = _strings()
    red_flags_detected = _strings()
    warnings = _strings()
    meta = MetaOut()


class HintOut(serializers.Serializer[Any]):
    diagnosis = serializers.CharField()
    icd = serializers.CharField()
    weight = serializers.FloatField()


class RoutedOut(AnsweredOut):
    confidence = serializers.FloatField()
    secondary_cc = serializers.CharField(allow_null=True)
    diagnosis_hints = HintOut(many=True)
    initial_fields = serializers.DictField()
    flags = _strings()


class DifferentialOut(serializers.Serializer[Any]):
    diagnosis = serializers.CharField()
    diagnosis_cs = serializers.CharField()
    icd = serializers.CharField()
    icd10 = serializers.CharField()
    probability = serializers.FloatField()
    rank = serializers.IntegerField()
    supporting = _strings()
    against = _strings()
    unknown = _strings()


class MustExcludeOut(serializers.Serializer[Any]):
    diagnosis = serializers.CharField()
    icd = serializers.CharField()
    probability = serializers.FloatField()


class RedFlagOut(serializers.Serializer[Any]):
    flag = serializers.CharField()
    description = serializers.CharField()
    description_cs = serializers.CharField()


class ResultsOut(serializers.Serializer[Any]):
    session_id = serializers.UUIDField()
    triage_level = _level()
    triage_reason = serializers.CharField()
    differentials = DifferentialOut(many=True)
    must_exclude = MustExcludeOut(many=True)
    red_flags = RedFlagOut(many=True)
    primary_diagnosis = serializers.CharField(allow_null=True)
    primary_diagnosis_icd = serializers.CharField(allow_null=True)
    primary_probability = serializers.FloatField(allow_null=True)
    recommendations = _strings()
    questions_asked = serializers.IntegerField()
    engine_version = serializers.CharField()
    knowledge_version = serializers.CharField()
    meta = MetaOut()


class FinalizedOut(ResultsOut):
    status = serializers.ChoiceField(choices=["finalized"])
    completed_at = serializers.DateTimeField()
    clinical_summary = serializers.CharField()


class AskedQuestionOut(QuestionOut):
    answered = serializers.BooleanField()
    skipped = serializers.BooleanField()
    value = serializers.DictField()


class QuestionsOut(serializers.Serializer[Any]):
    session_id = serializers.UUIDField()
    questions_asked = serializers.IntegerField()
    questions_remaining = serializers.IntegerField(allow_null=True)
    questions_total = serializers.IntegerField()
    current_question_id = serializers.CharField(allow_null=True)
    questions = AskedQuestionOut(many=True)


class ListedSessionOut(serializers.Serializer[Any]):
    session_id = serializers.UUIDField()
    patient_id = serializers.CharField(allow_null=True)
    chief_complaint = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    triage_level = _level()
    primary_diagnosis = serializers.CharField(allow_null=True)
    primary_diagnosis_icd = serializers.CharField(allow_null=True)
    questions_asked = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)


class SessionPageOut(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
    data = ListedSessionOut(many=True)  # type: ignore[assignment]  # the contract's name
    sessions = ListedSessionOut(many=True)


class RecordedAnswerOut(serializers.Serializer[Any]):
    question_id = serializers.CharField()
    question = serializers.CharField(allow_blank=True)
    raw_text = serializers.CharField(allow_blank=True)
    extracted_fields = serializers.DictField()
    extracted_flags = _strings()
    skipped = serializers.BooleanField()
    understood = serializers.BooleanField()
    tokens_charged = serializers.IntegerField()
    answered_at = serializers.DateTimeField()


class PathStepOut(serializers.Serializer[Any]):
    question_id = serializers.CharField()
    triage_level = _level()
    at = serializers.DateTimeField()


class FeedbackRecordOut(serializers.Serializer[Any]):
    accuracy = serializers.ChoiceField(choices=ACCURACIES)
    actual_diagnosis = serializers.CharField(allow_null=True)
    actual_icd10 = serializers.CharField(allow_null=True)
    notes = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class RecordOut(StateOut):
    livemode = serializers.BooleanField()
    complaint_text = serializers.CharField(allow_blank=True)
    intake = serializers.ListField(child=serializers.DictField())
    answers = RecordedAnswerOut(many=True)
    triage_path = PathStepOut(many=True)
    triage_reason = serializers.CharField()
    red_flags_detail = RedFlagOut(many=True)
    differentials = DifferentialOut(many=True)
    recommendations = _strings()
    clinical_summary = serializers.CharField(allow_null=True)
    feedback = FeedbackRecordOut(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    engine_version = serializers.CharField()
    knowledge_version = serializers.CharField()


class BulkExportOut(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    exported = serializers.IntegerField()
    sessions = RecordOut(many=True)


class RectifiedOut(serializers.Serializer[Any]):
    session_id = serializers.UUIDField()
    fields_changed = _strings()
    triage_level = _level()


class FeedbackOut(serializers.Serializer[Any]):
    session_id = serializers.UUIDField()
    accuracy = serializers.ChoiceField(choices=ACCURACIES)
    created_at = serializers.DateTimeField()


class ErasedOut(serializers.Serializer[Any]):
    """An empty object."""
