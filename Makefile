# All set-up is done here: a fresh machine needs Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
EXTRAS := sim,dev,viz,aria,train,scale

.PHONY: help setup test faults lint demo clean

help:  ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(STAMP)  ## Make .venv with everything that tests and demo need

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	touch $@

test: $(STAMP)  ## Run the tests, two files at a time, each with one thread of arithmetic
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

faults: $(STAMP)  ## Plant known faults one at a time, two copies at once, and see each caught by its test
	$(BIN)/python tests/faults/plant.py

lint: $(STAMP)  ## ruff and mypy
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy

demo: $(STAMP)  ## From simulated recordings to a report page
	$(BIN)/xperience demo

clean:  ## Remove what make made
	rm -rf $(VENV) build *.egg-info src/*.egg-info
