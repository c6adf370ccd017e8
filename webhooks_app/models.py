"""Django finds the models of all slices here."""

from webhooks_app.events.models import Event

__all__ = ["Event"]
