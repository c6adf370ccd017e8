from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from tests.bench.consultation import warm_up

application = get_wsgi_application()
warm_up()
