"""The board: who is where and when, and what is free."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from scheduling.models import Location
from scheduling.reports.board import By, board
from scheduling.views.board_choice import DAY, WEEK, Choice, read, remember
from scheduling.views.board_drawing import Draw
from scheduling.views.board_words import heading


@require_safe
@permission_required("scheduling.view_appointment", raise_exception=True)
def board_page(request: HttpRequest) -> HttpResponse:
    """A day or a week of one location. htmx asks for the grid alone."""
    locations = list(Location.objects.all())
    if not locations:
        return TemplateResponse(request, "scheduling/board_nowhere.html", {**admin.site.each_context(request), "title": _("Board")})
    now = timezone.now()
    choice, problems = read(request, locations, lambda location: now.astimezone(location.zone).date())
    context = grid(request, choice, now)
    if getattr(request, "htmx", False):
        return TemplateResponse(request, "scheduling/_board_grid.html", context | {"is_part": True})
    remember(request, choice)
    context |= {
        **admin.site.each_context(request),
        "title": _("Board"),
        "problems": problems,
        "locations": [(location, choice.address(location=location, who=None)) for location in locations],
        **ways(choice, now),
    }
    return TemplateResponse(request, "scheduling/board.html", context)


def grid(request: HttpRequest, choice: Choice, now: datetime) -> dict[str, Any]:
    reading = board(choice.location, choice.days, choice.by, who=choice.who, now=now)
    may_book, may_move = (request.user.has_perm(f"scheduling.{verb}_appointment") for verb in ("add", "change"))
    draw = Draw(reading, choice, quote(choice.address(), safe=""), may_book, may_move)
    context = {
        "choice": choice,
        "here": choice.address(),
        "heading": heading(choice.days, reading.now),
        "summary": draw.summary(),
        "closed": reading.closed.get(choice.day, "") if choice.view == DAY else "",
        "resources": reading.resources,
        "may_book": may_book,
        "may_move": may_move,
        "is_by_room": choice.by is By.ROOM,
    }
    if choice.view == WEEK and choice.who is None:
        return context | {"week": draw.week(), "days": draw.days()}
    is_day = choice.view == DAY
    return context | {
        "columns": draw.columns(),
        "hours": draw.hours(),
        "now_at": draw.now_at(),
        "row_count": draw.row_count,
        "frame_start": reading.frame.start,
        "out_today": draw.out_today() if is_day else [],
        "alone": next((resource.name for resource in reading.resources if resource.pk == choice.who), ""),
    }


def ways(choice: Choice, now: datetime) -> dict[str, Any]:
    """Where one can go from here."""
    before, after = choice.stepped(-1), choice.stepped(1)
    today = now.astimezone(choice.location.zone).date()
    return {
        "before": before and before.address(),
        "after": after and after.address(),
        "today": choice.address(day=today),
        "is_today": today in choice.days,
        "views": [
            (_("Day"), choice.address(view=DAY, who=None), choice.view == DAY),
            (_("Week"), choice.address(view=WEEK), choice.view == WEEK),
        ],
        "bys": [
            (_("Practitioners"), choice.address(by=By.PRACTITIONER, who=None), choice.by is By.PRACTITIONER),
            (_("Rooms"), choice.address(by=By.ROOM, who=None), choice.by is By.ROOM),
        ],
        "everybody": choice.address(who=None),
    }
