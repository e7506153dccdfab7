"""The page of one step: when it is sent, and its words in every language beside each other."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from aftercare import services
from aftercare.admin.protocols.as_typed import as_typed, with_step
from aftercare.admin.protocols.differences import of_step, rewordings
from aftercare.admin.protocols.pages import Pages, about, page_of, page_of_step, state_of
from aftercare.admin.protocols.sizes import size_of
from aftercare.admin.protocols.words import facts_of, hours, in_words
from aftercare.domain.checking import Problem, problems_in
from aftercare.domain.facts import FACTS
from aftercare.domain.placeholders import PLACEHOLDERS
from aftercare.domain.protocol import Step, Text
from aftercare.domain.remarks import remarks_on
from aftercare.errors import ChangedMeanwhile, NameTaken, Refused
from aftercare.forms.protocols import NEW_STEP, PARTS, StepForm
from aftercare.models import Protocol, ProtocolStep
from aftercare.services.protocols.checking import surroundings
from aftercare.services.protocols.drafts import STEP_GONE, step_seen


class StepPages(Pages):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/step/", view(self.step_add_view), name="aftercare_protocolstep_add"),
            path("<int:pk>/step/<int:step_pk>/", view(self.step_view), name="aftercare_protocolstep_change"),
            *super().get_urls(),
        ]

    def step_add_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            protocol = self.protocol_to_change(request, pk)
        except Http404:
            return self.gone(request, StepForm(request.POST))
        form = StepForm(request.POST if request.method == "POST" else None, initial=NEW_STEP)
        if _is_to_be_saved(request) and form.is_valid():
            try:
                row = services.add_step(protocol, form.step())
            except Refused as refusal:
                form.add_error("slug" if isinstance(refusal, NameTaken) else None, str(refusal))
            else:
                added = _("“%(step)s” is added: %(words)s.") % {"step": row.slug, "words": in_words(row.as_domain())}
                self.log_change(request, protocol, added)
                messages.success(request, _("“%(step)s” is added, as the last step.") % {"step": row.slug})
                return redirect(_way_on(request, row))
        return self._step_page(request, protocol, form, None)

    def step_view(self, request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
        try:
            protocol = self.protocol_or_404(request, pk)
        except Http404:
            return self.gone(request, StepForm(request.POST))
        row = protocol.steps.filter(pk=step_pk).first()
        if request.method != "POST":
            return self._step_page(request, protocol, self._form_of(request, row), row) if row else self.step_is_gone(request, protocol)
        if not self.has_change_permission(request):
            raise PermissionDenied
        form, theirs = StepForm(request.POST), None
        if row and _is_to_be_saved(request) and form.is_valid():
            before, typed = row.as_domain(), form.step()
            try:
                services.change_step(row, typed, seen=request.POST.get("seen", ""))
            except Refused as refusal:
                form.add_error("slug" if isinstance(refusal, NameTaken) else None, str(refusal))
                row = protocol.steps.filter(pk=step_pk).first()  # as it is now
                theirs = row.as_domain() if row and isinstance(refusal, ChangedMeanwhile) else None
            else:
                if changed := of_step(before, typed):
                    self.log_change(request, protocol, " ".join(changed))
                _say_saved(request, protocol, typed.slug)
                return redirect(_way_on(request, row))
        if row is None:
            form.add_error(
                None, _("%(gone)s What you typed is still here: saving adds it as a new step, the last one.") % {"gone": STEP_GONE}
            )
        against = {"sentences": of_step(theirs, typed), "rewordings": rewordings(theirs, typed)} if theirs else None
        return self._step_page(request, protocol, form, row, theirs=against)

    # ------------------------------------------------------------------------------------------------------------------

    def _form_of(self, request: HttpRequest, row: ProtocolStep) -> StepForm | None:
        may_change = row.protocol.is_draft and self.has_change_permission(request)
        return StepForm(initial=StepForm.of(row.as_domain())) if may_change else None

    def _step_page(
        self, request: HttpRequest, protocol: Protocol, form: StepForm | None, row: ProtocolStep | None, *, theirs: Any = None
    ) -> TemplateResponse:
        """`theirs` is what of that which somebody else has saved meanwhile is otherwise than what was typed."""
        step = row.as_domain() if row else None
        around = surroundings()
        typed = form.typed() if form else None
        is_incomplete = bool(form and form.is_bound and typed is None)
        written = form.with_words(step) if form and step and is_incomplete else typed or step
        whole = with_step(protocol.as_domain(), step, written)
        problems = problems_in(whole, around) if protocol.is_draft and written else []
        if is_incomplete:
            problems = [problem for problem in problems if problem.language]
        own = about(problems, written.slug) if written else []
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
                    "problems": [problem for problem in own if problem.language == language],
                }
            )
        title = f"“{row.slug}”" if row else _("New step")
        seen = step_seen(step) if step else ""
        context = {
            "protocol": protocol,
            "row": row,
            "form": form,
            "theirs": theirs,
            # What wasn't saved for another reason is still of what its page showed then.
            "seen": seen if theirs else request.POST.get("seen", seen),
            "languages": languages,
            "problems": _with_places([*about(problems, ""), *own]),
            "placeholders": PLACEHOLDERS,
            "facts": FACTS,
            "own_facts": facts_of([written]) if written else [],
            "remarks": remarks_on(written) if written and not is_incomplete else [],
            "state": state_of(protocol),
            "words": in_words(written) if written and not is_incomplete else "",
            "is_being_typed": "show" in request.POST,
            "valid_for": hours(step.valid_for) if step else "",
            "typed": as_typed(request, protocol, whole, form, written) if form else None,
        }
        return self.shown(request, "aftercare/protocols/step.html", title, context)


def _is_to_be_saved(request: HttpRequest) -> bool:
    """Or else it is only to be shown what a patient would get of it."""
    return request.method == "POST" and "show" not in request.POST


def _way_on(request: HttpRequest, row: ProtocolStep) -> str:
    return f"{page_of(row.protocol)}#step-{row.pk}" if "back" in request.POST else page_of_step(row)


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
