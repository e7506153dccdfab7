from django.contrib.auth.models import Permission
from django.db import connection

from aftercare.models import Consent
from tests.clinic_world import open_clinic
from tests.emptying import KEPT, empty_the_tables


def test_whatever_a_test_commits_is_gone_afterwards_even_what_nobody_may_delete(transactional_db) -> None:
    clinic = open_clinic()
    clinic.treat(clinic.consents(clinic.ana))
    assert Consent.objects.exists()
    permissions = Permission.objects.count()

    empty_the_tables()

    assert filled() == []
    assert Permission.objects.count() == permissions


def filled() -> list[str]:
    with connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - set(KEPT))
        assert "aftercare_consent" in tables
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables))
        return [table for (table,) in cursor.fetchall()]
