"""Under which name filters of the report are kept, and for whom."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.models import SavedView


class KeptViewForm(forms.ModelForm):
    class Meta:
        model = SavedView
        fields = ["name", "is_shared"]
        labels = {"name": gettext_lazy("Name"), "is_shared": gettext_lazy("For everybody")}
        error_messages = {"name": {"required": gettext_lazy("Give it a name.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", "auto_id": "id_view_%s"} | kwargs)

    def clean_name(self) -> str:
        """A new one may replace one of the same name; one that is renamed may not."""
        name: str = self.cleaned_data["name"]
        others = SavedView.objects.filter(user=self.instance.user_id, name=name).exclude(pk=self.instance.pk)
        if self.instance.pk and others.exists():
            raise ValidationError(_("You have another view of that name. Delete that one, or choose another name."))
        return name
