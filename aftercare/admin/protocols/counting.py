"""How long a text message is, as it stands in the form, while it is being written."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from aftercare.admin.protocols.pages import Pages
from aftercare.admin.protocols.words import accents_left_out, what_makes_it_dear
from aftercare.domain.checking import Surroundings, accents_lost, longest, problems_in_text
from aftercare.domain.protocol import Kind, Step, Text
from aftercare.forms.protocols import LONGEST_TEXT, StepForm
from aftercare.services.protocols.checking import surroundings
from notifications.domain.segments import outside_gsm_7, segments


class CountingPages(Pages):
    def get_urls(self) -> list[URLPattern]:
        count = self.admin_site.admin_view(require_POST(self.count_view))
        return [path("<int:pk>/count/<slug:language>/", count, name="aftercare_protocol_count"), *super().get_urls()]

    def count_view(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        self.protocol_or_404(request, pk)
        if language not in dict(settings.PATIENT_LANGUAGES):
            raise Http404
        sms = request.POST.get(f"{language}-sms", "")[:LONGEST_TEXT].replace("\r\n", "\n")
        kind, times = request.POST.get("kind", ""), request.POST.get("times", "")
        step = replace(
            StepForm.blank(),
            kind=Kind(kind) if kind in set(Kind) else Kind.EDUCATION,
            times=int(times) if times.isascii() and times.isdecimal() and len(times) < 4 else 1,
        )
        context = {"language": language, "size": size_of(sms, step, language, surroundings(), with_problems=True)}
        return TemplateResponse(request, "aftercare/protocols/_text_size.html", context)


def size_of(sms: str, step: Step, language: str, around: Surroundings, *, with_problems: bool = False) -> dict[str, Any]:
    """What the text message comes to at the most; while it is being written, also what is wrong with it."""
    sent = longest(sms, step, language, around)
    lost, lost_at_first = accents_lost(sms, step, language, around)
    problems = problems_in_text(Text(sms, "-", "-"), step, language, around) if with_problems and sms.strip() else []
    return {
        "is_empty": not sms.strip(),
        "segments": segments(sent).number,
        "dear": what_makes_it_dear(outside_gsm_7(sent)),
        "left_out": accents_left_out(lost, lost_at_first),
        "characters": len(sent),
        "sent": sent,
        "problems": [problem.said for problem in problems],
    }
