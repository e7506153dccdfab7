from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ClinicConfig(AppConfig):
    name = "clinic"
    default_auto_field = "django.db.models.BigAutoField"


class ClinicAdminConfig(AdminConfig):
    # Apps register with django.contrib.admin as usual and import nothing from here.
    default_site = "clinic.site.ClinicAdminSite"
