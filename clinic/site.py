from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class ClinicAdminSite(AdminSite):
    site_title = "Afterglow"
    site_header = "Afterglow"
    index_title = _("Today at the clinic")
