"""A manager hands out all that is held of a patient, and erases her."""

from aftercare.admin.privacy.pages import PrivacyPages

__all__ = ["PrivacyPages"]
