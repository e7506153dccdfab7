from django.apps import AppConfig


class AftercareConfig(AppConfig):
    name = "aftercare"

    def ready(self) -> None:
        from aftercare import receivers  # noqa: F401
