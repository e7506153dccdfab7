"""A list is filtered by what it offers, and by nothing else that somebody types into its address."""

import re
from html import unescape

import pytest
from django.contrib import admin
from django.urls import reverse

from clinic.models import Entry
from tests.clinic_world import TODAY
from tests.clock import freeze_time

LISTS = [f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry]


@pytest.mark.parametrize(
    "typed",
    [
        *("patient/?last_name__startswith=Al", "patient/?phone__contains=0101", "patient/?last_name=Alvarez", "patient/?language__regex=e"),
        *("appointment/?patient=1", "course/?id__regex=(", "room/?id__range=1", "waitlistentry/?status__exact=booked"),
        *("patient/?language__exact=%00", "patient/?q=Ana&searchable__contains=ana"),
    ],
)
def test_nobody_is_looked_for_off_the_trail(clinic, sign_in, typed):
    answer = sign_in("Front desk").get(f"/admin/scheduling/{typed}")
    assert answer.status_code == 400
    assert f'href="{answer.wsgi_request.path}">The whole list' in answer.content.decode()
    assert not Entry.objects.filter(action="saw").exists()


@pytest.mark.parametrize(
    "typed", ["caremessage/?kind__regex=(", "caremessage/?patient__gt=1", "consent/?source=%00", "consent/?patient=%00"]
)
def test_where_addresses_are_masked_nothing_is_typed_either(clinic, sign_in, typed):
    assert sign_in("Manager").get(f"/admin/aftercare/{typed}").status_code == 400


@pytest.mark.parametrize("listed", LISTS)
def test_what_it_offers_it_takes(clinic, admin_client, listed):
    """Every link of its filters, its columns and its pages."""
    clinic.treat(clinic.consents(clinic.ana))
    with freeze_time(TODAY):
        page = admin_client.get(reverse(listed))
        for link in set(re.findall(r'href="(\?[^"]*)"', page.content.decode())):
            assert admin_client.get(reverse(listed) + unescape(link)).status_code == 200, link
