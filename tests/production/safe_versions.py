"""Below which version a package has a hole that is known, and under which name it is: read by test_safe_versions.py, which asks nobody.

From the CVE records, GitHub's advisories and the packages' own release notes, as of November 2026. `make audit` asks what is known today;
what it finds is entered here.
"""

SAFE_FROM = {
    # what the clinic runs
    "aiohttp": ("3.14.3", "CVE-2026-69244"),
    "celery": ("5.2.2", "CVE-2021-23727"),
    "certifi": ("2024.7.4", "CVE-2024-39689"),
    "django": ("5.2.18", "CVE-2026-84429"),
    "gunicorn": ("27.0.0", "CVE-2026-134820"),
    "idna": ("3.15", "CVE-2026-45409"),
    "pyjwt": ("2.13.0", "CVE-2026-48526"),
    "requests": ("2.33.0", "CVE-2026-25645"),
    "sqlparse": ("0.5.4", "an incomplete fix of CVE-2024-4340"),
    "urllib3": ("2.7.0", "CVE-2026-44432"),
    # what it is tested and looked at with
    "pygments": ("2.20.0", "CVE-2026-4539"),
    "pytest": ("9.0.3", "CVE-2025-71176"),
    "setuptools": ("78.1.1", "CVE-2025-47273"),
}
