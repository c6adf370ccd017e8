"""Django finds the models of all slices here."""

from sessions_app.patients.models import Patient
from sessions_app.sessions.models import Answer, Feedback, Session

__all__ = ["Answer", "Feedback", "Patient", "Session"]
