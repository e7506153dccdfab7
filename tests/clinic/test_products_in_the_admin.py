"""The serums that the clinic uses, and what their names do to the texts (F16)."""

from html import unescape

import pytest

from aftercare.services import dearest_text
from notifications.domain.segments import segments
from scheduling.models import Product

PRODUCTS = "/admin/scheduling/product/"
CALMING = {"name": "calming serum", "name_es": "suero calmante", "price": "89.00", "currency": "USD", "is_active": "on"}


def test_the_clinic_starts_with_the_two_that_it_sells(db):
    assert list(Product.objects.order_by("pk").values_list("name", "name_es", "is_active")) == [
        ("hyaluronic acid serum", "sérum hialurónico", True),
        ("Alastin Regenerating Skin Nectar", "", True),
    ]


@pytest.mark.parametrize("language", ["en", "es"])
def test_with_either_no_text_takes_more_than_two_segments(clinic, language):
    clinic.location.name = "Riverside Skin & Laser Clinics"  # 30 letters
    clinic.location.save()
    longest = {product.name: dearest_text(product, language) for product in Product.objects.all()}
    assert {name: text for name, text in longest.items() if segments(text).number > 2} == {}


def test_a_manager_adds_one(clinic, sign_in):
    answer = sign_in("Manager").post(f"{PRODUCTS}add/", CALMING, follow=True)
    assert [note.level_tag for note in answer.context["messages"]] == ["success"]
    added = Product.objects.get(name="calming serum")
    assert (added.name_in("es"), added.name_in("en"), added.price) == ("suero calmante", "calming serum", 89)


def test_a_name_that_makes_texts_dear_is_said(clinic, sign_in):
    dear = CALMING | {"name_es": "suero de β-glucano con ácido hialurónico y células madre"}
    answer = sign_in("Manager").post(f"{PRODUCTS}add/", dear, follow=True)
    assert "With this name a text in Español can take 3 SMS segments" in unescape(answer.content.decode())
    assert Product.objects.filter(name="calming serum").exists()
    renamed = CALMING | {"price": "90.00"}
    answer = sign_in("Manager").post(f"{PRODUCTS}{Product.objects.get(name='calming serum').pk}/change/", renamed, follow=True)
    assert "segments" not in answer.content.decode()


def test_none_is_deleted_it_is_taken_out_of_use(clinic, sign_in):
    serum = Product.objects.first()
    assert sign_in("Manager").post(f"{PRODUCTS}{serum.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Product.objects.count() == 2


@pytest.mark.parametrize("role", ["Front desk", "Clinician"])
def test_the_others_look(clinic, sign_in, role):
    desk, serum = sign_in(role), Product.objects.first()
    assert desk.get(PRODUCTS).status_code == 200
    assert desk.get(f"{PRODUCTS}{serum.pk}/change/").status_code == 200
    assert desk.post(f"{PRODUCTS}add/", CALMING).status_code == 403
    assert desk.post(f"{PRODUCTS}{serum.pk}/change/", CALMING).status_code == 403
    assert Product.objects.count() == 2


def test_the_clinics_set_up_leads_there(clinic, sign_in):
    assert f'<a href="{PRODUCTS}">Products</a>' in sign_in("Manager").get("/admin/").content.decode()
