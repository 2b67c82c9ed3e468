# Two commands matter: `make demo` and `make test`. Everything happens in a virtual environment of its own.
PYTHON      ?= python3
VENV        ?= .venv
# The pin keeps the CPU build small where the index offers one; pyproject.toml keeps a range.
# On a machine whose default index serves the CUDA build of torch, name the CPU index here:
#   make demo TORCH_INDEX="--index-url <PyTorch's CPU index>"
TORCH       ?= torch==2.13.0
TORCH_INDEX ?=
OUTPUT      ?= demo-output
BIN         := $(VENV)/bin
PIP         := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test check clean

$(VENV)/.torch:
	$(PYTHON) -m venv $(VENV)
	@echo "Installing $(TORCH) ..."
	$(PIP) install $(TORCH_INDEX) "$(TORCH)"
	@touch $@

$(VENV)/.demo: $(VENV)/.torch pyproject.toml $(shell find src prompts sample -type f -not -path '*__pycache__*')
	@echo "Installing reviewlore[model] ..."
	$(PIP) install ".[model]"
	@touch $@; rm -f $(VENV)/.test

$(VENV)/.test: $(VENV)/.torch pyproject.toml
	@echo "Installing reviewlore[model,test] in place ..."
	$(PIP) install --editable ".[model,test]"
	@touch $@; rm -f $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/reviewlore demo --output $(OUTPUT)

# Two workers, a thread each: libraries that take every core for themselves would get in each other's way.
test: $(VENV)/.test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$(abspath $(BIN)):$$PATH" bash .github/check_workflows.sh

clean:
	rm -rf $(VENV) $(OUTPUT) build dist
