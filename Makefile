# `make help` lists the targets. `make demo` and `make test` are the two to know: each sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help setup build demo test check format rust python bench fuzz bless mutants docs dist clean

VENV := .venv
BIN := $(VENV)/bin
BENCH := target/bench
SOURCES := Cargo.toml Cargo.lock pyproject.toml $(shell find crates -name '*.rs' -o -name Cargo.toml)
# One interpreter for every build of the extension: another one would rebuild it each time.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Ours, whichever one the caller is in.
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
unexport CONDA_PREFIX
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_QUIET := 1

say = printf '\n== %s ==\n' "$(1)"

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

# ---- set-up: stamps make a second call instant ----

setup: $(BIN)/.built ## Install system packages (as root), the virtual environment and the build

build: setup ## Build the extension into the virtual environment

$(BIN)/.installed: requirements-dev.txt .ci/packages .ci/toolchain
	@.ci/packages
	.ci/toolchain
	echo "setting up $(VENV)"
	unset PYO3_PYTHON
	[ -x $(BIN)/python ] || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	touch $@

$(BIN)/.built: $(BIN)/.installed $(SOURCES)
	@echo "building netsonde"
	maturin develop --quiet --locked --profile develop
	touch $@

# ---- to see it ----

demo: setup ## Trace paths through the built-in virtual Internet: no privilege, no network
	@netsonde demo

# ---- to check it ----

test: check rust python ## Everything continuous integration runs

check: setup ## Format, lints, types, stubs, imports, house rules
	@$(call say,format)
	cargo fmt --all --check
	ruff format --check --quiet .
	$(call say,lint)
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
	ruff check --quiet .
	$(call say,types)
	mypy
	stubtest netsonde._core --mypy-config-file pyproject.toml
	$(call say,imports)
	lint-imports
	$(call say,house rules)
	pytest --quiet tests/test_tidy*.py

rust: setup ## Rust tests alone
	@$(call say,rust tests)
	cargo test --workspace --locked --quiet

python: setup ## Python tests alone; ARGS are pytest's
	@$(call say,python tests)
	pytest $(ARGS)

fuzz: setup ## Fuzz every parser for a set time (FUZZ_SECONDS each)
	@fuzz/run.sh

# Measured is what `pip install .` gives, in an environment of its own, not the quicker build of `make build`.
$(BENCH)/.built: $(BIN)/.built requirements-bench.txt pyproject.toml $(shell find src -name '*.py')
	@echo "building netsonde as it is released"
	[ -x $(BENCH)/bin/python ] || python3 -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet .
	$(BENCH)/bin/python -m pip install --quiet --requirement requirements-bench.txt || echo "without pycaracal" >&2
	cargo build --quiet --locked --release -p netsonde-link --example ceiling
	cargo bench --quiet --locked --no-run -p netsonde-wire -p netsonde-probe -p netsonde-lab -p netsonde-columns
	touch $@

bench: $(BENCH)/.built ## Measure speed (ARGS: some of the programs); prints two tables, keeps nothing outside target/
	@$(BENCH)/bin/python benches/run.py $(ARGS)

mutants: setup ## Break the core on purpose: each mutant must be caught
	@python tests/mutants.py $(ARGS)

# ---- to change it ----

format: setup ## Rewrite sources in the house's format
	@cargo fmt --all
	ruff check --quiet --fix-only .
	ruff format --quiet .

bless: setup ## Rewrite golden results and generated sources; review them as code
	@python tests/measure/twins.py
	NETSONDE_BLESS=1 pytest --quiet tests/scenarios $(ARGS)
	python -m tests.cli.golden
	git --no-pager diff --stat

docs: setup ## Build the documentation into site/
	@python -m pip install --quiet --requirement requirements-docs.txt
	zensical build --clean

dist: setup ## Build wheel and source distribution into dist/
	@maturin build --quiet --release --locked --sdist --out dist

clean: ## Remove what was built, the virtual environment included
	rm -rf target $(VENV) site dist fuzz/target .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src -name '*.so' -delete
