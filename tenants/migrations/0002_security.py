"""Row-level security and the audit chain."""

from django.db import migrations

from tenants.rls import append_only, protect

AUDIT_CHAIN = """
-- An array's text is unambiguous: no separator can be smuggled into a field.
CREATE FUNCTION audit_row_hash(previous bytea, e tenants_auditevent) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $body$
    SELECT sha256(previous || convert_to(jsonb_build_array(
        e.tenant_id, e.seq, e.id, (extract(epoch FROM e.created_at) * 1000000)::bigint, e.action,
        e.actor_type, e.actor_id, e.target_type, e.target_id, e.request_id, e.ip, e.metadata,
        e.livemode)::text, 'UTF8'))
$body$;

CREATE FUNCTION audit_append(tenant uuid, events jsonb) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE head tenants_audithead; added tenants_auditevent; event jsonb;
BEGIN
    SELECT * INTO head FROM tenants_audithead WHERE tenant_id = tenant FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO tenants_audithead (tenant_id, seq, hash) VALUES (tenant, 0, ''::bytea)
            ON CONFLICT DO NOTHING;
        SELECT * INTO head FROM tenants_audithead WHERE tenant_id = tenant FOR UPDATE;
    END IF;
    FOR event IN SELECT * FROM jsonb_array_elements(events) LOOP
        head.seq := head.seq + 1;
        added := jsonb_populate_record(NULL::tenants_auditevent, event);
        added.tenant_id := tenant;
        added.seq := head.seq;
        added.hash := audit_row_hash(head.hash, added);
        head.hash := added.hash;
        INSERT INTO tenants_auditevent SELECT added.*;
    END LOOP;
    UPDATE tenants_audithead SET seq = head.seq, hash = head.hash WHERE tenant_id = tenant;
END $body$;

CREATE FUNCTION audit_verify(tenant uuid, OUT checked bigint, OUT first_broken uuid, OUT head_fits boolean)
LANGUAGE sql STABLE AS $body$
    WITH chain AS (
        SELECT e.id, e.seq, e.hash, row_number() OVER w AS place,
               audit_row_hash(lag(e.hash, 1, ''::bytea) OVER w, e) AS expected
        FROM tenants_auditevent e WHERE e.tenant_id = tenant WINDOW w AS (ORDER BY e.seq)
    ), head AS (SELECT h.seq, h.hash FROM tenants_audithead h WHERE h.tenant_id = tenant)
    SELECT (SELECT count(*) FROM chain),
           (SELECT c.id FROM chain c WHERE c.seq <> c.place OR c.hash <> c.expected ORDER BY c.seq LIMIT 1),
           coalesce((SELECT h.seq = (SELECT count(*) FROM chain)
                        AND (h.seq = 0 OR h.hash = (SELECT c.hash FROM chain c ORDER BY c.seq DESC LIMIT 1))
                     FROM head h), (SELECT count(*) FROM chain) = 0)
$body$;
"""

# One round trip before the tenant is known: the hash leads to the tenant, the tenant opens its rows.
KEY_LOOKUP = """
CREATE FUNCTION key_actor(hash bytea, OUT tenant_id uuid, OUT key_id uuid, OUT livemode boolean,
    OUT scopes text[], OUT rate_limit_rpm integer, OUT has_own_limit boolean, OUT expires_at timestamptz,
    OUT revoked_at timestamptz, OUT last_used_at timestamptz, OUT tier text, OUT rate_limit_override integer,
    OUT suspended_at timestamptz)
LANGUAGE plpgsql AS $body$
BEGIN
    SELECT d.tenant_id, d.key_id INTO tenant_id, key_id FROM tenants_keydirectory d WHERE d.key_hash = hash;
    IF NOT FOUND THEN RETURN; END IF;
    PERFORM set_config('app.tenant_id', tenant_id::text, true);
    SELECT k.livemode, k.scopes, k.rate_limit_rpm, k.has_own_limit, k.expires_at, k.revoked_at,
           k.last_used_at, t.tier, t.rate_limit_override, t.suspended_at
    INTO livemode, scopes, rate_limit_rpm, has_own_limit, expires_at, revoked_at, last_used_at,
         tier, rate_limit_override, suspended_at
    FROM tenants_apikey k JOIN tenants_tenant t ON t.id = k.tenant_id
    WHERE k.tenant_id = key_actor.tenant_id AND k.id = key_actor.key_id;
END $body$;
"""

# The lock is taken before the row is looked for, in statements of their own: under READ COMMITTED each
# sees what was committed before it, so a call that ended in between is found, not repeated.
CLAIM_CALL = """
CREATE FUNCTION claim_call(tenant uuid, live boolean, call_key text, OUT is_busy boolean,
    OUT fingerprint bytea, OUT status smallint, OUT body bytea, OUT tokens_charged integer)
LANGUAGE plpgsql AS $body$
BEGIN
    is_busy := NOT pg_try_advisory_xact_lock(hashtextextended(tenant::text || live::text || call_key, 7));
    IF is_busy THEN RETURN; END IF;
    SELECT c.fingerprint, c.status, c.body, c.tokens_charged INTO fingerprint, status, body, tokens_charged
    FROM tenants_idempotentcall c
    WHERE c.tenant_id = tenant AND c.livemode = live AND c.key = call_key AND c.expires_at > now();
END $body$;
"""


# The app reads which migrations were applied and writes none.
HISTORY_READ_ONLY = """
DO $body$
DECLARE grantee_name text;
BEGIN
    FOR grantee_name IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
        WHERE table_name = 'django_migrations' AND grantee NOT IN (current_user, 'PUBLIC')
    LOOP
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON django_migrations FROM %I', grantee_name);
    END LOOP;
END $body$;
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        protect("tenants_tenant", column="id"),
        protect("tenants_member"),
        protect("tenants_apikey"),
        protect("tenants_auditevent"),
        protect("tenants_audithead"),
        protect("tenants_idempotentcall"),
        protect("tenants_mail"),
        append_only("tenants_auditevent"),
        migrations.RunSQL(
            AUDIT_CHAIN,
            """
            DROP FUNCTION audit_verify; DROP FUNCTION audit_append; DROP FUNCTION audit_row_hash;
            """,
        ),
        migrations.RunSQL(KEY_LOOKUP, "DROP FUNCTION key_actor;"),
        migrations.RunSQL(CLAIM_CALL, "DROP FUNCTION claim_call;"),
        migrations.RunSQL(HISTORY_READ_ONLY, migrations.RunSQL.noop),
    ]
