"""Who can sign in to the demo: username, password, role."""

DEMO_ACCOUNTS: list[tuple[str, str, str]] = [
    ("frontdesk", "afterglow", "Front desk"),
    ("clinician", "afterglow", "Clinician"),
    ("manager", "afterglow", "Manager"),
]
