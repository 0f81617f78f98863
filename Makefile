# Linux and macOS; README.md says the same for Windows.
# Four words for a developer: make check, make test, make bench, make docs.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test check docs evidence bench lock clean

# The job itself, and the tests: word for word the commands at the head of README.md.
demo:
	$(PYTHON) -m venv .venv && $(BIN)/pip install -q -c requirements.lock . && $(BIN)/onestop compare separate one-stop one-stop-recognition

test:
	$(PYTHON) -m venv .venv && $(BIN)/pip install -q -c requirements.lock -e ".[test]" && $(BIN)/python -m pytest -n 2

check: .venv/tools
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The pages of docs/ as HTML in build/docs, the generated ones made anew.
docs: .venv/docs-tools
	$(BIN)/python -m docs.reference
	$(BIN)/python -m sphinx -W --keep-going -q docs build/docs

# The long evidence: tests marked slow or browser, whose tables stand in docs/verification.md.
evidence: .venv/tools
	$(BIN)/python -m pytest -n 2 -m "slow or browser"
	$(BIN)/python -m benchmarks.verification

bench: .venv/tools
	$(BIN)/pip install -q -c requirements.lock -e ".[bench]"
	$(BIN)/python -m benchmarks

.venv/tools: setup.cfg requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c requirements.lock -e ".[test,dev]"
	touch $@

.venv/docs-tools: setup.cfg requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c requirements.lock -e ".[docs]"
	touch $@

# One lock for Python 3.11-3.13 on Linux, macOS and Windows, by environment markers.
lock:
	$(PYTHON) -m venv build/lock && build/lock/bin/pip install -q uv
	echo "# Made by make lock; used as: pip install -c requirements.lock ..." > build/lock/new
	build/lock/bin/uv pip compile -q --upgrade --universal --python-version 3.11 --no-header \
		--no-annotate --extra test --extra dev --extra bench --extra cluster --extra docs setup.cfg | grep -E '^[a-z0-9]' >> build/lock/new
	mv build/lock/new requirements.lock && rm -r build/lock

clean:
	rm -rf .venv build dist onestop.egg-info
