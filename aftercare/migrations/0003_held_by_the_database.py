"""What no service may be trusted with alone.

Consents are evidence, and so are a concern's steps: a row that is there is neither changed nor deleted, unless its patient is erased
(`afterglow.erasing`): then a consent loses its address, or both go, with somebody who never had an appointment. And whoever changes a
patient's address, a script or raw SQL, nothing that is queued goes to the old one: looked at when the transaction ends, so that the services
come first and give their reasons.
A version of a protocol that was published is what patients were told: only when it goes out of use may still be written, once. (TRUNCATE
isn't refused: only a table's owner may do that, who could drop the triggers, too; and tests empty their tables with it.)
"""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION aftercare_consent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed aftercare_consent;
BEGIN
    IF current_setting('afterglow.erasing', true) = 'on' THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        changed := NEW;
        changed.address := OLD.address;
        IF NEW.address = '' AND changed IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'consents are append-only: write another row' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER consent_is_append_only BEFORE UPDATE OR DELETE ON aftercare_consent
    FOR EACH ROW EXECUTE FUNCTION aftercare_consent_is_append_only();
"""

# A sign-in or a contact that is deleted takes its name out of it, and nothing else may change.
STEPS_ARE_APPEND_ONLY = """
CREATE FUNCTION aftercare_concern_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.by_id IS NULL OR NEW.by_id = OLD.by_id) AND (NEW.contact_id IS NULL OR NEW.contact_id = OLD.contact_id)
       AND (NEW.id, NEW.concern_id, NEW.what, NEW.at, NEW.detail) = (OLD.id, OLD.concern_id, OLD.what, OLD.at, OLD.detail) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND current_setting('afterglow.erasing', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the steps of a concern are append-only: write another row' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER concern_event_is_append_only BEFORE UPDATE OR DELETE ON aftercare_concernevent
    FOR EACH ROW EXECUTE FUNCTION aftercare_concern_event_is_append_only();
"""

OLD_ADDRESS = """
CREATE FUNCTION aftercare_nothing_to_an_old_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH queued AS MATERIALIZED (
        SELECT m.id
          FROM scheduling_patient patient
          JOIN aftercare_caremessage care ON care.patient_id = patient.id
          JOIN notifications_message m ON m.id = care.message_id
         WHERE patient.id = NEW.id AND m.status IN ('scheduled', 'sending', 'uncertain')
           AND m.address IN (OLD.phone, OLD.email) AND m.address NOT IN (patient.phone, patient.email)
         ORDER BY m.id
           FOR UPDATE OF m
    )
    UPDATE notifications_message m
       SET status = CASE m.status WHEN 'scheduled' THEN 'cancelled' ELSE m.status END,
           reason = CASE m.status WHEN 'scheduled' THEN 'the address changed' ELSE m.reason END,
           expires_at = CASE m.status WHEN 'scheduled' THEN m.expires_at ELSE m.send_at + interval '1 microsecond' END
      FROM queued
     WHERE m.id = queued.id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER nothing_to_an_old_address AFTER UPDATE OF phone, email ON scheduling_patient
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.phone IS DISTINCT FROM NEW.phone OR OLD.email IS DISTINCT FROM NEW.email)
    EXECUTE FUNCTION aftercare_nothing_to_an_old_address();
"""

IMMUTABLE = """
CREATE FUNCTION aftercare_published_is_unchangeable() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed aftercare_protocol;
BEGIN
    IF OLD.published_at IS NULL THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        changed := NEW;
        IF OLD.retired_at IS NULL THEN
            changed.retired_at := OLD.retired_at;
            changed.retired_by_id := OLD.retired_by_id;
        END IF;
        -- Somebody who no longer has an account.
        IF NEW.retired_by_id IS NULL THEN changed.retired_by_id := OLD.retired_by_id; END IF;
        IF NEW.made_by_id IS NULL THEN changed.made_by_id := OLD.made_by_id; END IF;
        IF NEW.published_by_id IS NULL THEN changed.published_by_id := OLD.published_by_id; END IF;
        IF changed IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a published version of a protocol is unchangeable: make a new one' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER published_is_unchangeable BEFORE UPDATE OR DELETE ON aftercare_protocol
    FOR EACH ROW EXECUTE FUNCTION aftercare_published_is_unchangeable();

-- The row is locked before it is looked at: who publishes it just then either waits for this change or refuses it.
CREATE FUNCTION aftercare_refuse_in_published(protocol bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    published timestamptz;
BEGIN
    SELECT published_at INTO published FROM aftercare_protocol WHERE id = protocol FOR SHARE;
    IF published IS NOT NULL THEN
        RAISE EXCEPTION 'a published version of a protocol is unchangeable: make a new one' USING ERRCODE = 'restrict_violation';
    END IF;
END $$;

CREATE FUNCTION aftercare_part_of_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM aftercare_refuse_in_published(OLD.protocol_id); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM aftercare_refuse_in_published(NEW.protocol_id); END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER step_of_published_is_unchangeable BEFORE INSERT OR UPDATE OR DELETE ON aftercare_protocolstep
    FOR EACH ROW EXECUTE FUNCTION aftercare_part_of_published();
CREATE TRIGGER treatments_of_published_are_unchangeable BEFORE INSERT OR UPDATE OR DELETE ON aftercare_protocol_treatments
    FOR EACH ROW EXECUTE FUNCTION aftercare_part_of_published();

CREATE FUNCTION aftercare_text_of_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM aftercare_refuse_in_published(protocol_id) FROM aftercare_protocolstep WHERE id = OLD.step_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM aftercare_refuse_in_published(protocol_id) FROM aftercare_protocolstep WHERE id = NEW.step_id;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER text_of_published_is_unchangeable BEFORE INSERT OR UPDATE OR DELETE ON aftercare_steptext
    FOR EACH ROW EXECUTE FUNCTION aftercare_text_of_published();
"""
CHANGEABLE = """
DROP TRIGGER text_of_published_is_unchangeable ON aftercare_steptext;
DROP TRIGGER treatments_of_published_are_unchangeable ON aftercare_protocol_treatments;
DROP TRIGGER step_of_published_is_unchangeable ON aftercare_protocolstep;
DROP TRIGGER published_is_unchangeable ON aftercare_protocol;
DROP FUNCTION aftercare_text_of_published(), aftercare_part_of_published(), aftercare_refuse_in_published(bigint),
    aftercare_published_is_unchangeable();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("aftercare", "0002_default_protocol"),
        ("scheduling", "0001_initial"),
        ("notifications", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            APPEND_ONLY,
            "DROP TRIGGER consent_is_append_only ON aftercare_consent; DROP FUNCTION aftercare_consent_is_append_only()",
        ),
        migrations.RunSQL(
            STEPS_ARE_APPEND_ONLY,
            "DROP TRIGGER concern_event_is_append_only ON aftercare_concernevent; DROP FUNCTION aftercare_concern_event_is_append_only()",
        ),
        migrations.RunSQL(
            OLD_ADDRESS,
            "DROP TRIGGER nothing_to_an_old_address ON scheduling_patient; DROP FUNCTION aftercare_nothing_to_an_old_address()",
        ),
        migrations.RunSQL(IMMUTABLE, CHANGEABLE),
    ]
