# `make` alone says what there is. Everything lives in .venv/ and var/; delete either and it is made again.
.DEFAULT_GOAL := help
.PHONY: help up down install test check bench lock sample
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
# Options for `brigade up` and `brigade down`, e.g. make up OPTIONS="--port-offset 1000".
OPTIONS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

help: ## Say what there is
	@echo "Brigade numérique: citizens' conversations as Matrix rooms."
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18
	@echo
	@echo 'Start with `make up`.'

up: $(VENV)/installed ## Start everything on this machine and say where it is
	@$(BIN)/brigade up $(OPTIONS)

down: ## Stop it; conversations and accounts are kept
	@if [ -x $(BIN)/brigade ]; then $(BIN)/brigade down $(OPTIONS); else echo "nothing is installed"; fi

install: $(VENV)/installed ## Make .venv, with the exact releases of requirements.lock

# A browser test may miss its second on a machine that does something else. What failed is tried once more, alone and in
# sight; a mistake fails twice.
AGAIN = || { echo "Once more, alone, what failed:"; $(BIN)/pytest -q --last-failed --last-failed-no-failures none
# Two files at a time, each side with a stack of its own: most tests wait more than they work.
TWO := -n 2 --dist loadfile
test: check ## Everything that CI runs: form, types, the suite on SQLite, then on PostgreSQL
	@$(BIN)/pytest -q $(TWO) --database sqlite $(AGAIN) --database sqlite; }
	@$(BIN)/pytest -q $(TWO) --database postgresql $(AGAIN) --database postgresql; }

check: $(VENV)/installed-test ## Form and types only
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: $(VENV)/installed ## Measure speed as ratios to bare Synapse
	@$(BIN)/brigade bench $(OPTIONS)

sample: $(VENV)/installed ## Write brigade.sample.yaml again after a key has changed
	@$(BIN)/brigade sample > brigade.sample.yaml.new && mv brigade.sample.yaml.new brigade.sample.yaml

LOCK := $(BIN)/uv pip compile -q --python-version 3.11 --universal --only-binary :all: --generate-hashes --no-emit-index-url --no-header \
	--upgrade pyproject.toml
lock: $(VENV)/installed-test ## Choose the newest releases that pyproject.toml allows
	@$(LOCK) -o requirements.lock
	@$(LOCK) --extra test -c requirements.lock -o requirements-test.lock

$(VENV)/bin/python:
	@.ci/system run
	@"$$(command -v python3.11 || command -v python3)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed."; exit 1; }
	@"$$(command -v python3.11 || command -v python3)" -m venv $(VENV)

# The project itself is installed in place: this folder is the product, nothing is copied.
$(VENV)/installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing into $(VENV) (a minute or two, once) …"
	@$(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/installed-test: requirements-test.lock $(VENV)/installed
	@.ci/system test
	@$(PIP) install --require-hashes --only-binary :all: -r requirements-test.lock
	@touch $@
