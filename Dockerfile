# syntax=docker/dockerfile:1
# One image for web, live, worker and beat; compose.yaml says which command each runs.

FROM node:22-bookworm-slim AS board
WORKDIR /build/server/board/web
COPY server/board/web/package.json server/board/web/package-lock.json ./
RUN npm ci
COPY docs/openapi.json /build/docs/openapi.json
COPY server/board/web ./
RUN npm run build

FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt tools/setup/without_gpl.py /
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /requirements.txt \
    && /opt/venv/bin/python /without_gpl.py

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-noto-cjk tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --shell /usr/sbin/nologin songda
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/songda
COPY --from=packages /opt/venv /opt/venv
COPY wsgi.py ./
COPY server ./server
COPY miniprogram-api/miniprogram_api ./miniprogram-api/miniprogram_api
COPY portal ./portal
COPY routing ./routing
COPY evidence ./evidence
# Compiled once per image; on another kind of processor the first worker compiles again, into its own cache.
ENV NUMBA_CACHE_DIR=/var/cache/songda
RUN mkdir -p "$NUMBA_CACHE_DIR" && python -m routing warm && chown -R songda "$NUMBA_CACHE_DIR"
COPY --from=board /build/server/board/web/dist ./server/board/web/dist
USER songda
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# --no-control-socket: nobody steers a container's gunicorn from inside it.
CMD ["gunicorn", "wsgi:app", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "16", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--graceful-timeout", "25", "--timeout", "120"]
