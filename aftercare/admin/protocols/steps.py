"""The page of one step: when it is sent, and its words in every language beside each other."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from aftercare import services
from aftercare.admin.protocols.counting import size_of
from aftercare.admin.protocols.pages import Pages, about, page_of, state_of
from aftercare.admin.protocols.words import facts_of, hours, in_words
from aftercare.domain.checking import Problem, problems_in
from aftercare.domain.facts import FACTS
from aftercare.domain.placeholders import PLACEHOLDERS
from aftercare.domain.protocol import Step, Text
from aftercare.domain.remarks import remarks_on
from aftercare.errors import NameTaken, Refused
from aftercare.forms.protocols import NEW_STEP, PARTS, StepForm
from aftercare.models import Protocol, ProtocolStep
from aftercare.services.protocols.checking import surroundings
from aftercare.services.protocols.drafts import step_seen


class StepPages(Pages):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/step/", view(self.step_add_view), name="aftercare_protocolstep_add"),
            path("step/<int:pk>/", view(self.step_view), name="aftercare_protocolstep_change"),
            path("step/<int:pk>/remove/", view(self.step_remove_view), name="aftercare_protocolstep_remove"),
            path("step/<int:pk>/shift/", view(require_POST(self.step_shift_view)), name="aftercare_protocolstep_shift"),
            *super().get_urls(),
        ]

    def step_add_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        protocol = self.protocol_to_change(request, pk)
        form = StepForm(request.POST if request.method == "POST" else None, initial=NEW_STEP)
        if form.is_bound and form.is_valid():
            try:
                row = services.add_step(protocol, form.step())
            except Refused as refusal:
                form.add_error("slug" if isinstance(refusal, NameTaken) else None, str(refusal))
            else:
                messages.success(request, _("“%(step)s” is added, as the last step.") % {"step": row.slug})
                return redirect(self._way_on(request, row))
        return self._step_page(request, protocol, form, None)

    def step_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.step_or_404(request, pk)
        may_change = row.protocol.is_draft and self.has_change_permission(request)
        if request.method != "POST":
            return self._step_page(request, row.protocol, StepForm(initial=StepForm.of(row.as_domain())) if may_change else None, row)
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = StepForm(request.POST)
        if form.is_valid():
            try:
                services.change_step(row, form.step(), seen=request.POST.get("seen", ""))
            except Refused as refusal:
                form.add_error("slug" if isinstance(refusal, NameTaken) else None, str(refusal))
                row = self.step_or_404(request, pk)  # as it is now
            else:
                _say_saved(request, row.protocol, form.cleaned_data["slug"])
                return redirect(self._way_on(request, row))
        return self._step_page(request, row.protocol, form, row)

    def step_remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.step_to_change(request, pk)
        refused = "" if row.protocol.is_draft else _("%(protocol)s is published: it can’t be changed.") % {"protocol": row.protocol}
        if request.method == "POST":
            try:
                services.remove_step(row)
            except Refused as refusal:
                refused = str(refusal)
            else:
                messages.success(request, _("“%(step)s” is removed.") % {"step": row.slug})
                return redirect(page_of(row.protocol))
        context = {
            "protocol": row.protocol,
            "button": _("Remove the step"),
            "explained": [_("Its words go with it.")],
            "refused": refused,
        }
        return self.shown(request, "aftercare/protocols/confirm.html", _("Remove “%(step)s”") % {"step": row.slug}, context)

    def step_shift_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.step_to_change(request, pk)
        try:
            services.shift_step(row, -1 if "earlier" in request.POST else 1)
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect(f"{page_of(row.protocol)}#step-{row.pk}")

    # ------------------------------------------------------------------------------------------------------------------

    def _step_page(self, request: HttpRequest, protocol: Protocol, form: StepForm | None, row: ProtocolStep | None) -> TemplateResponse:
        step = row.as_domain() if row else None
        around = surroundings()
        written = form.step() if form and form.is_bound and form.is_valid() else step
        problems = problems_in(protocol.as_domain(), around) if protocol.is_draft and row else []
        languages = []
        for language, called in settings.PATIENT_LANGUAGES:
            text = form.text(language) if form and form.is_bound and hasattr(form, "cleaned_data") else _text(step, language)
            languages.append(
                {
                    "code": language,
                    "called": called,
                    "text": text,
                    "fields": {part: form[f"{language}-{part}"] for part in PARTS} if form else {},
                    "size": size_of(text.sms, written or StepForm.blank(), language, around),
                    "problems": about(problems, row.slug, language) if row else [],
                }
            )
        title = f"“{row.slug}”" if row else _("New step")
        context = {
            "protocol": protocol,
            "row": row,
            "form": form,
            "seen": step_seen(step) if step else "",
            "languages": languages,
            "problems": _with_places(about(problems, row.slug)) if row else [],
            "placeholders": PLACEHOLDERS,
            "facts": FACTS,
            "own_facts": facts_of([written]) if written else [],
            "remarks": remarks_on(written) if written else [],
            "state": state_of(protocol),
            "words": in_words(step) if step else "",
            "valid_for": hours(step.valid_for) if step else "",
        }
        return self.shown(request, "aftercare/protocols/step.html", title, context)

    def _way_on(self, request: HttpRequest, row: ProtocolStep) -> str:
        if "back" in request.POST:
            return f"{page_of(row.protocol)}#step-{row.pk}"
        return reverse("admin:aftercare_protocolstep_change", args=[row.pk])


def _say_saved(request: HttpRequest, protocol: Protocol, slug: str) -> None:
    if about(services.problems_of(protocol), slug):
        messages.warning(request, _("“%(step)s” is saved. It can’t be published like this: see what must be mended.") % {"step": slug})
    else:
        messages.success(request, _("“%(step)s” is saved.") % {"step": slug})


def _text(step: Step | None, language: str) -> Text:
    return step.texts.get(language, Text("")) if step else Text("")


def _with_places(problems: list[Problem]) -> list[tuple[str, str, Problem]]:
    """Each with the part of the page where it is mended, and how people call its language."""
    called = dict(settings.PATIENT_LANGUAGES)
    return [(f"words-{one.language}" if one.language else "when", str(called.get(one.language, "")), one) for one in problems]
