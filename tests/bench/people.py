"""Who the texts go to: numbers that nobody has."""

MOST = 80_000


def number_of(person: int) -> str:
    """A number of its own for each of the first 80,000."""
    person %= MOST
    return f"+1{200 + person // 100}55501{person % 100:02}"


def words_of(person: int) -> str:
    return f"Maple Street Clinic: time for your hyaluronic acid serum ({person}). Clean hands, a thin layer. Reply STOP to opt out."
