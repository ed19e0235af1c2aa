# Everything runs in .venv. Each target creates or updates it automatically.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
# The Python version of .venv, for ansible-test.
PYTHON_VERSION = $(shell $(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
TARGETS ?=
# The supported versions of ansible-core. The version in .venv comes from requirements/constraints.txt.
SUPPORTED := 2.17.14 2.18.19 2.19.14 2.20.10 2.21.5
CORES ?= $(SUPPORTED)
EVERYDAY := $(shell sed -n 's/^ansible-core==//p' requirements/constraints.txt)
PORT ?= 8080
LENIENT ?=
# With --quiet, pip still prints warnings and errors.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

SHELL := bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test test-slow get-cores cores matrix benchmark mutants lint sanity units integration simulator docs docs-test diagram get-chromium build importer installed picture release clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed: make PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

# Each installed set of requirements has a marker file.
$(VENV)/.%: requirements/%.txt requirements/constraints.txt | $(BIN)/python
	$(PIP) -r $<
	@mkdir -p .cache
	@touch $@

demo: $(VENV)/.demo ## Run real playbooks and the inventory against the simulator
	@PATH="$(BIN):$$PATH" .ci/with-collection $(BIN)/python -m tests.simulator --task-seconds 0.5 -- .ci/demo

test: $(VENV)/.test ## Run the tests
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not slow" $(ARGS)

test-slow: $(VENV)/.test ## Run the load tests, which take minutes
	$(BIN)/python -m pytest -n auto -m slow $(ARGS)

get-cores: ## Install the other supported versions of ansible-core, if there is a Python for them; the tests then use them too
	@for core in $(filter-out $(EVERYDAY),$(CORES)); do .ci/core $$core; done

cores: $(VENV)/.test get-cores ## Run the tests that depend on internals of ansible-core, on each supported version
	$(BIN)/python -m pytest -n auto tests/functional/test_cores.py

benchmark: $(VENV)/.demo ## Measure the speed of the inventory and the modules; ARGS="--hosts 100 --runs 1" for a short run
	@PATH="$(BIN):$$PATH" .ci/with-collection $(BIN)/python -m tests.benchmark $(ARGS)

mutants: $(VENV)/.test ## Put mistakes into the code and show which ones the unit tests miss; ARGS="--only TEXT" selects some
	$(BIN)/python -m tests.mutation $(ARGS)

simulator: $(VENV)/.demo ## Start the simulator of the API on loopback, at PORT; LENIENT=1 accepts unknown fields
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

sanity: $(VENV)/.demo ## Run ansible-test sanity
	PATH="$(BIN):$$PATH" .ci/ansible-test sanity --python $(PYTHON_VERSION) --color no

matrix: ## Run sanity, units and integration on each supported ansible-core, or on those in CORES; CORES=ends for the version in .venv (without units) and the newest
	@TARGETS="$(TARGETS)" WITHOUT_UNITS=$(if $(filter ends,$(CORES)),$(EVERYDAY)) .ci/matrix $(if $(filter ends,$(CORES)),$(EVERYDAY) $(lastword $(SUPPORTED)),$(CORES))

units: $(VENV)/.demo ## Run the unit tests with ansible-test
	PATH="$(BIN):$$PATH" .ci/ansible-test units --venv --python $(PYTHON_VERSION) --color no

integration: $(VENV)/.demo ## Run the integration targets, or those in TARGETS
	PATH="$(BIN):$$PATH" .ci/ansible-test integration --venv --python $(PYTHON_VERSION) --color no $(TARGETS)

docs: $(VENV)/.docs ## Build the documentation site and print its path
	@PATH="$(BIN):$$PATH" .ci/with-collection .ci/docs

docs-test: docs ## Test the site in headless Chromium; CHROMIUM=none skips the test if there is no Chromium
	@PATH="$(BIN):$$PATH" .ci/docs-test

get-chromium: ## Install Chromium with apt-get
	@.ci/get-chromium

diagram: $(VENV)/.demo ## Draw docs/states.svg from the state table
	.ci/with-collection sh -c 'PYTHONPATH=$$ANSIBLE_COLLECTIONS_PATH $(BIN)/python -m ansible_collections.coxedge.compute.docs.docsite.diagram docs/states.svg'

build: $(VENV)/.demo ## Build the collection into dist/
	rm -rf dist
	$(BIN)/ansible-galaxy collection build --force --output-path dist

importer: $(VENV)/.lint build ## Check the built collection with Galaxy's importer; a warning is an error
	@mkdir -p .cache
	cd dist && PATH="$(BIN):$$PATH" ANSIBLE_HOME=$(CURDIR)/.cache/ansible GALAXY_IMPORTER_CONFIG=$(CURDIR)/.ci/galaxy-importer.cfg \
	  $(BIN)/python -m galaxy_importer.main *.tar.gz 2>&1 | tee $(CURDIR)/.cache/importer.log
	@! grep -E "WARNING|ERROR" .cache/importer.log

installed: build ## Install the built collection in a temporary folder and run the demo from there
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	  $(BIN)/ansible-galaxy collection install dist/*.tar.gz -p "$$folder" && \
	  PATH="$(BIN):$$PATH" ANSIBLE_COLLECTIONS_PATH="$$folder" $(BIN)/python -m tests.simulator --task-seconds 0.5 -- .ci/demo

picture: $(VENV)/.lint ## Draw docs/terminal.svg, the terminal in the README
	@PATH="$(BIN):$$PATH" .ci/with-collection $(BIN)/python -m tests.simulator --task-seconds 0.5 -- $(BIN)/python .ci/picture.py

release: $(VENV)/.lint ## Make a release with VERSION=1.2.3: version, changelog, build, checks, commit and tag
	@.ci/release "$(VERSION)"

clean: ## Remove the files that the other targets created
	rm -rf .venv* dist .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
