# Two commands for a newcomer:  make run   and   make test.   make help lists the rest.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# A stamp must not outlive a moved checkout or another python3, so both are part of its name.
WHERE  := $(shell printf '%s %s' "$(CURDIR)" "$$($(PYTHON) -VV 2>&1)" | cksum | cut -d' ' -f1)
STAMP  := $(VENV)/.installed-$(WHERE)
DEV    := $(VENV)/.installed-dev-$(WHERE)
# Three on two cores: many tests wait for a process, a clock or a peer.
PYTEST_ARGS ?= -n 3 --dist worksteal

.PHONY: help run install test lint types imports demo lock clean dev bench bench-report bench-accuracy

help: ## list these commands
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## install, then start the gateway with its embedded defaults
	@exec $(BIN)/gateway serve

install: $(STAMP) ## create .venv with the locked, hash-checked dependencies

dev: $(DEV)

test: $(DEV) ## the whole suite (PYTEST_ARGS="-n0 -k relay" narrows it)
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(DEV) ## ruff, mypy and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

demo: install ## one minute without any server: sample mail through a real gateway
	$(BIN)/gateway demo

bench: $(DEV) ## the gateway beside Postfix, Pigeonhole, Exim and aiosmtpd, into docs/performance.md (BENCH_ARGS=--help)
	@$(BIN)/python -m tests.bench $(BENCH_ARGS)

bench-report: $(DEV) ## reports over 10⁴ to 10⁶ messages: time, memory, growth; into docs/performance.md
	@$(BIN)/python -m tests.bench.report $(BENCH_ARGS)

bench-accuracy: $(DEV) ## precision and recall of the rules on staff mail, into docs/accuracy.md
	$(BIN)/python -m tests.accuracy.measure

# uv is quick; pip, slower, is there where uv cannot be had. Both check every hash.
define sync
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("this python3 is %d.%d; name 3.11 or later: make PYTHON=python3.11" % sys.version_info[:2])'
	@echo 'Installing $(1) into $(VENV), once' >&2
	@test -x $(BIN)/python && $(BIN)/python -c 'import sys; sys.exit(sys.prefix != "$(CURDIR)/$(VENV)")' 2>/dev/null \
	    || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV); }
	@($(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt && \
	  VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install -q --require-hashes -r $(1)) || \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(1)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@rm -f $(2)*; touch $@
endef

$(STAMP): requirements/lock.txt requirements/uv.txt pyproject.toml
	$(call sync,requirements/lock.txt,$(VENV)/.installed-[0-9])

$(DEV): $(STAMP) requirements/dev.txt
	$(call sync,requirements/dev.txt,$(VENV)/.installed-dev-)

UV_COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
             --no-emit-index-url --no-emit-find-links

lock: ## resolve the dependencies anew (wants uv on the PATH)
	$(UV_COMPILE) pyproject.toml requirements/build.in -o requirements/lock.txt
	$(UV_COMPILE) --extra dev pyproject.toml requirements/build.in -c requirements/lock.txt -o requirements/dev.txt
	$(UV_COMPILE) requirements/uv.in -o requirements/uv.txt

clean: ## remove the environment and caches; never var/
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
