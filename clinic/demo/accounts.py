"""Who may sign in to the local demo."""

# username, password, group
DEMO_ACCOUNTS: list[tuple[str, str, str]] = [
    ("frontdesk", "afterglow", "Front desk"),
    ("clinician", "afterglow", "Clinician"),
    ("manager", "afterglow", "Manager"),
]
