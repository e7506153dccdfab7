from datetime import date

from django.db import models
from django.db.models import Q

from scheduling.domain.searching import pieces
from scheduling.domain.states import BLOCKING, COMING, Status
from scheduling.fields import plain


class PatientQuerySet(models.QuerySet):
    def matching(self, typed: str) -> "PatientQuerySet":
        """Those of whom every word is a part of name, phone number, email or birth date; everybody where nothing is typed.

        `contains` and not `icontains`, which the trigram index doesn't serve: both sides are in small letters and without accents.
        """
        found = self
        for piece in pieces(typed):
            in_one_spelling = Q()
            for spelling in piece:
                in_one_spelling |= Q(searchable__contains=plain(spelling))
            found = found.filter(in_one_spelling)
        return found

    def resembling(self, *, first_name: str, last_name: str, birth_date: date, phone: str) -> "PatientQuerySet":
        """Those born that day who have that number (E.164, "" for none) or that name: who may be the same person once more."""
        same_name = Q(searchable__startswith=plain(f"{first_name.strip()} {last_name.strip()} "))
        return self.filter(same_name | Q(phone=phone) if phone else same_name, birth_date=birth_date)


class AppointmentQuerySet(models.QuerySet):
    def blocking(self) -> "AppointmentQuerySet":
        """Those that take up a practitioner, a room, a patient and her skin."""
        return self.filter(status__in=BLOCKING)

    def fulfilled(self) -> "AppointmentQuerySet":
        return self.filter(status=Status.FULFILLED)

    def coming(self) -> "AppointmentQuerySet":
        """Booked or arrived, whatever their date: the session is still to be completed."""
        return self.filter(status__in=COMING)
