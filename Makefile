# Two commands matter: `make run` and `make test`. Everything is installed into .venv, nothing into the system.
# Written for GNU make 3.81 and later, which is what macOS has.

SHELL := /bin/sh
BIN := .venv/bin
PYTHON ?=
# One more than cores: tests with real processes wait for them much of their time.
PYTEST_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# Each target starts processes, `make test` some two hundred: what Python has compiled is kept, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test isolation chaos fuzz load bench lint audit format venv requirements env messages clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/ready ## start everything on http://localhost:$PORT (8000), with demo data; Ctrl-C stops it
	@exec $(BIN)/python -m config.run

# The order of tests is that of conftest.py, which spreads those that wait.
test: .venv/installed ## run all tests against real PostgreSQL and Redis
	@exec $(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadgroup --no-loadscope-reorder $(ARGS)

FAULTS ?= 1000
SEED ?=
chaos: .venv/installed ## kill, stop and cut off everything FAULTS times, from SEED, and check that nothing was lost
	@exec $(BIN)/python -m tests.chaos --faults $(FAULTS) $(if $(SEED),--seed $(SEED)) $(ARGS)

MINUTES ?= 10
fuzz: .venv/installed ## send requests made up from the OpenAPI document for MINUTES, from SEED
	@exec $(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(ARGS)

load: .venv/installed ## have it do 80 % of what it can for MINUTES, and look for errors and leaks
	@exec $(BIN)/python -m tests.load --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(ARGS)

bench: .venv/installed ## measure speed against plain ways of doing the same; ARGS="row-name" for single rows
	@exec $(BIN)/python -m bench $(ARGS)

isolation: .venv/installed ## prove that organizations are kept apart, and that planted leaks are found
	@exec $(BIN)/python -m tests.isolation

lint: .venv/installed ## ruff, mypy, import-linter, missing migrations, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy apps bench config tests manage.py
	DJANGO_SETTINGS_MODULE=config.settings_for_tools $(BIN)/python -W ignore::RuntimeWarning -m django makemigrations --check --dry-run
	@files=$$(find templates apps -name '*.html'); [ -z "$$files" ] || $(BIN)/djlint --quiet --check --lint $$files

audit: .venv/installed ## ask PyPI whether holes are known in what is pinned; needs a network
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
	  $(foreach name,bootstrap dev,--requirement requirements/$(name).txt) $(ARGS)

format: .venv/installed ## write what `make lint` would ask for
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

venv: .venv/installed ## create .venv with the pinned requirements

# With their extras in the names: the pip that Python 3.11 brings along does not find the hashes otherwise.
requirements: .venv/bootstrapped ## compile requirements/*.in to *.txt, with hashes
	for name in bootstrap base local dev; do \
	  $(BIN)/uv pip compile --quiet --generate-hashes --no-strip-extras --universal --python-version 3.11 $(ARGS) \
	    --custom-compile-command "make requirements" "requirements/$$name.in" -o "requirements/$$name.txt" || exit 1; \
	done

env: .venv/installed ## write what lists the variables of config/env.py: .env.example, README.md, docker-compose.yml
	$(BIN)/python -m config.env_example

messages: .venv/installed ## gather the texts of apps into their catalogues and compile them; needs gettext
	for folder in . $$(dirname apps/*/locale); do \
	  (cd "$$folder" && env -u DJANGO_SETTINGS_MODULE "$(CURDIR)/$(BIN)/django-admin" makemessages \
	    --all --no-location --no-obsolete --ignore 'tests/*' --ignore 'apps/*' --verbosity 0 \
	    && sed -i.before -E '/^"(POT-Creation-Date|Report-Msgid-Bugs-To)/d' locale/*/LC_MESSAGES/django.po \
	    && rm locale/*/LC_MESSAGES/django.po.before) || exit 1; \
	done
	DJANGO_SETTINGS_MODULE=config.settings_for_tools $(BIN)/python -W ignore::RuntimeWarning -m django \
	  compilemessages --ignore .venv --verbosity 0

clean: ## remove .venv and all data of the embedded servers
	@if [ -x $(BIN)/python ] && [ -d .data ]; then $(BIN)/python -m config.embedded stop; fi
	rm -rf .venv .data .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov

# Any Python from 3.11 on will do; PYTHON=/path/to/python chooses one.
.venv/bin/python:
	@for candidate in $(PYTHON) python3.11 python3.12 python3 python; do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Creating .venv with $$("$$candidate" --version)"; \
	    "$$candidate" -m venv .venv && exit 0; \
	    rm -rf .venv; \
	    echo "Python's venv module does not work here; on Debian: apt-get install python3-venv" >&2; exit 1; \
	  fi; \
	done; \
	echo "Python 3.11 or later is needed. Name it with: make venv PYTHON=/path/to/python" >&2; exit 1

PIP := $(BIN)/python -m pip install --disable-pip-version-check --require-hashes
UV := $(BIN)/uv pip install --python $(BIN)/python --require-hashes

.venv/bootstrapped: requirements/bootstrap.txt | .venv/bin/python
	@echo "Installing the installer"
	@if $(PIP) --quiet --retries 2 -r $<; then touch $@; else echo "uv cannot be had here; pip will do"; fi

# The checkout itself goes on the path, so that tools find `config` and `apps` from anywhere.
# uv takes seconds where pip takes minutes. It is asked for what it has kept before it asks the network, and then a second
# time with the certificates that this system trusts; pip is the way out where uv cannot run.
define install_requirements
@echo "Installing the pinned requirements of $<, a few hundred megabytes the first time"
@{ [ -x $(BIN)/uv ] && { $(UV) --quiet --offline -r $< 2>/dev/null || $(UV) -r $< \
     || { echo "Trying again with the certificates of this system"; $(UV) --system-certs -r $<; }; }; } \
  || { echo "Trying again with pip, which takes a few minutes"; $(PIP) -r $<; } \
  || { echo "The requirements cannot be installed; see above. Is there a network, and an index of packages?" >&2; exit 1; }
@$(BIN)/python -c 'import os, sysconfig; \
  open(os.path.join(sysconfig.get_path("purelib"), "oficina.pth"), "w").write(os.getcwd() + "\n")'
@touch .venv/bootstrapped $@
endef

# Whoever only runs it needs no tools of tests; whoever has those has all that it takes to run it.
.venv/ready: requirements/local.txt .venv/bootstrapped
	$(install_requirements)

.venv/installed: requirements/dev.txt .venv/bootstrapped
	$(install_requirements)
	@touch .venv/ready
