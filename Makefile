# Everything runs in .venv, made here on first use and installed into again only when pyproject.toml changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench audit clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/base.stamp ## Tag twelve invented reports with the model that ships
	$(BIN)/petition tag data/sample/reports.csv --limit 12 --format table

test: lint ## All checks: lint, then the tests
	$(BIN)/python -m pytest

lint: $(VENV)/dev.stamp ## Style, types and import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp ## Lay out the code and mend what ruff can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/dev.stamp ## Measure speed and quality
	$(BIN)/python -m benchmarks

audit: $(VENV)/dev.stamp ## Ask for known vulnerabilities of what is installed; needs internet
	.ci/audit

clean: ## Remove caches and built packages; .venv stays
	rm -rf dist .venv-bare .venv-audit .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find data model training serving tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

# pip, not python: a venv that broke off half-way has no pip yet and is made again.
$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/base.stamp: pyproject.toml | $(BIN)/pip
	@echo "Installing what tagging needs into $(VENV) ..."
	$(BIN)/pip install --quiet --editable .
	@touch $@

# The extras contain the base install, so demo has nothing left to do after test.
$(VENV)/dev.stamp: pyproject.toml | $(BIN)/pip
	@echo "Installing training and development packages into $(VENV), torch among them; minutes ..."
	$(BIN)/pip install --quiet --editable '.[training,dev]'
	@touch $(VENV)/base.stamp $@
