# All set-up is done here: a fresh machine needs Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
EXTRAS := sim,dev,viz,aria,train,scale
NEWEST := .venv-newest
NEWEST_TESTS := tests/episode tests/sources tests/simulate/test_recording.py tests/simulate/test_sensors_video.py \
	tests/simulate/test_sensors_audio.py tests/simulate/test_faults.py tests/prepare/test_extraction.py \
	tests/prepare/test_segments.py tests/quality/test_checks.py tests/corpus/test_catalogue_way.py
NEWEST_PYTHON ?= $(shell for v in 3.13 3.12 3.11; do python$$v -c '' 2>/dev/null && echo python$$v && break; done || echo $(PYTHON))

.PHONY: help setup test test-pythons test-newest faults benchmarks lint demo clean

help:  ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(STAMP)  ## Make .venv with everything that tests and demo need

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@$(BIN)/python -c 'from xperience import extras; [print(f"left out {x}: {why}") for x in "$(EXTRAS)".split(",") if "no wheel" in (why := extras.how_to_add(x))]'
	touch $@

test: $(STAMP)  ## Run the tests, two files at a time, each with one thread of arithmetic
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

test-pythons:  ## Set-up and tests with each of Python 3.11, 3.12 and 3.13 that is found, each in a venv of its own
	for v in 3.11 3.12 3.13; do \
	  if python$$v -c '' 2>/dev/null; then $(MAKE) test PYTHON=python$$v VENV=.venv-$$v || exit 1; \
	  else echo "Python $$v is not found: left out"; fi; \
	done

test-newest:  ## Tests of all that reads and writes recordings, with the newest versions that pyproject.toml allows
	test -x $(NEWEST)/bin/python || $(NEWEST_PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade --upgrade-strategy eager -e '.[sim,dev]'
	$(NEWEST)/bin/python -c 'import av, sys; print("Python", sys.version.split()[0], "PyAV", av.__version__)'
	OMP_NUM_THREADS=1 $(NEWEST)/bin/python -m pytest -n 2 --dist loadfile $(NEWEST_TESTS)

faults: $(STAMP)  ## Plant known faults one at a time, two copies at once, and see each caught by its test
	$(BIN)/python tests/faults/plant.py

benchmarks: $(STAMP)  ## Measure all that can be measured here, for hours, and write docs/benchmarks.md; stop it and go on at any time
	$(BIN)/python benchmarks/all.py $(BENCHMARKS)

lint: $(STAMP)  ## ruff and mypy
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy

demo: $(STAMP)  ## From simulated recordings to a report page
	$(BIN)/xperience demo

clean:  ## Remove what make made
	rm -rf $(VENV) .venv-* build *.egg-info src/*.egg-info
