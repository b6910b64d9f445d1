# One gate: `make check`. `make run` and `make test` need nothing but Python >= 3.11 and make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# With this set Python would compile every module again at every start.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
# What the program needs, and what its development needs besides.
READY := $(VENV)/.ready
STAMP := $(VENV)/.installed
ifdef UV
NEW_VENV := uv venv --quiet --allow-existing $(VENV)
INSTALL := uv pip install --quiet --python $(BIN)/python --compile-bytecode -c constraints.txt -e .
else
NEW_VENV := $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
endif

help:  ## Show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

$(READY): pyproject.toml constraints.txt
	$(NEW_VENV)
	$(INSTALL)
	@touch $@

# What node reads our cards with, in one test; without npm the test is skipped.
$(STAMP): $(READY) tests/cards/sillytavern/package.json
	$(INSTALL) --group dev
	@if command -v npm >/dev/null; then npm install --silent --no-package-lock --no-audit --no-fund \
	    --prefix tests/cards/sillytavern || echo "npm failed: a test of our cards is skipped"; fi
	@touch $@

install: $(STAMP)  ## Make .venv with all that is needed

run: $(READY)  ## Start Chimera
	@$(BIN)/chimera-tui $(ARGS)

test: $(STAMP)  ## Run the tests, a worker a core (ARGS="-n 0 tests/ui -k words" for some of them)
	$(BIN)/pytest -q -n auto --dist worksteal $(if $(ARGS),$(ARGS),--cov --cov-report=)

slow: $(STAMP)  ## Run the tests on real servers, real consumers, many processes, whole corpora
	$(BIN)/pytest -q -m "slow and not soak" -n auto --dist loadfile $(ARGS)

check: $(STAMP)  ## Everything that must hold: format, lint, types, layers, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

format: $(STAMP)  ## Format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)  ## Measure, as ratios against a baseline of the same run
	$(BIN)/python -m compileall -q chimera_tui bench
	$(BIN)/python -m bench $(ARGS)

soak: $(STAMP)  ## The long runs: kill -9 a thousand times, monkeys at the keyboard
	$(BIN)/pytest -q -m soak $(ARGS)

screenshots: $(STAMP)  ## Draw screenshots/*.svg anew, from a seeded demo room
	$(BIN)/python -m tests.screenshots

pins: $(STAMP)  ## Move the pins forward, then read the diff
	uv pip compile pyproject.toml --group dev --universal --upgrade --no-header --no-annotate --quiet \
	    --output-file constraints.txt

.PHONY: help install run test slow check format bench soak screenshots pins
