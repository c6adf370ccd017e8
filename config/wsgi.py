"""Server entry point."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

if multiprocessing.parent_process() is not None:
    # A worker inherits handlers that are its parent's business. Told to end while it loads, it would load
    # on, begin to take calls and be killed in the middle of them.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
# Nothing that is loaded now is ever garbage: looking for some would take a third of the start.
gc.disable()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_django = get_wsgi_application()

from config.startup import prepare  # noqa: E402  # models can be imported only now
from tenants.traffic.operations import keep_flushing  # noqa: E402

prepare()
keep_flushing()
# Kept out of every later look, which would otherwise hold up a request.
gc.freeze()
gc.enable()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, which takes a body without a length for none: a chunked one is given its length first."""
    if not environ.get("CONTENT_LENGTH") and "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        body = environ["wsgi.input"].read(settings.MAX_BODY_BYTES + 1)
        environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
    response: Iterable[bytes] = _django(environ, start_response)
    return response
