.DEFAULT_GOAL := help
SHELL := /bin/sh

# A name on PATH may be a shim that does not run, so each is asked.
PYTHON := $(shell for python in python3 python3.12 python3.11 python3.13 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
ifeq ($(PYTHON),)
$(error Tierdesk needs Python 3.11 or newer. On Debian or Ubuntu: apt-get install -y python3 python3-venv)
endif

BOOTSTRAP := $(PYTHON) scripts/bootstrap.py
PLAIN := $(BOOTSTRAP) --no-assets
# Many processes import the same modules at each start. They are compiled once, also where the environment says that
# nothing is kept: that costs each of them seconds.
export PYTHONDONTWRITEBYTECODE :=
export PORT ?= 8000
N ?=
ROWS ?=
ARGS ?=

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: ## the whole desk with a demo company (PORT=8000); Ctrl-C stops it
	@exec $(BOOTSTRAP) python -m helpdesk.local.demo

.PHONY: reset-demo
reset-demo: ## forget the demo's data; the next `make demo` loads it afresh
	@exec $(PLAIN) python -m helpdesk.local.reset

.PHONY: test
test: ## all tests but the long ones, on real PostgreSQL, Redis and a real worker (ARGS="-k ...")
	@exec $(BOOTSTRAP) python -m pytest -n 2 --dist loadgroup -m "not long" $(ARGS)

.PHONY: test-long
test-long: ## the tests that take minutes, and all examples of the properties
	@TIERDESK_ALL_EXAMPLES=1 exec $(BOOTSTRAP) python -m pytest -n 2 --dist loadgroup -m "long or many" --timeout 1200 $(ARGS)

.PHONY: lint
lint: ## style, types, import contracts, migrations, deployment checks, compose file
	@exec $(PLAIN) python -m scripts.lint

.PHONY: types
types: ## static types alone
	@exec $(PLAIN) python -m scripts.lint types

.PHONY: format
format: ## put the code into its one format
	@$(PLAIN) ruff check --fix-only --quiet .
	@$(PLAIN) ruff format .

.PHONY: check
check: lint test ## what has to pass before a change is handed in

.PHONY: assets
assets: ## build the style sheets and scripts (only when their sources changed)
	@exec $(BOOTSTRAP)

.PHONY: shell
shell: ## a Python shell with the models
	@exec $(PLAIN) python manage.py shell $(ARGS)

.PHONY: bench-data
bench-data: ## fill a database of its own with N tickets (N=100000)
	@exec $(PLAIN) python -m bench.data $(if $(N),--tickets $(N)) $(ARGS)

.PHONY: bench
bench: ## measure the pages (N=10000,100000 ROWS=queue,ticket)
	@exec $(BOOTSTRAP) python -m bench.run $(if $(N),--tickets $(N)) $(if $(ROWS),--rows $(ROWS)) $(ARGS)

.PHONY: bench-pages
bench-pages: ## measure in Chromium what pages of the demo cost who opens them first (URL=... for one that runs)
	@exec $(BOOTSTRAP) python -m bench.pages $(ARGS)

.PHONY: openapi
openapi: ## write the description of the API (docs/openapi.yml)
	@exec $(PLAIN) python manage.py spectacular --file docs/openapi.yml --fail-on-warn --validate

.PHONY: screenshots
screenshots: ## take the pictures of the README
	@exec $(BOOTSTRAP) python -m scripts.screenshots $(ARGS)

.PHONY: messages
messages: ## collect the texts to translate into locale/
	@exec $(PLAIN) python -m scripts.collect_messages

.PHONY: lock
lock: ## lock the newest versions that pyproject.toml allows
	@exec $(PLAIN) python -m scripts.lock
