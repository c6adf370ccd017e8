# make up: everything in one terminal, from nothing. make test: what a change must pass.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := up

VENV := .venv
PYTHON := $(VENV)/bin/python
BENCH_VENV := .venv-bench
UV_VERSION := 0.13.9
# The first interpreter that is new enough; PYTHON3=/path/to/python chooses another.
PYTHON3 ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$name; break; fi; done)
# The machine's certificates, as pip does: a company's package index may have its own.
export UV_SYSTEM_CERTS ?= 1
TRANSLATIONS := $(patsubst %.po,%.mo,$(wildcard config/locale/*/LC_MESSAGES/django.po))
PYTEST := $(PYTHON) -m pytest -n auto --dist loadfile

.PHONY: up install test test-fast chromium coverage bench lint format

up: install
	exec $(PYTHON) manage.py up

install: $(VENV)/.installed $(TRANSLATIONS)

# Compiled by our own command: a bare machine has no gettext.
%.mo: %.po | $(VENV)/.installed
	@$(PYTHON) manage.py translations --compile

$(VENV)/.installed: requirements.txt
	@if [ -z "$(PYTHON3)" ]; then echo "Nessy needs Python 3.11 or newer; none found." >&2; exit 1; fi
	@if command -v uv >/dev/null && uv --version >/dev/null 2>&1; then \
		[ -x $(PYTHON) ] || uv venv --quiet --no-python-downloads --python "$(PYTHON3)" $(VENV); \
		uv pip install --quiet --compile-bytecode --python $(PYTHON) -r requirements.txt; \
	else \
		[ -x $(PYTHON) ] && $(PYTHON) -m pip --version >/dev/null 2>&1 || $(PYTHON3) -m venv --clear $(VENV) || \
			{ echo "Install Python's venv module first (Debian, Ubuntu: apt install python3-venv)." >&2; exit 1; }; \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); \
		$(PYTHON) -m uv pip install --quiet --compile-bytecode --python $(PYTHON) -r requirements.txt; \
	fi
	@touch $@

test: lint chromium
	$(PYTEST)

# The browser of the tests of pages. Where it cannot be installed they are skipped; in CI they fail.
chromium:
	@if ! command -v chromium >/dev/null; then \
		if [ "$$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq; \
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; \
		else \
			false; \
		fi || echo "No chromium here; on Debian, as root: apt-get install chromium" >&2; \
	fi

# Without the browser and without the tests that kill and flood.
test-fast: lint
	$(PYTEST) -m "not e2e and not faults"

coverage: install
	$(PYTEST) --cov --cov-report=term-missing:skip-covered

# Ratios of two sides of one run; absolute times on a shared machine mean little.
# BENCH=--quick takes a minute or two; BENCH="--json FILE" keeps the figures.
bench: install $(BENCH_VENV)/.installed
	$(PYTHON) -m tests.bench.engine
	$(PYTHON) -m tests.bench.answer $(BENCH)

# The packages of a peer that Nessy is compared with, which it must not find in its own environment.
$(BENCH_VENV)/.installed: tests/bench/requirements.txt requirements.txt | $(VENV)/.installed
	@uv="$(PYTHON) -m uv"; if command -v uv >/dev/null && uv --version >/dev/null 2>&1; then uv=uv; fi; \
	[ -x $(BENCH_VENV)/bin/python ] || \
		$$uv venv --quiet --no-python-downloads --python $(PYTHON) $(BENCH_VENV); \
	$$uv pip install --quiet --python $(BENCH_VENV)/bin/python -r $<
	@touch $@

lint: install
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy .
	# Without a database it cannot compare with what has been applied, and says so.
	SECRET_KEY=unused $(PYTHON) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PYTHON) -m sessions_app.triage.knowledge.lint
	$(PYTHON) manage.py translations --check

format: install
	$(PYTHON) -m ruff check --fix-only .
	$(PYTHON) -m ruff format .
