# Everything that a person or a machine does here. `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
AUDIT ?= yes
CLIENTS ?= data awscli torch spark lakes hadoop eventlet services
INSTALLED := .venv/.installed

.PHONY: help demo test check fmt lint types docs services clients client-environments engines emulators agreement fuzz bench release lock clean
.DEFAULT_GOAL := help

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(INSTALLED): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "bucketpass needs Python 3.11 or newer; name one: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(INSTALLED) ## the whole story on the sandbox: a declaration, Pulumi, two AI services, and what is refused
	@$(BIN)/bucketpass demo

test: $(INSTALLED) ## every test
	$(BIN)/pytest --numprocesses 2 --dist loadgroup

check: lint types docs ## what must hold before a test runs: style, types, and that the generated pages are true

fmt: $(INSTALLED) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(INSTALLED) ## style and simple mistakes
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(INSTALLED) ## mypy, strict
	$(BIN)/mypy

docs: $(INSTALLED) ## check that links lead somewhere and generated pages are as their source says; build the site, strictly, in build/site
	$(BIN)/python -m docs.check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

services: $(INSTALLED) $(patsubst %,build/clients/%/.installed,services lakes spark hadoop pipelines workers airflow) ## AI services that others wrote, as examples/services has them
	BUCKETPASS_SERVICES=all $(BIN)/pytest tests/integration/test_services.py tests/integration/test_client_needs.py

clients: $(INSTALLED) client-environments ## every S3 client against the sandbox, reading on when its session ends
	$(BIN)/pytest tests/integration/test_clients.py

client-environments: $(CLIENTS:%=build/clients/%/.installed) ## an environment for each family of clients (CLIENTS="data awscli" leaves PyTorch's GB out)

build/clients/%/.installed: tests/clients/%.txt
	$(PYTHON) -m venv build/clients/$*
	build/clients/$*/bin/pip install --quiet --requirement $<
	@touch $@

build/clients/%/.installed: tests/clients/heavy/%.txt
	$(PYTHON) -m venv build/clients/$*
	build/clients/$*/bin/pip install --quiet --no-deps --requirement $<
	@touch $@

build/clients/hadoop/.installed: tests/clients/hadoop.xml
	@mkdir -p $(@D)
	@if command -v mvn > /dev/null; then mvn -B -q -f $< dependency:copy-dependencies -DoutputDirectory=$(abspath $(@D))/jars; \
	  else echo "no Maven (apt-get install maven): S3A is not tried"; fi
	@touch $@

engines: $(INSTALLED) ## run under Pulumi's own engine, at Ceph, and with identity providers that others wrote (Go, Debian, npm, PyPI, Maven), and print the time
	@bash -c 'TIMEFORMAT="make engines: %0R s"; time $(MAKE) --no-print-directory peers'

.PHONY: peers
peers:
	-$(BIN)/python -m tests.engines.install
	-$(BIN)/python -m tests.pulumi_engine.install
	$(BIN)/python -m tests.peers
	$(BIN)/pytest tests/pulumi_engine tests/engines tests/identity_providers --deselect tests/engines/test_agreement.py::test_three_judges_agree_on_the_example_and_a_generated_declaration
	$(BIN)/python -m tests.engines.agreement --json

.PHONY: moto-floor
MOTO_FLOOR := $(shell sed -n 's/^sandbox = .*moto\[[a-z0-9,]*\]>=\([0-9.]*\),.*/\1/p' pyproject.toml)
moto-floor: $(INSTALLED) ## the sandbox with the oldest moto that pyproject.toml allows (the newest is in requirements.lock)
	$(BIN)/pip install --quiet --no-deps --upgrade --target build/moto-floor moto==$(MOTO_FLOOR)
	PYTHONPATH=build/moto-floor $(BIN)/python -c 'import moto; assert moto.__version__ == "$(MOTO_FLOOR)", moto.__version__'
	PYTHONPATH=build/moto-floor $(BIN)/pytest tests/unit/sandbox tests/integration/test_kms_history.py tests/integration/test_sandbox_persist.py

emulators: $(INSTALLED) ## the sandbox beside other emulators of AWS (PyPI), and the table of the documentation
	$(BIN)/python -m tests.emulators --write

build/agreement/node_modules:
	npm install --prefix build/agreement --no-audit --no-fund --silent @cloud-copilot/iam-simulate@0.1.173

agreement: $(INSTALLED) build/agreement/node_modules ## the engine against another one, and the prover against brute force, at length (needs node)
	$(BIN)/python -m tests.agreement
	BUCKETPASS_AGREEMENT=20000 $(BIN)/pytest tests/integration/test_prove_agreement.py

fuzz: $(INSTALLED) ## hostile input for what listens, and eight clients at once, a minute each
	BUCKETPASS_FUZZ_SECONDS=60 BUCKETPASS_SOAK_SECONDS=60 $(BIN)/pytest tests/adversarial/test_sandbox_fuzz.py tests/adversarial/test_sandbox_wire.py --timeout 300

.PHONY: browser
browser: build/axe/package/axe.min.js ## what the page of `bucketpass report` is held against in Chromium (apt-get install chromium)
build/axe/package/axe.min.js:
	mkdir -p build/axe && cd build/axe && npm pack axe-core@4.14.1 && tar xzf axe-core-4.14.1.tgz package/axe.min.js

bench: $(INSTALLED) ## every benchmark, one JSON object a line
	@for name in $$(ls benchmarks/*.py | xargs -n1 basename | sed 's/\.py//' | grep -v '^_'); do $(BIN)/python -m benchmarks.$$name --json; done

build/release/tools/.installed: release/requirements.txt
	$(PYTHON) -m venv build/release/tools
	build/release/tools/bin/pip install --quiet --requirement $<
	@touch $@

release: build/release/tools/.installed ## build and check what is published, and say what to push (AUDIT=no where no database of vulnerabilities can be reached)
	PYTHONPATH=src build/release/tools/bin/python -m release $(if $(filter no,$(AUDIT)),--no-audit)

lock: $(INSTALLED) ## resolve the dependencies anew
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --build-deps-for editable --extra all --extra dev --output-file requirements.lock pyproject.toml

clean: ## remove what was made here
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .bucketpass build dist
