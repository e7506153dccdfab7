from django.db import models

from scheduling.domain.states import BLOCKING, COMING, Status


class AppointmentQuerySet(models.QuerySet):
    def blocking(self) -> "AppointmentQuerySet":
        """Those that take up a practitioner, a room, a patient and her skin."""
        return self.filter(status__in=BLOCKING)

    def fulfilled(self) -> "AppointmentQuerySet":
        return self.filter(status=Status.FULFILLED)

    def coming(self) -> "AppointmentQuerySet":
        """Booked or arrived, whatever their date: the session is still to be completed."""
        return self.filter(status__in=COMING)
