"""Row-level security of sessions and patients; no reference crosses tenants."""

from django.db import migrations

from tenants.rls import protect, references

# What a clinician was told stays what was told; an erasure deletes, which remains allowed.
READ_ONLY = """
CREATE FUNCTION session_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN RAISE EXCEPTION 'a finalized session is read-only' USING ERRCODE = 'restrict_violation'; END $body$;
CREATE TRIGGER sessions_app_session_finalized BEFORE UPDATE ON sessions_app_session
    FOR EACH ROW WHEN (OLD.status = 'finalized') EXECUTE FUNCTION session_refuse_change();

CREATE FUNCTION answer_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF EXISTS (SELECT FROM sessions_app_session s
               WHERE s.tenant_id = NEW.tenant_id AND s.id = NEW.session_id AND s.status = 'finalized')
    THEN RAISE EXCEPTION 'a finalized session is read-only' USING ERRCODE = 'restrict_violation'; END IF;
    RETURN NEW;
END $body$;
CREATE TRIGGER sessions_app_answer_finalized BEFORE INSERT OR UPDATE ON sessions_app_answer
    FOR EACH ROW EXECUTE FUNCTION answer_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0001_initial"), ("tenants", "0002_security")]

    operations = [
        protect("sessions_app_patient"),
        protect("sessions_app_session"),
        protect("sessions_app_answer"),
        protect("sessions_app_feedback"),
        references("sessions_app_session", "patient_id", "sessions_app_patient"),
        references("sessions_app_answer", "session_id", "sessions_app_session"),
        references("sessions_app_feedback", "session_id", "sessions_app_session"),
        migrations.RunSQL(
            READ_ONLY,
            """
            DROP TRIGGER sessions_app_answer_finalized ON sessions_app_answer;
            DROP TRIGGER sessions_app_session_finalized ON sessions_app_session;
            DROP FUNCTION answer_refuse_change; DROP FUNCTION session_refuse_change;
            """,
        ),
    ]
