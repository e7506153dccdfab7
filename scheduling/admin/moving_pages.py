"""The page on which an appointment is moved: what else that breaks, and how it would be mended, is shown before it is saved."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from scheduling import services
from scheduling.admin.moving_times import days_of
from scheduling.admin.ways_back import next_of
from scheduling.domain.states import COMING
from scheduling.errors import BookingRefused
from scheduling.forms.moving import MoveForm, agreed, as_agreed, typed
from scheduling.forms.sent import LOCAL
from scheduling.models import Appointment, Move
from scheduling.services import Change, Foreseen
from scheduling.views.just_moved import remember

ABOUT = ("patient", "course__treatment", "practitioner", "room__location", "location")
EARLIER = timedelta(days=3)  # than the day asked for, free times are shown as well


@dataclass(frozen=True, slots=True)
class Going:
    """One session on its way: what the page says of it."""

    appointment: Appointment
    was: str
    will_be: str
    before: str  # with whom and where
    after: str
    news: list[str]


class MovingPages(admin.ModelAdmin):
    """`news_of_move` is for whoever knows what the patient is told: aftercare does."""

    def news_of_move(self, move: Move, now: datetime) -> list[str]:
        """What a move that was made just now means for her messages, in sentences; the first says whether she is told."""
        return []

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/move/", view(self.move_view), name="scheduling_appointment_move"),
            path("move/<int:pk>/undo/", view(require_POST(self.undo_view)), name="scheduling_move_undo"),
            *super().get_urls(),
        ]

    # --- moving ----------------------------------------------------------------------------------------------------

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        appointment = get_object_or_404(Appointment.objects.select_related(*ABOUT), pk=pk)
        if not self.has_change_permission(request, appointment):
            raise PermissionDenied
        now = timezone.now()
        form = MoveForm(typed(request.POST if request.method == "POST" else request.GET), appointment=appointment)
        if not form.is_valid():
            return self._move_page(request, form, None, "", now)
        asked = form.cleaned_data
        refused = ""
        if request.method == "POST":
            try:
                moves = self._move(request, appointment, asked, now)
            except BookingRefused as refusal:
                services.note_refusal(refusal)
                refused = str(refusal)
                appointment = form.appointment = Appointment.objects.select_related(*ABOUT).get(pk=pk)  # somebody may have moved it
            else:
                if moves is not None:
                    return self._moved(request, appointment, moves, now)
        foreseen = services.foresee_move(appointment, **asked, look=partial(self.news_of_move, now=now), now=now)
        return self._move_page(request, form, foreseen, refused or str(foreseen.refusal or ""), now)

    def _move(self, request: HttpRequest, appointment: Appointment, asked: dict[str, Any], now: datetime) -> list[Move] | None:
        """The moves that were made; None where something else would have to go along, and nobody has agreed to it yet."""
        seen, by = request.POST.get("seen", ""), cast(User, request.user)
        along = agreed(request.POST.getlist("along")) if "confirmed" in request.POST else []
        if along and asked["room"]:
            return services.make_moves(Change(appointment, **asked, seen=seen), along, by=by, now=now)
        foreseen = services.foresee_move(appointment, **asked, now=now)
        if foreseen.refusal:
            raise foreseen.refusal
        if foreseen.along:
            return None
        return services.make_moves(replace(foreseen.change, seen=seen or foreseen.change.seen), by=by, now=now)

    def _moved(self, request: HttpRequest, appointment: Appointment, moves: list[Move], now: datetime) -> HttpResponse:
        back = next_of(request) or reverse("admin:scheduling_appointment_change", args=[appointment.pk])
        if not moves:
            messages.info(request, f"{appointment.patient.full_name}, {appointment.local_time_text}: it is there already.")
            return redirect(back)
        moved = moves[0].appointment
        others = ngettext(", and %(count)s later session with it", ", and %(count)s later sessions with it", len(moves) - 1)
        along = others % {"count": len(moves) - 1} if len(moves) > 1 else ""
        self._say_of_moves(request, moves, f"moved{along}.", now)
        for warning in services.warnings_of(moved):
            messages.warning(request, warning)
        remember(request, moves[0])
        return redirect(back)

    def _say_of_moves(self, request: HttpRequest, moves: list[Move], what: str, now: datetime) -> None:
        moved = moves[0].appointment
        told = dict.fromkeys(sentence for move in moves for sentence in self.news_of_move(move, now)[:1])  # in order, each once
        messages.success(request, " ".join([f"{moved.patient.full_name}, {moved.local_time_text}: {what}", *told]))

    def _move_page(self, request: HttpRequest, form: MoveForm, foreseen: Foreseen | None, refused: str, now: datetime) -> HttpResponse:
        appointment = form.appointment
        may_move = appointment.status in COMING
        near = form.cleaned_data.get("starts_at") if form.is_bound and form.is_valid() else None
        is_possible = bool(foreseen and not foreseen.refusal and foreseen.looks)
        if not may_move and not refused:
            refused = f"This appointment is {appointment.get_status_display()}, so it can't be moved."
        shown_from = _first_day(request, appointment, near, now)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Move {appointment.patient.full_name}",
            "subtitle": f"{appointment.course.treatment} · {appointment.local_time_text}",
            "opts": self.opts,
            "appointment": appointment,
            "standing": _place(appointment),
            "form": form,
            "refused": refused,
            "may_move": may_move,
            "foreseen": foreseen if is_possible else None,
            "goings": _goings(foreseen) if foreseen and is_possible else [],
            "agreed": [as_agreed(change) for change in foreseen.along] if foreseen and is_possible else [],
            "wanted": f"{near:{LOCAL}}" if near else "",
            "days": days_of(services.free_around(appointment, shown_from, now=now), appointment, near) if may_move else [],
            "shown_from": shown_from.isoformat(),
            "next": next_of(request),
            "back": next_of(request) or reverse("admin:scheduling_appointment_change", args=[appointment.pk]),
        }
        return TemplateResponse(request, "scheduling/move.html", context)

    # --- taking it back --------------------------------------------------------------------------------------------

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        move = get_object_or_404(Move.objects.select_related("appointment", "along_with"), pk=pk)
        if not self.has_change_permission(request, move.appointment):
            raise PermissionDenied
        now = timezone.now()
        try:
            backs = services.undo_move(move, by=cast(User, request.user), now=now)
        except BookingRefused as refusal:
            services.note_refusal(refusal)
            messages.error(request, str(refusal))
        else:
            self._say_of_moves(request, backs, "the move is undone.", now)
        return redirect(next_of(request) or reverse("admin:scheduling_appointment_change", args=[move.appointment_id]))


def _goings(foreseen: Foreseen) -> list[Going]:
    return [
        Going(
            change.appointment,
            change.appointment.local_time_text,
            date_format(change.starts_at.astimezone(_location_of(change).zone), "DATETIME_FORMAT"),
            _place(change.appointment),
            f"{change.practitioner or change.appointment.practitioner} · {(change.room or change.appointment.room).name}",
            foreseen.looks.get(change.appointment.pk) or [],
        )
        for change in (foreseen.change, *foreseen.along)
    ]


def _location_of(change: Change) -> Any:
    return (change.room or change.appointment.room).location


def _place(appointment: Appointment) -> str:
    return f"{appointment.practitioner} · {appointment.room.name}"


def _first_day(request: HttpRequest, appointment: Appointment, near: datetime | None, now: datetime) -> date:
    """From when on free times are shown: as asked, or around the time asked for, or from the session's own day on."""
    try:
        asked = parse_date(request.GET.get("from", ""))
    except ValueError:
        asked = None
    today = appointment.day_of(now)
    if asked:
        return max(asked, today)
    return max(today, appointment.day_of(near) - EARLIER if near else appointment.local_day)
