# Everything a newcomer runs. `make` alone lists the targets; each does its own set-up, as root or not.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
ENGINE := CMakeLists.txt $(wildcard src/notcontent/native/* src/notcontent/matching/engine/* src/notcontent/signals/transform/* src/notcontent/signals/estimates/fit/*)
SOURCES := $(shell find src tests bench -name "*.[ch]pp")
BUILD_REQUIREMENTS := cmake nanobind ninja scikit-build-core
MEDIABUNNY := src/notcontent/hub/portal/static/portal/mediabunny/index.js
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
ONCE ?=
STAGE ?=

# Runs an install without asking, where that is allowed; otherwise says what is missing and goes on.
APT = if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then apt-get update -qq && \
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends

# Container images forbid it to keep layers small; here each of the many processes would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check-slow lint typecheck unit portal-video browser-deps further-browsers sanitizer-deps bench lock clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo $(MEDIABUNNY) ## play the whole story and keep serving (ONCE=1: play it and exit)
	@$(BIN)/notcontent demo $(if $(ONCE),--once)

test: $(VENV)/.test browser-deps lint typecheck unit ## every test but the slow ones: set-up, lint, types, Python, JavaScript, browser

check-slow: $(VENV)/.slow $(MEDIABUNNY) browser-deps further-browsers sanitizer-deps ## the engine under sanitizers, fuzzing, slow tests; STAGE=race|fuzz|engine|pictures|videos|browsers|slow: one
	PYTHONPATH=tests $(BIN)/python -m sanitizers.run $(STAGE)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/clang-format --dry-run --Werror $(SOURCES)
	$(BIN)/lint-imports

typecheck: $(VENV)/.test node_modules/.stamp $(MEDIABUNNY)
	$(BIN)/mypy
	@if [ -x node_modules/.bin/tsc ]; then echo node_modules/.bin/tsc; node_modules/.bin/tsc; fi

# Files in their order: else those of one long test come last, and one of the two workers waits for the other.
unit: $(VENV)/.test node_modules/.stamp $(MEDIABUNNY)
	@if command -v node >/dev/null; then echo 'node --test'; node --test --test-reporter=dot tests/browser/*.test.mjs; fi
	$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m 'not slow'

portal-video: $(MEDIABUNNY) ## fetch what the portal's page reads videos with (npm); before installing a hub

bench: $(VENV)/.bench ## measure against peers; the figures in docs/explanation/performance.md come from here
	@command -v wrk >/dev/null || { $(APT) wrk; else echo 'wrk is missing: install it to measure the gate'; fi; }
	$(BIN)/python bench/pdq.py
	$(BIN)/python -m bench.search.run --quick
	$(BIN)/python bench/gate.py

lock: $(BIN)/uv ## resolve the dependencies anew into requirements.lock
	$(BIN)/uv lock --quiet --upgrade --python $(BIN)/python
	$(BIN)/uv export --quiet --all-extras --no-emit-project --no-header --output-file requirements.lock >/dev/null
	printf '%s\n' $(BUILD_REQUIREMENTS) | $(BIN)/uv pip compile --quiet --upgrade --python $(BIN)/python \
	  --generate-hashes --no-header --no-annotate --output-file build-requirements.lock - >/dev/null

clean: ## remove what was built and installed
	rm -rf $(VENV) build node_modules $(dir $(MEDIABUNNY)) var .mypy_cache .ruff_cache .pytest_cache .hypothesis

# --- set-up: each stamp is remade when what it was made from changes ---

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or newer is needed.'; exit 1; }
	@command -v c++ >/dev/null || { $(APT) g++; else echo 'A C++17 compiler is needed (g++).'; exit 1; fi; }
	@$(TELLING) 'Making $(VENV):' $(PYTHON) -m venv $(VENV)
	@$(TELLING) 'Fetching uv, which installs the rest:' \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# The lock file is a constraint with hashes: a package that differs from what was locked is refused.
TELLING = $(PYTHON) tools/telling.py
INSTALL = @$(TELLING) 'Installing into $(VENV) and compiling (once; some minutes):' $(BIN)/uv pip install --quiet --python $(BIN)/python \
	--build-constraint build-requirements.lock --constraint requirements.lock

$(VENV)/.demo: pyproject.toml requirements.lock build-requirements.lock $(ENGINE) | $(BIN)/uv
	$(INSTALL) --editable '.[gate,hub$(if $(CHROMIUM),$(comma)browser)]'
	@touch $@

$(VENV)/.test: pyproject.toml requirements.lock build-requirements.lock $(ENGINE) | $(BIN)/uv
	$(INSTALL) --editable '.[gate,hub,browser,scan,video,test]'
	@touch $@ $(VENV)/.demo

$(VENV)/.bench: pyproject.toml requirements.lock build-requirements.lock $(ENGINE) | $(BIN)/uv
	$(INSTALL) --editable '.[gate,hub,browser,scan,video,test,bench]'
	@touch $@ $(VENV)/.test $(VENV)/.demo

$(VENV)/.slow: pyproject.toml requirements.lock build-requirements.lock $(ENGINE) | $(BIN)/uv
	$(INSTALL) --editable '.[gate,hub,browser,scan-cluster,video,test]'
	@touch $@ $(VENV)/.test $(VENV)/.demo

comma := ,

node_modules/.stamp: package.json package-lock.json
	@mkdir -p node_modules
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund; \
	 else echo 'npm is missing: JavaScript is neither type-checked nor tested by node here'; fi
	@touch $@

# The portal's reader of videos, unbundled, beside the portal's own modules; npm has checked it against the lock file.
$(MEDIABUNNY): package.json package-lock.json tools/copy_mediabunny.py
	@if command -v npm >/dev/null && ! [ node_modules/.stamp -nt package-lock.json ]; then \
	   npm ci --silent --no-audit --no-fund --omit=dev; fi
	@if [ -d node_modules/mediabunny ]; then $(PYTHON) tools/copy_mediabunny.py node_modules/mediabunny $(@D); \
	 else echo 'npm is missing: the portal takes pictures here, but no videos'; fi

browser-deps:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { $(APT) chromium fonts-noto-core; \
	 else echo 'Chromium is missing and cannot be installed without root: browser tests are skipped'; fi; }
	@command -v npm >/dev/null || { $(APT) nodejs npm; else true; fi; }

# The portal's page is run in these as well, by `make check-slow`.
further-browsers:
	@command -v firefox-esr >/dev/null && command -v WebKitWebDriver >/dev/null && command -v Xvfb >/dev/null || { \
	 $(APT) firefox-esr webkit2gtk-driver xvfb; \
	 else echo 'Firefox, WebKitWebDriver or Xvfb is missing and cannot be installed without root: its tests are skipped'; fi; }

# Never passed over: without both compilers there is nothing to check with.
SANITIZERS = PYTHONPATH=tests $(BIN)/python -m sanitizers.builds
sanitizer-deps: $(VENV)/.slow
	@$(SANITIZERS) 2>/dev/null || { $(APT) g++ clang libclang-rt-dev; else true; fi; $(SANITIZERS); }
