# Everything runs in .venv, made from requirements.lock on first use. `make demo` and `make test` are all a newcomer needs.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-all lint format dev bench docs lock clean

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'commongrid needs Python 3.11 or later: make PYTHON=python3.11')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: .venv/ready  ## make the demo county and publish it
	$(BIN)/commongrid demo

test: .venv/ready  ## the fast tests
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m "not slow"

test-all: .venv/ready  ## all tests
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: .venv/ready  ## what CI checks besides the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --nocolor --processes 2 dbt_project/models dbt_project/tests
	$(BIN)/commongrid specs check
	$(BIN)/commongrid specs models --check

format: .venv/ready  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

dev: .venv/ready  ## the Dagster UI on http://127.0.0.1:3000
	$(BIN)/python -m pipelines.orchestration.dev

bench: .venv/ready  ## measure against DuckDB's reader and the hand-written peer (needs real data, see benchmarks/README.md)
	$(BIN)/python benchmarks/read.py
	$(BIN)/python benchmarks/place.py
	$(BIN)/python benchmarks/suggest.py
	$(BIN)/python benchmarks/again.py
	$(BIN)/python benchmarks/run.py

docs: .venv/ready  ## write the datasets' models and the reference pages from code and specs
	$(BIN)/commongrid specs models
	$(BIN)/python docs/make_reference.py

lock:  ## pin the requirements again; needs uv
	uv pip compile --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11 pyproject.toml requirements.in -o requirements.lock

clean:  ## remove what was built; data/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
