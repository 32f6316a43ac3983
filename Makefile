# Every target sets up .venv first; `make help` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
PORT ?= 5000
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1

.PHONY: help repro test faults status compare ui quick photos setup lint docs readme benchmark sync-tracking

$(shell $(BIN)/python -c '' 2>/dev/null || rm -f $(VENV)/.ready) # its Python is gone

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(VENV)/.ready ## create .venv, install the pinned dependencies, create the tracking database

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "error: CPython 3.11, 3.12 or 3.13 is needed; make PYTHON=/path/to/python3.11 names one" >&2; exit 1; }
	@test "$$($(BIN)/python --version 2>/dev/null)" = "$$($(PYTHON) --version)" || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m latentspace.pipeline.tracking --exit-zero
	touch $@

repro: setup ## run every stage whose code, parameters or inputs changed
	@python -m latentspace.pipeline.repro

test: setup ## run the test suite
	pytest -n 2

faults: setup ## fault injection: kills, full disks, damaged files; writes the counts to docs/reliability.md
	pytest --faults tests/faults

status: setup ## the state of every stage, the run that made it, and the claims that differ from the commit
	python -m latentspace.pipeline.status

A ?= HEAD
B ?= workspace
compare: setup ## two runs side by side in compare.html, for example A=HEAD B=my-experiment; B is by default what lies here
	@python -m latentspace.report.compare $(A) $(B)

ui: setup ## serve the MLflow UI on http://127.0.0.1:$(PORT); `export PORT=5001` moves it and the report's links
	@PORT=$(PORT) python -m latentspace.pipeline.tracking.page
	mlflow ui --backend-store-uri sqlite:///mlflow.db --host 127.0.0.1 --port $(PORT)

quick: setup ## run the whole graph at smoke size in .quick/, with its own cache and database
	python -m latentspace.pipeline.quick .quick

photos: setup ## the graph in photos/: the PCA autoencoder about photographs of faces (2¼ hours); research use only
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,photos]'
	cd photos && dvc repro
	cd photos && cp metrics/claims.json figures/gan_photos_shown/*.jpg figures/gan_photos_codes/explained.png published

lint: setup ## format, lint and type-check
	ruff format --check .
	ruff check .
	mypy

docs: setup ## build the API reference from the docstrings: docs/api/index.html
	python -m pdoc --docformat google --output-directory docs/api latentspace

readme: setup ## write the claims into README.md and docs/claims.md, draw docs/graph.md, copy the figures of README.md
	python -m latentspace.report.readme

benchmark: setup ## measure the speed of the layers relative to literal ones
	python benchmarks/disk_step.py
	python benchmarks/position_step.py
	python benchmarks/organise_time.py
	python benchmarks/quality.py
	python benchmarks/generator_step.py
	python benchmarks/data.py
	python benchmarks/where.py
	python benchmarks/scaling.py
	python benchmarks/overhead.py
	python benchmarks/live.py

sync-tracking: setup ## send the runs that MLflow could not take when they ended; RESEND=1: also those set aside or lost
	python -m latentspace.pipeline.tracking$(if $(RESEND), --resend)
