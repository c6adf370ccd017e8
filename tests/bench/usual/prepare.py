"""Makes the peer's tables, tenants, keys and template sessions: `python -m tests.bench.usual.prepare`.

Takes JSON from standard input and prints the keys as JSON in the order of the tenants.
"""

from __future__ import annotations

import json
import os
import sys

import django
from django.core.management import call_command


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.usual.settings"
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0, skip_checks=True)
    from tests.bench.usual.models import Balance, Session, Tenant, TenantKey

    given = json.load(sys.stdin)
    keys = []
    for number, tenant_id in enumerate(given["tenants"]):
        tenant = Tenant.objects.create(id=tenant_id, name=f"Clinic {number}", tier="enterprise")
        Balance.objects.create(tenant=tenant, balance=given["balance"])
        scopes = ["sessions:read", "sessions:write"]
        keys.append(TenantKey.objects.create_key(name="bench", tenant=tenant, scopes=scopes)[1])
    Session.objects.bulk_create([Session(**fields) for fields in given["sessions"]])
    sys.stdout.write(json.dumps(keys))
    return 0


if __name__ == "__main__":
    sys.exit(main())
