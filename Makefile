# `make race` and `make test` do everything on a fresh machine with Python 3.11 or later.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
BENCH  := $(VENV)/.bench
CLIP   := $(VENV)/.paperclip
RAY    := $(VENV)/.ray
PAPERCLIP := plugins/grokscope-paperclip

# Rooms that a result passes through unseen: what is not tested there is not known.
COVERED := ledger tasks laws suite
LEAST   := 95
TESTS   := $(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help race order paths paperclip test coverage test-paperclip test-ray test-long bench clean

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is older than 3.11; try make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(BENCH): $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0
	@touch $@

$(CLIP): $(READY) $(PAPERCLIP)/requirements.txt $(PAPERCLIP)/pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -r $(PAPERCLIP)/requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable $(PAPERCLIP)
	@touch $@

$(RAY): $(READY) requirements-ray.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-ray.txt
	@touch $@

race: $(READY) ## Run the quick suite and write its report
	$(BIN)/grokscope run quick

order: $(READY) ## Run the quick suite of the study of order and write its report
	$(BIN)/grokscope run order-quick

paths: $(READY) ## Run the quick suite of the paths study and write its report
	$(BIN)/grokscope run paths-quick

paperclip: $(CLIP) ## Sky, tiny CLIP, shuffled control, evaluation and report; says its numbers and time
	$(BIN)/grokscope paperclip run paperclip-quick

test: $(READY) ## Run the tests, the linters and the type checker
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --num-workers 2
	$(BIN)/lint-imports --no-cache
	$(TESTS)

coverage: $(READY) ## Measure which branches the rooms that keep results take in their own tests
	$(TESTS) --cov --cov-report= $(COVERED:%=tests/%)
	@for room in $(COVERED); do \
	    printf "branch coverage of $$room, in percent (at least $(LEAST)): "; \
	    $(BIN)/coverage report --include="*/grokscope/$$room/*" --format=total --fail-under=$(LEAST) || exit 1; \
	done

test-paperclip: $(CLIP) ## Run the tests of the study paperclip, a package of its own
	GROKSCOPE_TEST_PAPERCLIP=1 $(BIN)/pytest $(PAPERCLIP)/tests

test-ray: $(RAY) ## Run the tests on a real Ray, started here, whose workers, nodes and drivers are killed
	$(BIN)/pytest tests/workers/test_cluster.py

test-long: $(READY) ## Run the slow tests too
	XLA_FLAGS= GROKSCOPE_TEST_FEED=10 $(BIN)/pytest -m ''

bench: $(BENCH) ## Print every figure that the README claims about speed (an hour: the quick suite thrice)
	$(BIN)/python benchmarks/cpu.py
	$(BIN)/python benchmarks/once_a_token.py
	$(BIN)/python benchmarks/cores.py

clean: ## Remove the virtual environment and what tools leave behind
	rm -rf $(VENV) .pytest_cache plugins/*/.pytest_cache .hypothesis .ruff_cache .mypy_cache .coverage
