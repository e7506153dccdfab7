"""The demo's sign-ins, in their groups."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User

from clinic.demo.accounts import DEMO_ACCOUNTS

NAMES = {"frontdesk": ("Robin", "Castellano"), "clinician": ("Maya", "Lindqvist"), "manager": ("Jordan", "Abara")}


def create_signins() -> dict[str, User]:
    """Username → user. One that exists already keeps its password."""
    users = {}
    for username, password, role in DEMO_ACCOUNTS:
        first_name, last_name = NAMES[username]
        user, is_new = User.objects.get_or_create(
            username=username, defaults={"first_name": first_name, "last_name": last_name, "is_staff": True}
        )
        if is_new:
            user.password = make_password(password)
            user.save(update_fields=["password"])
        user.groups.add(Group.objects.get_or_create(name=role)[0])
        users[username] = user
    return users
