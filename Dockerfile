# A worker: `docker build -t neural-hive-mind:local .`. PYTHON_IMAGE may name a mirror's image, or one pinned by digest.
ARG PYTHON_IMAGE=python:3.12-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements-uv.lock requirements-worker.lock ./
RUN python -m venv /opt/tools && /opt/tools/bin/pip install --require-hashes -r requirements-uv.lock
RUN python -m venv --without-pip /opt/venv \
 && /opt/tools/bin/uv pip install --no-cache --compile-bytecode --python /opt/venv/bin/python --require-hashes \
      -r requirements-worker.lock

FROM ${PYTHON_IMAGE}
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 HIVE_CACHE=/opt/cache
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY models models
COPY tables tables
COPY agents agents
COPY app app
# The trained seed of the understanding: a worker reads it instead of spending its first two seconds on it.
RUN python -m compileall -q . \
 && python -c "from app.cache_dir import default_cache_dir; from app.seed import plant_seed; plant_seed(default_cache_dir())"
USER 10001:10001
EXPOSE 6066
CMD ["python", "-m", "faust", "-A", "app.main", "worker", "-l", "info"]
