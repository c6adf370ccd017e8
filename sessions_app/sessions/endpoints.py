from __future__ import annotations

from config.endpoint import Endpoint
from sessions_app.sessions import outputs, queries, replies
from sessions_app.sessions.corrections import erase_session, give_feedback, rectify_session, set_demographics
from sessions_app.sessions.inputs import (
    AnswerInput,
    BulkExportInput,
    FeedbackInput,
    NewSession,
    Person,
    Rectification,
    RouteInput,
    SessionQuery,
)
from sessions_app.sessions.operations import answer_session, finalize_session, route_text, start_session


class CreateSession(Endpoint):
    """Begin an interview from a chief complaint."""

    scope = "sessions:write"
    takes = NewSession
    gives = replies.CreatedOut
    operation = staticmethod(start_session)
    shape = staticmethod(outputs.created)
    status = 201
    is_charged = has_meta = True


class ListSessions(Endpoint):
    """The tenant's sessions, newest first."""

    scope = "sessions:read"
    takes = SessionQuery
    gives = replies.SessionPageOut
    operation = staticmethod(queries.listing)
    audits = "session.list_accessed"
    audits_hourly = True


class ExportSessions(Endpoint):
    """Full records of finalized sessions."""

    scope = "sessions:read"
    takes = BulkExportInput
    gives = replies.BulkExportOut
    operation = staticmethod(queries.bulk_export)
    audits = "session.bulk_exported"
    keeps_reply = False


class GetState(Endpoint):
    """Where the interview stands."""

    scope = "sessions:read"
    gives = replies.StateOut
    operation = staticmethod(queries.session_state)
    shape = staticmethod(outputs.state)
    audits = "session.state_accessed"
    audits_hourly = True


class ListQuestions(Endpoint):
    """The questions asked with their answers, and those likely to come."""

    scope = "sessions:read"
    gives = replies.QuestionsOut
    operation = staticmethod(queries.questions)
    audits = "session.questions_accessed"
    audits_hourly = True


class RouteText(Endpoint):
    """Find the branch that a free text belongs to."""

    scope = "sessions:write"
    takes = RouteInput
    gives = replies.RoutedOut
    operation = staticmethod(route_text)
    shape = staticmethod(outputs.routed)
    is_charged = has_meta = True


class AnswerSession(Endpoint):
    """Answer the current question, or another one of the session's branches."""

    scope = "sessions:write"
    takes = AnswerInput
    gives = replies.AnsweredOut
    operation = staticmethod(answer_session)
    shape = staticmethod(outputs.answered)
    is_charged = has_meta = True


class GetResults(Endpoint):
    """Triage level, red flags and differential, at any time."""

    scope = "sessions:read"
    gives = replies.ResultsOut
    operation = staticmethod(queries.results)
    has_meta = True
    audits = "session.results_accessed"
    audits_hourly = True


class FinalizeSession(Endpoint):
    """Close the interview and freeze its results."""

    scope = "sessions:write"
    gives = replies.FinalizedOut
    operation = staticmethod(finalize_session)


class ExportSession(Endpoint):
    """The complete record of one session."""

    scope = "sessions:read"
    gives = replies.RecordOut
    operation = staticmethod(queries.full_record)
    audits = "session.exported"


class SetDemographics(Endpoint):
    """Set age or sex of the patient."""

    scope = "sessions:write"
    takes = Person
    gives = replies.StateOut
    operation = staticmethod(set_demographics)
    shape = staticmethod(outputs.state)


class RectifySession(Endpoint):
    """Correct demographics or take answers out (GDPR Art. 16)."""

    scope = "sessions:write"
    takes = Rectification
    gives = replies.RectifiedOut
    operation = staticmethod(rectify_session)
    shape = staticmethod(outputs.rectified)


class GiveFeedback(Endpoint):
    """Say how right a finalized session was."""

    scope = "sessions:write"
    takes = FeedbackInput
    gives = replies.FeedbackOut
    operation = staticmethod(give_feedback)
    shape = staticmethod(
        lambda feedback: {
            "session_id": feedback.session_id,
            "accuracy": feedback.accuracy,
            "created_at": feedback.created_at,
        }
    )


class EraseSession(Endpoint):
    """Erase a session and everything that hangs on it (GDPR Art. 17)."""

    scope = "sessions:write"
    gives = replies.ErasedOut
    operation = staticmethod(erase_session)
    shape = staticmethod(lambda _: dict[str, str]())
