"""Table of contents: every path of the product."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config import public

urlpatterns: list[URLPattern | URLResolver] = [
    path("", public.front_page),
    path("livez", public.livez),
    path("readyz", public.readyz),
    path("health", public.health),
    path("changelog", public.changelog),
    path("v1/changelog", public.changelog),
    path("openapi.json", public.openapi),
    path("docs", public.docs),
    path("redoc", public.redoc),
    path("", include("sessions_app.urls")),
    path("", include("billing.urls")),
    path("", include("tenants.urls")),
]
if settings.IS_EMBEDDED:
    urlpatterns.append(path("dev/", include("config.mail_urls")))

handler400 = "config.public.bad_request"
handler404 = "config.public.not_found"
handler500 = "config.public.server_error"
