from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as admin


class ClinicConfig(AppConfig):
    name = "clinic"
    default = True

    def ready(self) -> None:
        from clinic import checks, receivers  # noqa: F401
        from clinic.signing_in import receivers as signing_in  # noqa: F401

        if settings.SENTRY_DSN:
            from clinic.ops.sentry import begin

            begin(settings.SENTRY_DSN)


class ClinicAdminConfig(admin.AdminConfig):
    # Apps register with django.contrib.admin as usual and import nothing from here.
    default_site = "clinic.site.ClinicAdminSite"
    default = False

    def ready(self) -> None:
        super().ready()
        from clinic.signing_in import staff  # noqa: F401  # in place of what others have registered by now
