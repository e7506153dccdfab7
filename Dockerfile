# The same image runs web, worker and beat; docker-compose.yml says which does what.
FROM python:3.13-slim AS build
COPY requirements/production.txt /tmp/production.txt
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/production.txt

FROM python:3.13-slim
# pg_dump must be of the server's version, which Debian's own isn't: PostgreSQL's archive has it, and Debian has the script that adds that.
# Without versions: whatever mends a hole there is wanted.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-common \
 && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
 && apt-get install --yes --no-install-recommends postgresql-client-18 \
 && apt-get purge --yes --auto-remove postgresql-common \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home afterglow \
 && install --directory --owner=10001 --mode=700 /backups
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY manage.py LICENSE ./
COPY clinic clinic
COPY scheduling scheduling
COPY aftercare aftercare
COPY notifications notifications
# Compiled here: what runs can't write. Collecting static files reads settings, which insist on being complete; none of these values stays.
RUN python -m compileall -q . \
 && SECRET_KEY=collecting ADDRESS_HASH_KEY=nobody-who-said-stop-is-remembered ALLOWED_HOSTS=localhost PUBLIC_BASE_URL=https://localhost \
    DATABASE_URL=postgres://none@127.0.0.1/none REDIS_URL=redis://127.0.0.1/0 EMAIL_URL=smtp://127.0.0.1 DEFAULT_FROM_EMAIL=none@localhost \
    TWILIO_ACCOUNT_SID=AC0 TWILIO_AUTH_TOKEN=none TWILIO_FROM_NUMBER=+12125550100 \
    python manage.py collectstatic --noinput
USER 10001
EXPOSE 8000
# Threads: a process that did one thing at a time would be killed in the middle of a download of more than its timeout's 30 seconds, and
# two such downloads would shut everybody else out. Each thread has a connection to PostgreSQL.
CMD ["gunicorn", "clinic.wsgi", "--config", "python:clinic.ops.gunicorn", "--bind", "0.0.0.0:8000", \
     "--workers", "2", "--worker-class", "gthread", "--threads", "8", "--graceful-timeout", "60", "--worker-tmp-dir", "/dev/shm"]
