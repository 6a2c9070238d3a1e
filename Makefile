# Two commands matter: `make demo` and `make test`. Each sets up all it needs; Python 3.11 or later and make suffice.

PYTHON ?= python3
VENV := .venv
BLENDER := $(VENV)/blender
PYTHON_FOR_BLENDER ?= $(shell $(PYTHON) -c 'import sys; print(sys.executable if sys.version_info[:2] == (3, 11) else "python3.11")')
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
TESTS ?= tests
unexport PYTHONDONTWRITEBYTECODE # the many processes of the tests need not compile the project each

.PHONY: demo test test-proofs test-blender blender-picture docs pictures host-matrix fuzz crash bench check format clean

demo: $(VENV)/.mock
	$(BIN)/otiocomet demo demo

test: $(VENV)/.dev
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest $(TESTS) -m "not proof and not slow" -n 2 --dist loadscope --no-loadscope-reorder --cov --cov-report=term
	@echo
	@echo "Left out here, since they need more than Python:"
	@$(BIN)/python -m pytest $(TESTS) -m "proof" --collect-only -q 2>/dev/null | sed -n 's/::.*//p' | sort | uniq -c | sed 's/^/  make test-proofs: /'
	@$(BIN)/python -m pytest $(TESTS) -m "slow" --collect-only -q 2>/dev/null | sed -n 's/::.*//p' | sort | uniq -c | sed 's/^/  slow, by hand:    /'

test-proofs: $(VENV)/.proof $(BLENDER)/.bpy
	$(BIN)/python -m pytest $(TESTS) -m "proof and not slow" -n 2 --dist loadscope --no-loadscope-reorder

# Blender's part of the proofs alone.
test-blender: $(VENV)/.proof $(BLENDER)/.bpy
	$(BIN)/python -m pytest $(TESTS)/blender -n 2 --dist loadscope

# The picture of docs/how-to/blender.md, as Blender renders it.
blender-picture: $(VENV)/.proof $(BLENDER)/.bpy
	cd tests && ../$(BIN)/python -m support.blender_picture

# The documentation as a site, in build/docs/docs/index.html; every warning fails, a link that leads nowhere among them.
docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -q -c docs -b html . build/docs

# The pictures in docs/pictures: the terminal as the commands print now, the page as Chromium shows it.
pictures: $(VENV)/.proof
	cd tests && ../$(BIN)/python -m support.screencast
	cd tests && ../$(BIN)/python -m support.page_picture
	cd tests && ../$(BIN)/python -m support.resolve_picture

# Renders the full matrix of hosts (ten minutes and more) and writes docs/reference/host-matrix.md anew.
host-matrix: $(VENV)/.proof
	cd tests && ../$(BIN)/python -m support.host_matrix_page

# A million inputs for everything that reads what strangers write.
INPUTS ?= 1000000
fuzz: $(VENV)/.proof
	cd tests && ../$(BIN)/python -m fuzz --inputs $(INPUTS)

# Every point at which the process can die, every write that can fail: minutes, on two cores (docs/reliability.md).
crash: $(VENV)/.dev
	$(BIN)/python -m pytest $(TESTS)/faults/test_faults_crash_everywhere.py -rP -n 2 --dist load

# What the work costs against the best alternative in the same run, half an hour on two quiet cores; needs ffmpeg and
# curl. `make bench BENCHES="start polling"` runs some, BENCH_FLAGS=--small only shows that they run (docs/performance.md).
BENCHES ?=
BENCH_FLAGS ?=
bench: $(VENV)/.dev
	cd tests && ../$(BIN)/python -m bench $(BENCHES) $(BENCH_FLAGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) demo dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage*

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 14) else "otio-cometapi needs Python 3.11 to 3.13; name one with: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.mock: $(BIN)/python pyproject.toml
	$(PIP) --editable '.[mock]'
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.mock

$(VENV)/.docs: $(BIN)/python pyproject.toml
	$(PIP) --editable '.[docs]'
	@touch $@

$(VENV)/.proof: $(BIN)/python pyproject.toml
	$(PIP) --editable '.[proof]'
	@touch $@ $(VENV)/.dev $(VENV)/.docs $(VENV)/.mock

# Blender 4.5 LTS as a module: 373 MB to fetch, 0.9 GB on disk. Its wheels are for Python 3.11 alone, and it wants a
# numpy of its own, so it has an environment of its own: like Blender's, it knows nothing of this package.
$(BLENDER)/.bpy: $(BIN)/python
	$(PYTHON_FOR_BLENDER) -m venv $(BLENDER)
	$(BLENDER)/bin/python -m pip --disable-pip-version-check install --quiet 'bpy==4.5.*'
	@touch $@
