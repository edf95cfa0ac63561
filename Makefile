# Every command of the project, over one environment in .venv. `make` alone lists them.
# Written for GNU make from 3.81 on (the one of macOS) and any POSIX shell.

PYTHON  := .venv/bin/python
BIN     := .venv/bin
RUNTIME := .venv/.installed-runtime
DEV     := .venv/.installed-dev
TESTING := DJANGO_SETTINGS_MODULE=config.test_settings
ARGS    ?=

# Another environment that is active in the developer's shell is not the one we install into.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-long drill drill-restart drill-restore drill-support image-test check lint types layers migrations openapi audit format lock bench bench-paging bench-admin clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: $(RUNTIME) .env ## Start the whole product in sandbox mode; Ctrl-C stops it
	@exec $(PYTHON) manage.py run $(ARGS)

# What starts the product as processes has the machine to itself.
test: $(DEV) ## Run the suite on private servers; ARGS="..." goes to pytest instead
ifeq ($(ARGS),)
	@$(PYTHON) -m tests.services -- -m "not e2e and not long" --durations 30 -n auto --maxprocesses 8 --dist loadfile \
	  --no-loadscope-reorder
	@$(PYTHON) -m tests.services -- -m "e2e and not long and not alone" --durations 30 -n 2 --dist loadfile \
	  --no-loadscope-reorder
	@exec $(PYTHON) -m tests.services -- -m "alone and not long"
else
	@exec $(PYTHON) -m tests.services -- $(ARGS)
endif

test-long: $(DEV) ## Run what `make test` leaves out: every fault at every call, pages in every form
	@exec $(PYTHON) -m tests.services -- -m long $(ARGS)

drill: $(DEV) ## Kill, flush and restart for minutes; DRILL_SECONDS=600 for longer
	@exec env DRILL_SECONDS=$${DRILL_SECONDS:-120} $(PYTHON) -m tests.services -- tests/faults/test_loops.py $(ARGS)

drill-restart: $(DEV) ## Restart web and workers one by one under load; DRILL_ROUNDS=5 for longer
	@exec $(PYTHON) -m tests.services -- tests/drills/test_restart.py --capture no $(ARGS)

drill-support: $(DEV) ## Live through the support guide's table: each trouble, each cure, each click
	@exec $(PYTHON) -m tests.services -- tests/drills/test_support.py --capture no $(ARGS)

drill-restore: $(DEV) ## Back up under load, lose the machine, restore on another one
	@exec $(PYTHON) -m tests.services -- tests/drills/test_restore.py $(ARGS)

# Not a part of `test`, for it asks for an engine: Docker, or ENGINE=podman COMPOSE=podman-compose.
image-test: $(DEV) ## Build the image, start deploy/compose.yaml as it is, and use it; needs Docker
	@exec $(PYTHON) -m pytest tests/deploy/containers.py --capture no $(ARGS)

check: lint types layers migrations openapi ## Run every check that starts no server

lint: $(DEV) ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV) ## Check the types
	$(BIN)/mypy .

layers: $(DEV) ## Check that imports go down, never up
	$(BIN)/lint-imports

# Nobody listens on port 1: a comparison of models with migrations needs the dialect, not the server.
NO_SERVER := TEST_DATABASE_URL=postgres://nobody@127.0.0.1:1/none PYTHONWARNINGS=ignore

migrations: $(DEV) ## Check that the migrations hold the models, on SQLite and on PostgreSQL
	env -u TEST_DATABASE_URL $(TESTING) $(PYTHON) manage.py makemigrations --check --dry-run
	env $(NO_SERVER) $(TESTING) $(PYTHON) manage.py makemigrations --check --dry-run

openapi: $(DEV) ## Check that the OpenAPI document is complete and valid
	env $(TESTING) $(PYTHON) manage.py spectacular --validate --fail-on-warn --file /dev/null

# Not a part of `check`, for it asks the network. Strict: what could not be looked up is a failure, not a silence.
audit: $(DEV) ## Look up known vulnerabilities of everything that is locked; needs the network
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r requirements.txt
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r requirements-dev.txt

format: $(DEV) ## Rewrite the code in the house's style
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes

lock: $(DEV) ## Compile requirements*.in; ARGS=--upgrade takes newer versions
	$(COMPILE) $(ARGS) requirements.in -o requirements.txt
	$(COMPILE) $(ARGS) requirements-dev.in -c requirements.txt -o requirements-dev.txt

bench: $(DEV) ## Measure, one file of bench/ after the other, on private servers
	@for file in bench/[a-z]*.py; do \
	  $(PYTHON) -m tests.services --module "bench.$$(basename "$$file" .py)" -- $(ARGS) || exit; \
	done

bench-paging: $(DEV) ## Measure pages of 1,000,000 links beside 1,000; ARGS="--links 100000" for a look
	@exec $(PYTHON) -m tests.services --module bench.paging -- $(ARGS)

bench-admin: $(DEV) ## Open every page of the admin with a million deliveries; ARGS="--only links" for some
	@exec $(PYTHON) -m tests.services --module bench.admin -- $(ARGS)

clean: ## Remove the environment and the caches; the data stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results \
	  tests/onboarding/page/node_modules tests/verifiers/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- the environment ---------------------------------------------------------------------------

# A name on PATH may be a shim of an interpreter that is not there, and Debian's python3 may come
# without ensurepip: each candidate is tried, not looked up. uv brings its own installer.
$(PYTHON):
	@rm -rf .venv; \
	found=; uv=; needs=ensurepip; \
	if uv --version >/dev/null 2>&1; then uv=uv; needs=venv; fi; \
	for name in python3.13 python3.12 python3.11 python3; do \
	  if $$name -c "import sys, ssl, sqlite3, $$needs; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1; \
	  then found=$$name; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "No usable Python: one of python3.13, python3.12, python3.11 or python3 has to be on PATH," >&2; \
	  echo "be 3.11 or newer, and have its venv and sqlite3 modules (Debian: apt-get install python3-venv)." >&2; \
	  exit 1; \
	fi; \
	path=$$($$found -c 'import sys; print(sys.executable)'); \
	echo "Making .venv with $$path"; \
	if [ -n "$$uv" ]; then uv venv --quiet --python "$$path" .venv; else "$$path" -m venv .venv; fi

# pip is the second try as well as the only one: behind a company's proxy it may know certificates
# that uv does not. An environment that uv made has no pip yet.
define install
	@echo "Installing $(1)"; \
	if uv --version >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(PYTHON) --require-hashes -r $(1) && exit; \
	  echo "uv did not manage; trying pip" >&2; \
	fi; \
	$(PYTHON) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m ensurepip >/dev/null || exit; \
	exec $(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
endef

$(RUNTIME): requirements.txt $(PYTHON)
	$(call install,requirements.txt)
	@touch $@

# What development needs contains what running needs, in the same versions.
$(DEV): requirements-dev.txt requirements.txt $(PYTHON)
	$(call install,requirements-dev.txt)
	@touch $(RUNTIME) $@

# It will hold keys: nobody else may read it.
.env: | .env.example
	@install -m 600 .env.example $@
