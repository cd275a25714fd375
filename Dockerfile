# syntax=docker/dockerfile:1
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements/base.txt /tmp/base.txt
RUN /opt/venv/bin/pip install --no-deps --require-hashes -r /tmp/base.txt

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    STATIC_ROOT=/app/staticfiles MEDIA_ROOT=/var/lib/portail/media
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin portail \
 && install -d -o portail -g portail /var/lib/portail/media
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
# Collecting the static files reads the settings; these addresses are never connected to.
RUN DATABASE_URL=postgres://build/build REDIS_URL=redis://build python manage.py collectstatic --noinput --verbosity=0
USER portail
EXPOSE 8000
CMD ["gunicorn", "fondsinnovation.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=4", \
     "--worker-tmp-dir=/dev/shm", "--no-control-socket", "--access-logfile=-"]
