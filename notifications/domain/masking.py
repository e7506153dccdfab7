"""Addresses on pages of people who needn't know them."""


def masked(address: str) -> str:
    """Enough to recognize an address by, not enough to use it: “…0101”, “a…@example.org”."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"…{address[-4:]}" if address else ""
