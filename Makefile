# Everything runs in .venv. Each target creates or updates it automatically.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
# Targets and prerequisites are relative: the path of the checkout may have blanks, which make can't have in names.
BIN := $(VENV)/bin
# The commands of the virtual environment come first. The path is resolved because .venv may be a link: see .ci/venv.
IN_VENV = PATH="$$(cd $(BIN) && pwd -P):$$PATH"
# The version of the virtual environment's Python, for ansible-test.
PYTHON_VERSION = $(shell $(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
TARGETS ?=
# The supported versions of ansible-core. The version in .venv comes from requirements/constraints.txt.
# 2.22.0rc1 stands for 2.22.0 until that is released.
SUPPORTED := 2.17.14 2.18.19 2.19.14 2.20.10 2.21.5 2.22.0rc1
CORES ?= $(SUPPORTED)
# The unit tests of what depends on core most.
OF_CORE := tests/unit/inventory/ tests/unit/modules/
EVERYDAY := $(shell sed -n 's/^ansible-core==//p' requirements/constraints.txt)
# The set of requirements that build and importer install: release has hashes, so that a release is made of known files alone.
TOOLS ?=
PORT ?= 8080
LENIENT ?=
# Many tests wait for a server or for ansible-playbook, so that more of them than there are cores can run at the same time.
WORKERS ?= $(shell $(BIN)/python -c 'import os; print(2 * len(os.sched_getaffinity(0)))')
# What test-quick runs.
QUICK := tests/unit --ignore-glob="*/test_fuzz.py"

SHELL := bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test-quick test test-roles test-slow test-rest get-tools get-cores cores matrix benchmark mutants lint sanity units integration simulator docs docs-test diagram get-chromium build importer installed picture release clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit("Python 3.11 or later is needed: make PYTHON=...") if sys.version_info < (3, 11) else None'
	@.ci/venv "$(PYTHON)" $(VENV)

# What each set of requirements is for. The first line of its file says the same.
FOR_demo := what the demo and the simulator need
FOR_docs := what the documentation site needs
FOR_lint := what the linters need
FOR_release := what a release is built with
FOR_test := what the tests need

# Each installed set of requirements has a marker file.
$(VENV)/.%: requirements/%.txt requirements/constraints.txt | $(BIN)/python
	@$(IN_VENV) .ci/install python "$(FOR_$*) ($<)" -r $<
	@touch $@

demo: $(VENV)/.demo ## Watch real playbooks take a server through its life, and the inventory, on the simulator
	@$(IN_VENV) .ci/with-collection python -m tests.simulator --task-seconds 0.5 -- .ci/demo

test-quick: $(VENV)/.test ## Run the tests that take less than a minute: no playbooks, no long series of random cases
	$(IN_VENV) python -m pytest -n auto --dist worksteal -m "not slow and not long" $(QUICK) $(ARGS)

# These tests may take 8 minutes of CPU time. Whatever does not fit gets a target of its own that .ci/run calls, as test-slow.
test: $(VENV)/.test ## Run the tests
	@echo "This takes about 8 minutes on two idle cores; make test-quick takes less than a minute."
	@echo "make test-roles and make cores do more: roles, playbooks and AWX, and the other supported versions of ansible-core."
	$(IN_VENV) python -m pytest -n $(WORKERS) --dist worksteal -m "not slow and not roles and not cores" $(ARGS)

test-roles: $(VENV)/.test ## Run the tests of the roles, playbooks and recipes, and of the files for AWX
	$(IN_VENV) python -m pytest -n $(WORKERS) -m "roles and not cores" $(ARGS)

test-slow: $(VENV)/.test ## Run the tests that take minutes: load, and a sample of faults through playbooks
	$(IN_VENV) python -m pytest -n $(WORKERS) -m slow $(ARGS)

test-rest: $(VENV)/.test ## Run test-roles and test-slow at the same time
	$(IN_VENV) python -m pytest -n $(WORKERS) --dist worksteal -m "(roles or slow) and not cores" $(ARGS)

get-tools: $(VENV)/.demo $(VENV)/.lint $(VENV)/.docs ## Install what linters, builds and the documentation site need

get-cores: ## Install the other supported versions of ansible-core, if there is a Python for them
	@for core in $(filter-out $(EVERYDAY),$(CORES)); do .ci/core $$core; done

cores: $(VENV)/.test get-cores ## Run what leans on the inside of ansible-core on each supported one
	$(IN_VENV) python -m pytest -n $(WORKERS) -m cores $(ARGS)

benchmark: $(VENV)/.test ## Measure the inventory and the modules; ARGS="--hosts 100 --runs 1" makes it short
	@$(IN_VENV) .ci/with-collection python -m tests.benchmark $(ARGS)

mutants: $(VENV)/.test ## Make mistakes in the code on purpose and see which the unit tests miss; ARGS="--only reconcile/delivery.py" takes some
	$(IN_VENV) python -m tests.mutation $(ARGS)

simulator: $(VENV)/.demo ## Serve the simulated API on loopback, at PORT; LENIENT=1 lets unknown fields pass
	@$(IN_VENV) python -m tests.simulator --port $(PORT) $(if $(filter 1 true yes,$(LENIENT)),--lenient)

lint: $(VENV)/.lint ## Run the linters
	$(IN_VENV) ruff check .
	$(IN_VENV) ruff format --check .
	$(IN_VENV) codespell
	$(IN_VENV) yamllint --strict .
	$(IN_VENV) .ci/with-collection sh -c 'MYPYPATH=$$ANSIBLE_COLLECTIONS_PATH mypy -p ansible_collections.coxedge.compute.plugins'
	$(IN_VENV) mypy tests/simulator
	$(IN_VENV) ANSIBLE_HOME="$$PWD/.cache/ansible" .ci/with-collection ansible-lint --strict --offline --profile production
	$(IN_VENV) .ci/with-collection antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=self --disallow-unknown-collection-refs --skip-rstcheck .
	$(IN_VENV) antsibull-changelog lint

sanity: $(VENV)/.demo ## Run ansible-test sanity
	$(IN_VENV) .ci/ansible-test sanity --python $(PYTHON_VERSION) --color no

matrix: ## Run sanity, units and integration on each supported ansible-core, or on those in CORES; CORES=ends for the gate of .ci/run
	@TARGETS="$(TARGETS)" $(if $(filter ends,$(CORES)),ONLY_SANITY=$(EVERYDAY) UNITS="$(OF_CORE)") .ci/matrix $(if $(filter ends,$(CORES)),$(EVERYDAY) $(lastword $(SUPPORTED)),$(CORES))

units: $(VENV)/.demo ## Run the unit tests as ansible-test does
	$(IN_VENV) .ci/ansible-test units --venv --python $(PYTHON_VERSION) --color no

integration: $(VENV)/.demo ## Run the integration targets, or those in TARGETS
	$(IN_VENV) .ci/ansible-test integration --venv --python $(PYTHON_VERSION) --color no $(TARGETS)

docs: $(VENV)/.docs ## Build the documentation site; it prints where
	@$(IN_VENV) .ci/with-collection .ci/docs

docs-test: docs ## Open the site in headless Chromium; CHROMIUM=none is content where there is none
	@$(IN_VENV) .ci/docs-test

get-chromium: ## Install Chromium with apt-get
	@.ci/get-chromium

diagram: $(VENV)/.demo ## Draw docs/states.svg from the state table and docs/layout.svg from the imports
	$(IN_VENV) .ci/with-collection sh -c 'PYTHONPATH=$$ANSIBLE_COLLECTIONS_PATH python -m ansible_collections.coxedge.compute.docs.docsite.diagram docs/states.svg'
	$(BIN)/python docs/docsite/layout.py docs/layout.svg

build: $(VENV)/.$(or $(TOOLS),demo) ## Build the collection into dist/
	rm -rf dist
	$(IN_VENV) ansible-galaxy collection build --force --output-path dist

importer: $(VENV)/.$(or $(TOOLS),lint) build ## Check the built collection with Galaxy's importer; a warning is an error
	@mkdir -p .cache
	export $(IN_VENV) ANSIBLE_HOME="$$PWD/.cache/ansible" GALAXY_IMPORTER_CONFIG="$$PWD/.ci/galaxy-importer.cfg" && \
	  cd dist && python -m galaxy_importer.main *.tar.gz 2>&1 | tee ../.cache/importer.log
	@! grep -E "WARNING|ERROR" .cache/importer.log

installed: build ## Install the built collection in a temporary folder and run the demo from there
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	  export $(IN_VENV) && ansible-galaxy collection install dist/*.tar.gz -p "$$folder" && \
	  ANSIBLE_COLLECTIONS_PATH="$$folder" python -m tests.simulator --task-seconds 0.5 -- .ci/demo

picture: $(VENV)/.lint ## Draw the terminal of the README and the page of the playbook review (needs Chromium)
	@$(IN_VENV) .ci/with-collection python -m tests.simulator --task-seconds 0.5 -- python .ci/picture.py
	@$(IN_VENV) .ci/with-collection python -m tests.simulator --task-seconds 0.5 -- .ci/review-picture

release: $(VENV)/.lint ## Make a release with VERSION=1.2.3: version, changelog, build, checks, commit and tag
	@.ci/release "$(VERSION)"

clean: ## Remove what the other targets made
	@.ci/clean
