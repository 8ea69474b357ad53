# Style sheets and scripts
FROM node:22-slim AS assets
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY static ./static
RUN npm run build

# Python packages, built where compilers and caches may stay behind
FROM python:3.12-slim AS packages
COPY requirements.lock ./
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.12-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# 10001 is nobody on the host; the folder of attachments is all it may write.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin tierdesk \
    && install -d -o tierdesk -g tierdesk /srv/media
WORKDIR /srv/tierdesk
COPY --from=packages /opt/venv /opt/venv
COPY . .
COPY --from=assets /build/static/dist ./static/dist
# Our modules are compiled here, for nothing is written when a container starts. Collecting connects to nothing; the
# values only have to be well formed, and none is kept in the image.
RUN python -m compileall -q -x node_modules . \
    && python scripts/compile_catalogues.py \
    && SECRET_KEY=only-while-collecting-0123456789-only-while-collecting-0123456789 \
       DATABASE_URL=postgresql://none/none REDIS_URL=redis://none/0 ALLOWED_HOSTS=none \
       python manage.py collectstatic --no-input
ENV MEDIA_ROOT=/srv/media BIND=0.0.0.0
USER tierdesk
VOLUME /srv/media
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "helpdesk.wsgi"]
