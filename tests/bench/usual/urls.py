from __future__ import annotations

from django.urls import path

from tests.bench.usual.views import AnswerView, alive

urlpatterns = [
    path("livez", alive),
    path("v1/sessions/<uuid:session_id>/answer", AnswerView.as_view()),
]
