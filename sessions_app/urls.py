from django.urls import path

from config.doors import API, route
from sessions_app.overview.endpoints import GetStats, Me
from sessions_app.overview.schema import branches, chief_complaints
from sessions_app.patients.endpoints import (
    DeletePatient,
    GetProfile,
    ListPatients,
    ListPatientSessions,
    PutProfile,
    RectifyPatient,
)
from sessions_app.sessions.endpoints import (
    AnswerSession,
    CreateSession,
    EraseSession,
    ExportSession,
    ExportSessions,
    FinalizeSession,
    GetResults,
    GetState,
    GiveFeedback,
    ListQuestions,
    ListSessions,
    RectifySession,
    RouteText,
    SetDemographics,
)

SESSION = "v1/sessions/<id:session_id>"

urlpatterns = [
    route(API, "v1/sessions", GET=ListSessions, POST=CreateSession),
    route(API, "v1/sessions/export", POST=ExportSessions),
    route(API, SESSION, DELETE=EraseSession),
    route(API, f"{SESSION}/state", GET=GetState),
    route(API, f"{SESSION}/questions", GET=ListQuestions),
    route(API, f"{SESSION}/route", POST=RouteText),
    route(API, f"{SESSION}/answer", POST=AnswerSession),
    route(API, f"{SESSION}/results", GET=GetResults),
    route(API, f"{SESSION}/finalize", POST=FinalizeSession),
    route(API, f"{SESSION}/export", GET=ExportSession),
    route(API, f"{SESSION}/demographics", POST=SetDemographics, PATCH=SetDemographics),
    route(API, f"{SESSION}/rectify", PATCH=RectifySession, POST=RectifySession),
    route(API, f"{SESSION}/feedback", POST=GiveFeedback),
    route(API, "v1/patients", GET=ListPatients),
    route(API, "v1/patients/<str:patient_id>", DELETE=DeletePatient),
    route(API, "v1/patients/<str:patient_id>/profile", GET=GetProfile, PUT=PutProfile),
    route(API, "v1/patients/<str:patient_id>/rectify", POST=RectifyPatient),
    route(API, "v1/patients/<str:patient_id>/sessions", GET=ListPatientSessions),
    route(API, "v1/me", GET=Me),
    path("v1/schema/chief-complaints", chief_complaints),
    path("v1/schema/branches", branches),
    route(API, "v1/admin/stats", GET=GetStats),
]
