"""The serums that the clinic uses, and what their names do to the texts (F16)."""

import re
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


def test_a_name_that_would_burst_a_text_is_refused(clinic, sign_in):
    dear = CALMING | {"name_es": "suero de β-glucano con ácido hialurónico y células madre"}
    manager = sign_in("Manager")
    answer = manager.post(f"{PRODUCTS}add/", dear, follow=True)
    [(field, [sentence])] = answer.context["adminform"].form.errors.items()
    assert field == "name_es"
    assert re.fullmatch(
        r"With this name a text in Spanish takes [34] SMS segments, and it may take 2\. Please choose a shorter one, or one without á, í, "
        r"ó and ú\.",
        sentence,
    )
    assert "β-glucano" in unescape(answer.content.decode())  # what was typed stays
    assert not Product.objects.filter(name="calming serum").exists()
    # Without a name of its own, Spanish texts have the English one, and it is that which is too long.
    answer = manager.post(f"{PRODUCTS}add/", CALMING | {"name": dear["name_es"], "name_es": ""})
    assert set(answer.context["adminform"].form.errors) == {"name"}


def test_a_name_is_not_refused_for_what_the_protocol_itself_is_too_long_for(clinic, sign_in):
    clinic.location.name = "Ж" * 100
    clinic.location.save()
    sign_in("Manager").post(f"{PRODUCTS}add/", CALMING)
    assert Product.objects.filter(name="calming serum").exists()


def test_the_price_of_one_in_use_can_be_changed_whatever_its_name_costs(clinic, sign_in):
    dear = Product.objects.create(name="suero de β-glucano con ácido hialurónico y células madre")
    sign_in("Manager").post(
        f"{PRODUCTS}{dear.pk}/change/", {"name": dear.name, "name_es": "", "price": "90.00", "currency": "USD", "is_active": "on"}
    )
    dear.refresh_from_db()
    assert dear.price == 90


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


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "calming\nserum", "Please write it in one line, without line breaks or tabs."),
        ("name_es", "suero\ncalmante", "Please write it in one line, without line breaks or tabs."),
        ("name", "serum {product}", "Please leave out { and }: in texts they stand for what is filled in."),
        ("currency", "us$", "Use the three capital letters of a currency, such as USD."),
        ("currency", "US", "Use the three capital letters of a currency, such as USD."),
    ],
)
def test_what_would_spoil_a_text_or_a_price_is_refused(clinic, sign_in, field, typed, sentence):
    answer = sign_in("Manager").post(f"{PRODUCTS}add/", CALMING | {field: typed})
    assert answer.context["adminform"].form.errors[field] == [sentence]
    assert Product.objects.count() == 2
