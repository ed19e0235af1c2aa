# Everything runs in .venv, which each target makes or brings up to date by itself.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
PORT ?= 8080
LENIENT ?=
# Where pip is told to be quiet it still says what matters.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test lint sanity simulator build clean

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed: make PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

# One file for each set of requirements that is installed.
$(VENV)/.%: requirements/%.txt requirements/constraints.txt | $(BIN)/python
	$(PIP) -r $<
	@touch $@

demo: $(VENV)/.demo ## Watch real playbooks take a server through its life on the simulator
	@PATH="$(BIN):$$PATH" ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false \
	  .ci/with-collection $(BIN)/python -m tests.simulator --task-seconds 0.5 -- ansible-playbook coxedge.compute.demo

test: $(VENV)/.test ## Run the tests
	$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

simulator: $(VENV)/.demo ## Serve the simulated API on loopback, at PORT; LENIENT=1 lets unknown fields pass
	@$(BIN)/python -m tests.simulator --port $(PORT) $(if $(filter 1 true yes,$(LENIENT)),--lenient)

lint: $(VENV)/.lint ## Run the linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/yamllint --strict .
	PATH="$(BIN):$$PATH" .ci/with-collection sh -c 'MYPYPATH=$$ANSIBLE_COLLECTIONS_PATH $(BIN)/mypy -p ansible_collections.coxedge.compute.plugins'
	$(BIN)/mypy tests/simulator
	PATH="$(BIN):$$PATH" ANSIBLE_HOME=$(CURDIR)/.cache/ansible .ci/with-collection $(BIN)/ansible-lint --strict --offline --profile production
	PATH="$(BIN):$$PATH" .ci/with-collection $(BIN)/antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=self --disallow-unknown-collection-refs --skip-rstcheck .
	$(BIN)/antsibull-changelog lint

sanity: $(VENV)/.lint ## Run ansible-test sanity
	PATH="$(BIN):$$PATH" .ci/ansible-test sanity --python 3.11 --color no

build: $(VENV)/.demo ## Build the collection into dist/
	$(BIN)/ansible-galaxy collection build --force --output-path dist

clean: ## Remove what the other targets made
	rm -rf $(VENV) dist .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
