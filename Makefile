# Two commands: `make run` and `make test`. They need Python 3.11 or newer and nothing else.

VENV := .venv
PYTHON := $(VENV)/bin/python
# The first of these that is new enough; `make run PYTHON3=/path/to/python` names another.
PYTHON3 ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)

# What production would set, for the checks that look at it.
PRODUCTION := env -i PATH="$(PATH)" ENV_FILE=/dev/null DEBUG=false SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(64))') \
	ADDRESS_HASH_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(64))') ALLOWED_HOSTS=clinic.example.org PUBLIC_BASE_URL=https://clinic.example.org \
	DATABASE_URL=postgres://nobody@127.0.0.1:9/none REDIS_URL=redis://127.0.0.1:9/0 \
	TWILIO_ACCOUNT_SID=AC0 TWILIO_AUTH_TOKEN=none TWILIO_FROM_NUMBER=+12125550100 EMAIL_URL=smtp://127.0.0.1:9 DEFAULT_FROM_EMAIL=aftercare@example.org

# So that the many processes that the tests start needn't compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test faults bench lint audit lock screenshots clean
.DEFAULT_GOAL := run

run: $(VENV)/installed .env
	@$(PYTHON) manage.py run_local

test: $(VENV)/installed
	$(PYTHON) -m pytest -n auto --dist load $(ARGS)

# `make bench ONLY=dispatch,claim` picks; ROUNDS=5 measures longer, ROWS=1000000 fills no more scheduled rows than that.
bench: $(VENV)/installed
	@$(PYTHON) -m tests.bench

# Kills, freezes and restarts everything for some ten minutes; `make faults SEED=…` replays a run. docs/faults.md says what it shows.
faults: $(VENV)/installed
	FAULTS=long $(PYTHON) -m pytest -q tests/faults $(ARGS)

lint: $(VENV)/installed-lint .env
	$(VENV)/bin/ruff check --output-format concise
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/lint-imports
	@echo "$(BANDIT)" && said=$$($(BANDIT) 2>&1) || { echo "$$said" >&2; exit 1; }
	$(VENV)/bin/hadolint Dockerfile
	$(PRODUCTION) $(VENV)/bin/mypy
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING

# It also warns, once for each expression on the line, that an exception covers more than the one that it is for: shown only when it fails.
BANDIT := $(VENV)/bin/bandit --quiet --configfile pyproject.toml --recursive clinic scheduling aftercare notifications docs manage.py

# Whether anything is known against the versions that are installed. Nobody having been asked is no pass.
audit: $(VENV)/installed-lint
	@mkdir -p .local
	@if known=$$($(VENV)/bin/pip-audit --strict --disable-pip --progress-spinner off $(LOCKS:%=-r %) 2>.local/audit.log); then \
		echo "Nothing is known against any of the pinned versions."; \
	elif [ -n "$$known" ]; then \
		echo "$$known"; echo "Raise these versions, run make lock, and enter them in tests/production/safe_versions.py." >&2; exit 1; \
	else \
		tail -n 1 .local/audit.log >&2; \
		echo "Nothing was audited, so this is no pass: the advisory service at pypi.org didn't answer. Run make audit where it is reached." >&2; \
		exit 1; \
	fi
LOCKS := requirements.txt requirements/production.txt requirements/lint.txt

screenshots: $(VENV)/installed
	$(PYTHON) docs/screenshots.py $(ARGS)

# Renews the three locks from the .in files beside them.
lock:
	@$(PYTHON3) -m venv .local/uv && .local/uv/bin/pip install --quiet uv
	UV_CUSTOM_COMPILE_COMMAND="make lock" .local/uv/bin/uv pip compile $(LOCK) requirements/development.in -o requirements.txt
	UV_CUSTOM_COMPILE_COMMAND="make lock" .local/uv/bin/uv pip compile $(LOCK) -c requirements.txt requirements/production.in -o requirements/production.txt
	UV_CUSTOM_COMPILE_COMMAND="make lock" .local/uv/bin/uv pip compile $(LOCK) -c requirements.txt requirements/lint.in -o requirements/lint.txt
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate

clean:
	@! test -x $(PYTHON) || $(PYTHON) -m clinic.engines
	rm -rf $(VENV) .local .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON3)" || { echo "Afterglow needs Python 3.11 or newer, and none was found. Name one: make run PYTHON3=/path/to/python" >&2; exit 1; }
	@$(PYTHON3) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON3) can't make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/installed: requirements.txt $(VENV)/bin/python
	@echo "Installing the requirements …"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/installed-lint: requirements/lint.txt $(VENV)/installed
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lint.txt
	@touch $@

# Development's own settings. Production sets DEBUG=false, or leaves it out, and a key of its own.
.env:
	@(umask 077 && printf 'DEBUG=true\nSECRET_KEY=%s\n' "$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))')" > .env)
