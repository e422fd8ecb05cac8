# make run · make test · make check · make bench: everything they need is installed by themselves.
.DEFAULT_GOAL := help
.PHONY: help install install-dev system run test test-all check format bench screenshots clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := bot classifier knowledge_base workers
SYSTEM_PACKAGES := chromium fonts-noto-color-emoji postgresql redis-server

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed  ## what `make run` needs, into .venv

install-dev: $(VENV)/.installed-dev  ## what tests and checks need as well

# torch first and pinned: a range would bring several GB of CUDA packages with it.
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Deskhand needs Python 3.11 or newer; set PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $@

system:
	@sh .ci/system-packages $(SYSTEM_PACKAGES)

run: install  ## start the whole desk on this machine; Ctrl-C stops it
	@$(BIN)/deskhand up

test: install-dev system  ## all tests but the slow ones (under 12 minutes on 2 cores)
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadscope --no-loadscope-reorder

test-all: test  ## all tests: the slow ones after the others
	$(BIN)/python -m pytest -m slow

check: install-dev  ## style, types, layers, the starter desk
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deskhand starter check deploy/starter

format: install-dev  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-dev system  ## measure, and rewrite docs/BENCHMARKS.md
	$(BIN)/python -m tests.benchmarks $(ONLY) $(if $(TRAINED),trained=$(TRAINED))

screenshots: install-dev system  ## take the pictures in docs/screenshots anew
	$(BIN)/python -m pytest tests/journeys/test_screenshots.py --screenshots docs/screenshots

clean:  ## remove what was installed and made, but never var/
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
