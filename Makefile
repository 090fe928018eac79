# Everything a developer needs. "make demo" and "make test" set up whatever is missing by themselves.

PYTHON ?= python3
# Another Python gets a folder of its own beside .venv.
VENV := $(if $(filter python3,$(PYTHON)),.venv,.venv-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'))
RUN := $(VENV)/bin/python
STORIES ?= 1000

.DEFAULT_GOAL := help
.PHONY: help demo test page-tools page page-lint screenshots stories soak test-live test-windows test-musl check-wheels lint format types bench bench-quick bench-keep workflows package docs lock clean

help:
	@echo "make demo    shows PlexSync at work on a stand-in Stash and a stand-in Plex"
	@echo "make test    runs all tests, on every core; TESTS=tests/unit only those of a folder"
	@echo "make page-tools   fetches what the page is tried with: a browser, npm's packages; make page tries it alone"
	@echo "make screenshots  takes pictures of the page into tests/page/screenshots"
	@echo "make stories tells 1,000 random stories of edits, faults and restarts; STORIES=100000 more of them"
	@echo "make test-live STASH_URL=http://localhost:9999 STASH_PLUGINS=/its/plugins   tests on a running Stash"
	@echo "make test-windows  runs tests on a Python for Windows under Wine; WINDOWS=3.14 on another one"
	@echo "make test-musl     runs tests on a Python for musl, the C library of Alpine; the first run builds it"
	@echo "make check-wheels  looks whether each platform gets every package of requirements.lock, after make lock"
	@echo "make soak    kills it a thousand times and sends 100,000 jobs; SOAK_MINUTES=20 bounds it"
	@echo "make lint    checks style and types; make format puts the style right"
	@echo "make bench   measures times, as ratios against a baseline of the same run"
	@echo "make bench-quick   does so in a minute, without the libraries of 100,000"
	@echo "make bench-keep   measures, and keeps the ratios in bench/kept.json, which the next make bench shows beside its own"
	@echo "make package builds dist/PlexSync.zip and dist/index.yml from the newest commit: a plugin source for Stash"
	@echo "make workflows  checks the files for a public code host, .github/workflows"
	@echo "make docs    writes docs/settings.md and docs/tasks.md out of PlexSync.yml"
	@echo "make lock    pins what requirements.txt needs in requirements.lock; make lock UPGRADE=--upgrade the newest"
	@echo "make clean   removes the virtual environment and all caches"
	@echo "PYTHON=python3.12 behind any of them chooses another Python"

# Made anew when the requirements change; a half-made one carries no stamp. The demonstration needs less of it.
$(VENV)/demo: requirements.txt requirements-demo.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "PlexSync needs Python 3.10 or newer; \"$(PYTHON)\" is not. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "\"$(PYTHON)\" has no venv module. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Once: making a folder for Python packages, $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@echo "Once: fetching the packages that PlexSync needs ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-demo.txt
	@touch $@

$(VENV)/stamp: $(VENV)/demo requirements-dev.txt
	@echo "Once: fetching what the tests need ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

demo: $(VENV)/demo
	@$(RUN) -m tests.demo

test: $(VENV)/stamp
	@$(RUN) -m tests.page.ready
	@$(RUN) -m pytest --numprocesses auto --dist worksteal --durations 10 $(TESTS)

page-tools: $(VENV)/stamp
	@$(RUN) -m tests.page.ready --install

# The page alone: its style and types, what it decides, and what a browser sees.
page: $(VENV)/stamp
	@if [ -d tests/page/node_modules ]; then $(MAKE) --no-print-directory page-lint; fi
	@$(RUN) -m tests.page.ready
	@$(RUN) -m pytest tests/page

page-lint:
	@tests/page/node_modules/.bin/prettier --config tests/page/.prettierrc.json --log-level warn --check "page/*"
	@tests/page/node_modules/.bin/eslint --config tests/page/eslint.config.mjs page
	@tests/page/node_modules/.bin/tsc -p tests/page/tsconfig.json
	@node --test --test-reporter=dot tests/page/pure.test.mjs

screenshots: $(VENV)/stamp
	@$(RUN) -m tests.page.screenshots

# New ones each time; a story that ends badly is printed with what repeats it.
stories: $(VENV)/stamp
	@STORIES=$(STORIES) $(RUN) -m pytest tests/model/test_convergence.py --timeout 0 $(if $(SEED),--hypothesis-seed=$(SEED))

# Variables that stand on make's command line reach the tests through the environment.
test-live: package $(VENV)/stamp
	@if [ -z "$$STASH_URL" ]; then \
		echo "Skipped, since no Stash was named. Name one that runs on this machine:"; \
		echo "    make test-live STASH_URL=http://localhost:9999 STASH_PLUGINS=/its/plugins [STASH_API_KEY=...]"; \
	else PLEXSYNC_PACKAGE=$${PLEXSYNC_PACKAGE:-dist/PlexSync.zip} $(RUN) -m pytest tests/live -o python_files='live_*.py' --timeout 600 -rs; fi

soak: $(VENV)/stamp
	@$(RUN) -m tests.soak

# Made once, outside the tree; 77 is a script's word for "cannot be had here", which it says in a sentence.
PLATFORMS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/plexsync-platforms
WINDOWS ?= 3.12

test-windows: $(VENV)/stamp
	@sh tools/platforms/test-windows.sh "$(PLATFORMS)/wine" $(WINDOWS) $(RUN); code=$$?; [ $$code = 77 ] || exit $$code

test-musl: $(VENV)/stamp
	@sh tools/platforms/test-musl.sh "$(PLATFORMS)/musl" $(RUN); code=$$?; [ $$code = 77 ] || exit $$code

check-wheels: $(VENV)/stamp
	@$(RUN) -m tools.wheels

lint: $(VENV)/stamp
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(MAKE) --no-print-directory types

types: $(VENV)/stamp
	@$(RUN) -m mypy PlexSync.py stash plex validation worker reconciliation tests bench tools

format: $(VENV)/stamp
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

bench: $(VENV)/stamp
	@$(RUN) -m bench

bench-quick: $(VENV)/stamp
	@$(RUN) -m bench --quick

bench-keep: $(VENV)/stamp
	@$(RUN) -m bench --keep

# Standard library and git alone: no environment is needed.
package:
	@$(PYTHON) -m tools.package

workflows:
	@if command -v go >/dev/null; then go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.7; \
	else echo "Skipped: actionlint, which checks such files, is built with Go, and there is none here."; fi

docs: $(VENV)/stamp
	@$(RUN) -m tools.docs

lock: $(VENV)/stamp
	@$(RUN) -m pip install --quiet --disable-pip-version-check "uv>=0.8"
	@$(RUN) -m tools.lock $(UPGRADE)

clean:
	rm -rf .venv .venv-* dist .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
