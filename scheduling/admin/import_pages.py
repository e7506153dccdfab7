"""The pages on which a file of patients is chosen, looked at, and imported or put away."""

import csv
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scheduling.domain.lists import COLUMNS, EXAMPLE, LABELS, REQUIRED
from scheduling.errors import FileRefused
from scheduling.models import PatientFile
from scheduling.services import importing

ROWS_SHOWN = 200
NOBODY_IS_TEXTED = _("Nobody is texted until consent is taken.")
WHAT_TO_WRITE = {
    "birth_date": _("1990-05-17, or 5/17/1990 with the month first"),
    "phone": _("(212) 555-0100; one from abroad with its + in front"),
    "email": _("robin@example.org"),
    "time_zone": _("America/New_York or Eastern; empty is the clinic’s own"),
    "language": _("English or Spanish; empty is English"),
    "wants_quiet_nights": _("yes or no; empty is no"),
    "hyperpigmentation_risk": _("yes or no; empty is no"),
    "active_products": _("retinoids, acids, peels, in words"),
}


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        allow_empty_file=True,
        error_messages={"required": _("Choose a file first."), "invalid": _("Choose a file first.")},
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > importing.MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(most)s MB. Split it, and import one part after the other.")
                % {"most": importing.MOST_BYTES // 1_000_000}
            )
        return file


class ImportPages(admin.ModelAdmin):
    change_list_template = "scheduling/patient_list.html"

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path("import/", self.admin_site.admin_view(self.import_view), name="scheduling_patient_import"),
            path("import/template.csv", self.admin_site.admin_view(self.import_template_view), name="scheduling_patient_import_template"),
            path("import/<int:pk>/", self.admin_site.admin_view(self.import_preview_view), name="scheduling_patient_import_preview"),
        ]
        return [*pages, *super().get_urls()]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scheduling.import_patients") and self.has_add_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"may_import": self.has_import_permission(request), **(extra_context or {})})

    def import_view(self, request: HttpRequest) -> HttpResponse:
        self._require_import_permission(request)
        form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
        if request.method == "POST" and form.is_valid():
            brought: UploadedFile = form.cleaned_data["file"]
            try:
                file = importing.bring_file(brought.name or "", brought.read(), by=cast(User, request.user))
            except FileRefused as refusal:
                form.add_error("file", str(refusal))
            else:
                return redirect("admin:scheduling_patient_import_preview", file.pk)
        columns = [(LABELS[column], column in REQUIRED, WHAT_TO_WRITE.get(column, "")) for column in COLUMNS]
        return self._import_page(request, "import_patients", title=_("Import patients"), form=form, columns=columns, limits=importing)

    def import_template_view(self, request: HttpRequest) -> HttpResponse:
        self._require_import_permission(request)
        answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")  # by the mark, Excel reads accents rightly
        answer["Content-Disposition"] = 'attachment; filename="patients.csv"'
        table = csv.writer(answer)
        table.writerow(LABELS[column] for column in COLUMNS)
        table.writerow(EXAMPLE[column] for column in COLUMNS)
        return answer

    def import_preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._require_import_permission(request)
        by = cast(User, request.user)
        kept_since = timezone.now() - importing.KEPT_FOR
        file = PatientFile.objects.filter(pk=pk, brought_by=by, brought_at__gt=kept_since).first()
        if file is None or file.is_forgotten:
            return self._say_it_is_gone(request, importing.FORGOTTEN if file else importing.GONE)
        problem = ""
        if request.method == "POST" and "put_away" in request.POST:
            importing.put_away(file)
            messages.info(request, _("The file is discarded. Nobody was imported."))
            return redirect("admin:scheduling_patient_changelist")
        if request.method == "POST":
            try:
                done = importing.import_file(file, by=by, leave_out="leave_out" in request.POST)
            except FileRefused as refusal:
                problem, file = str(refusal), PatientFile.objects.filter(pk=pk).first()
            else:
                messages.success(request, said_of(done))
                return redirect("admin:scheduling_patient_changelist")
        if file is None or file.is_forgotten:
            return self._say_it_is_gone(request, problem)
        preview = importing.show_file(file)
        return self._import_page(
            request,
            "import_preview",
            title=_("Check before importing"),
            file=file,
            preview=preview,
            groups=groups_of(preview),
            rows_shown=ROWS_SHOWN,
            problem=problem,
        )

    def _say_it_is_gone(self, request: HttpRequest, sentence: str) -> HttpResponse:
        messages.error(request, sentence)
        return redirect("admin:scheduling_patient_import")

    def _require_import_permission(self, request: HttpRequest) -> None:
        if not self.has_import_permission(request):
            raise PermissionDenied

    def _import_page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        frame = self.admin_site.each_context(request) | {"opts": self.opts, "back": reverse("admin:scheduling_patient_changelist")}
        return TemplateResponse(request, f"scheduling/{template}.html", frame | context)


def groups_of(preview: importing.Preview) -> list[dict[str, Any]]:
    """What the page shows below each other: first what needs somebody."""
    return [
        {"kind": "mend", "label": _("To fix"), "lines": preview.mend},
        {"kind": "new", "label": _("New"), "lines": preview.new},
        {"kind": "here", "label": _("Already here"), "lines": preview.here},
    ]


def said_of(done: importing.Preview) -> str:
    added, here, left_out = len(done.new), len(done.here), len(done.mend)
    sentences = [ngettext("%(n)d patient imported.", "%(n)d patients imported.", added) % {"n": added}]
    if here:
        sentences.append(ngettext("%(n)d was here already.", "%(n)d were here already.", here) % {"n": here})
    if left_out:
        sentences.append(ngettext("%(n)d row was left out.", "%(n)d rows were left out.", left_out) % {"n": left_out})
    return " ".join([*sentences, str(NOBODY_IS_TEXTED), str(_("Ask for it on each patient’s page."))])
