# Every target sets up what it needs: a fresh machine wants Python 3.11-3.13 (with venv) and make; Java 17 and Maven for the real servers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help

.PHONY: help
help:  ## show this
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: $(INSTALLED)  ## make .venv with everything in it, and the command `hive`

$(INSTALLED): requirements.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else f"Python 3.11, 3.12 or 3.13 is needed, not {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: demo
demo: install  ## ask twelve questions over four stores on the embedded stack, and print the answers
	$(BIN)/hive demo

.PHONY: up
up: install  ## start the stack, the sample data and a worker, until Ctrl-C
	$(BIN)/hive up

.PHONY: test
test: install  ## all tests, on the embedded and on the real servers
	$(BIN)/python -m pytest -n 2 --dist worksteal

.PHONY: check
check: install  ## ruff, mypy strict, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: fix
fix: install  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench
bench: install  ## speed and latency beside other engines, on the real Kafka; JSON lines
	$(BIN)/python -m benchmarks passthrough latency restore execute

.PHONY: faults
faults: install  ## kill workers, stores and the broker while records flow, and count what is lost or doubled; JSON lines
	$(BIN)/python -m benchmarks faults planning-faults ticket-faults rounds rolling-faults experiments-live

.PHONY: generate
generate: install  ## write what is made from declarations: docs/metrics.md, k8s/
	$(BIN)/python -m app.observability.document > docs/metrics.md
	$(BIN)/python -m app.deploy

.PHONY: lock
lock: install  ## resolve the dependencies anew
	$(BIN)/uv pip compile pyproject.toml --extra embedded --extra plots --extra tracing --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --prerelease if-necessary-or-explicit --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra tracing --constraint requirements.lock --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --prerelease if-necessary-or-explicit --quiet -o requirements-worker.lock
	echo 'uv' | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o requirements-uv.lock
