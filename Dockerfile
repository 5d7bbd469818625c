# One image for every process: web, sockets, worker, beat, migrate.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements/bootstrap.txt requirements/base.txt ./
RUN python -m pip install --no-cache-dir --require-hashes -r bootstrap.txt \
    && uv venv /opt/venv \
    && uv pip install --python /opt/venv/bin/python --no-cache --compile-bytecode --require-hashes -r base.txt

FROM python:3.11-slim-bookworm
# bubblewrap is the robots' sandbox
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 oficina \
    && useradd --uid 10001 --gid oficina --no-create-home --home-dir /data --shell /usr/sbin/nologin oficina \
    && install --directory --owner oficina --group oficina /data
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8000
# Static files are part of the image; the settings for tools need no secret to collect them.
RUN python -m compileall -q apps config \
    && DATA_DIR=/app/.data DJANGO_SETTINGS_MODULE=config.settings_for_tools python -m django collectstatic --no-input
USER oficina
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "config.web"]
