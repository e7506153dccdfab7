from clinic.celery import app as celery_app

__version__ = "0.1.0"  # as pyproject.toml has it

__all__ = ["celery_app"]
