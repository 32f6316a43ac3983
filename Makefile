# Two commands set everything up: `make repro` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 5000
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1

.PHONY: repro test faults status ui quick setup lint readme benchmark sync-tracking

setup: $(VENV)/.ready ## make .venv, install the pinned dependencies, create the tracking database

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m latentspace.tracking
	touch $@

repro: setup ## run every experiment whose inputs changed
	@python -m latentspace.repro

test: setup ## run the whole test suite
	pytest -n 2

faults: setup ## kill, fill, cut and corrupt everything (half an hour); keeps the tally in docs/reliability.md
	pytest --faults tests/faults

status: setup ## what is up to date, which run made it, and which claims differ from the commit
	python -m latentspace.status

ui: setup ## serve the MLflow UI on http://127.0.0.1:$(PORT)
	mlflow ui --backend-store-uri sqlite:///mlflow.db --host 127.0.0.1 --port $(PORT)

quick: setup ## the whole graph at smoke size, in .quick/, with a cache and a database of its own
	python -m latentspace.quick .quick

lint: setup ## format, lint and type-check
	ruff format --check .
	ruff check .
	mypy

readme: setup ## paste the table of claims into README.md and docs/, copy the pictures they show
	python -m latentspace.report.readme

benchmark: setup ## speed of our layers beside the literal ones, as ratios in one run
	python benchmarks/disk_step.py
	python benchmarks/position_step.py
	python benchmarks/organise_time.py
	python benchmarks/quality.py
	python benchmarks/generator_step.py
	python benchmarks/data.py
	python benchmarks/where.py
	python benchmarks/scaling.py
	python benchmarks/overhead.py

sync-tracking: setup ## send runs that could not be sent to MLflow when they ended
	python -m latentspace.tracking
