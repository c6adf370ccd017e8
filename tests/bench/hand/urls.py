from __future__ import annotations

from django.urls import path

from tests.bench.hand.views import alive, answer

urlpatterns = [path("livez", alive), path("v1/sessions/<uuid:session_id>/answer", answer)]
