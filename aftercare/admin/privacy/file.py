"""The file that a patient gets: her data for a program, and the same for her to read or print."""

import json
from datetime import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format

from aftercare.admin.privacy.sheet import sections_of
from aftercare.reports import held_of
from scheduling.models import Location, Patient


def file_of(patient: Patient, now: datetime) -> BytesIO:
    """A ZIP with data.json and index.html, in memory: it is kept nowhere."""
    data = held_of(patient, now)
    page = render_to_string(
        "aftercare/privacy/handed_out.html",
        {
            "name": patient.full_name,
            "made_on": date_format(timezone.localtime(now), "F j, Y"),
            "clinics": list(Location.objects.order_by("name")),
            "sections": sections_of(data),
        },
    )
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=2))
        archive.writestr("index.html", page)
    file.seek(0)
    return file
