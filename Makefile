# Every target builds what it needs: `make report` and `make test` work on a fresh clone with Python 3.11 and git.
PYTHON ?= python3
PROFILE ?= quick
DEVICE ?= cpu
# which tests, by their marks, and the processes that share them
TESTS ?= not slow and not long
WORKERS ?= 2
# that `make cuda` has the card for
MINUTES ?= 15
# asv's name for this machine: the host's
MACHINE ?= $(shell uname -n)
BIN := .venv/bin
# pip would compile one file after another, and the libraries' own tests; this takes all processors, and leaves those out.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt
COMPILE := $(BIN)/python -m compileall -qq -j 0 -x '/tests?/' .venv/lib || true

.DEFAULT_GOAL := help
.PHONY: help report cuda test test-all check bench site performance clean

help:
	@echo "make report       measure the quick profile and build the page reports/output/index.html"
	@echo "make cuda         measure the GPU for MINUTES=15, the most valuable cells first, and build the page"
	@echo "make test         the tests; TESTS='not slow' for the long ones too, as CI runs them"
	@echo "make test-all     all tests, the slow and the timed ones too: what an issue must pass to be called resolved"
	@echo "make check        format, lint and types"
	@echo "make bench        asv run in its own pinned environment; PROFILE=quick|standard|full DEVICE=cpu|cuda RANGE=commits"
	@echo "make site         asv's pages and the report in site/, which need no network then; fetches their scripts with npm"
	@echo "make performance  the pytest-benchmark subset"

# The stamp is younger than the environment only if the installation finished.
.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(INSTALL) setuptools
	$(INSTALL) --no-build-isolation --editable ".[suite,cluster,dev,studies,peers]"
	$(COMPILE)
	touch $@

report: .venv/installed
	@# The page is built even where a benchmark failed: it says so. The failure is still the exit status.
	$(BIN)/python -m benchmarks run --plain --profile $(PROFILE) --device $(DEVICE) --machine "$(MACHINE)"; status=$$?; \
	$(BIN)/python -m reports --machine "$(MACHINE)" && exit $$status

# torch's wheels for Linux on PyPI are CUDA's; JAX's come as packages beside it.
.venv/cuda: .venv/installed
	$(INSTALL) --no-build-isolation --editable ".[suite,dev,studies,peers,cuda]"
	$(COMPILE)
	touch $@

cuda: .venv/cuda
	@# Exit status 2 says that nothing works on the card: there is nothing to build a page of.
	$(BIN)/python -m benchmarks card --minutes $(MINUTES) --machine "$(MACHINE)"; status=$$?; \
	test $$status -ne 2 || exit 2; \
	$(BIN)/python -m reports --machine "$(MACHINE)" && exit $$status

test: .venv/installed
	$(BIN)/python -m pytest -m "$(TESTS)" --numprocesses $(WORKERS) --dist loadgroup

test-all: .venv/installed
	$(BIN)/python -m pytest -m "not alone" --numprocesses $(WORKERS) --dist loadgroup
	$(BIN)/python -m pytest -m alone

check: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

bench: .venv/installed
	$(BIN)/python -m benchmarks run --managed --profile $(PROFILE) --device $(DEVICE) $(RANGE)

# npm checks what it fetches against the hashes of package-lock.json. The report comes second: asv publish begins anew.
site: .venv/installed
	npm ci --prefix reports/site --ignore-scripts --no-audit --no-fund --loglevel error
	@# asv reads one folder: what was measured here through it, or what is published.
	BENCH_RESULTS=$${BENCH_RESULTS:-$$(test -f results-local/benchmarks.json && echo results-local || echo results)} \
		$(BIN)/asv publish
	$(BIN)/python -m reports --output site/report
	$(BIN)/python -m reports.site.assemble site reports/site/node_modules

performance: .venv/installed
	$(BIN)/python -m pytest tests/performance --benchmark-only

clean:
	rm -rf .venv .asv build *.egg-info reports/output reports/site/node_modules site  # not results-local: nothing measured is deleted
