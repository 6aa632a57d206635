# Every target sets up what it needs first; that is a glance when all is there. `make` alone lists them.
#
#   make test WORKERS=4        more test processes at once
#   make demo PYTHON=python3.13  another Python for a new .venv
.DEFAULT_GOAL := help
PYTHON ?= python3
WORKERS ?= 2
PYTEST_ARGS ?=
UV ?= $(firstword $(wildcard .boot/uv-*/bin/uv) uv)

.PHONY: help setup setup-dev lint test equivalence bench demo demo-once lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
	  printf '  make %-10s %s\n' "$$name" "$$text"; done

setup: ## install what running leadflow takes, into .venv
	@$(PYTHON) setup_env.py

setup-dev: ## install what its tests take, too
	@$(PYTHON) setup_env.py --dev

demo: setup ## start everything, import sample leads and say where to look; Ctrl-C ends it
	@.venv/bin/leadflow demo

demo-once: setup ## the same, then print the summary and stop
	@.venv/bin/leadflow demo --once

test: lint ## lint, then every test
	.venv/bin/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

equivalence: setup-dev ## run 1,000 scenarios made by chance in memory and on Temporal, and compare each step
	.venv/bin/python -m pytest tests/workflow/test_equivalence.py --generated 1000 $(PYTEST_ARGS)

lint: setup-dev ## ruff and mypy
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check --quiet .
	.venv/bin/python -m mypy .

bench: setup-dev ## measure
	.venv/bin/python -m bench

# Locks name no index and no path. Hashes cover every wheel of a version, hence every system and Python it supports.
LOCKING = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links

lock: ## take the newest versions that pyproject.toml allows into the locks (wants uv)
	$(LOCKING) --upgrade pyproject.toml --output-file requirements.lock
	$(LOCKING) --upgrade pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	echo uv | $(LOCKING) --upgrade - --output-file requirements-boot.lock

clean: ## remove what setup made; the data in .leadflow stay
	rm -rf .venv .boot .mypy_cache .ruff_cache .pytest_cache
