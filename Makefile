# Needs only Python (3.11 or newer) and make. Everything lands in .venv; nothing else is touched.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# For tests that are long on purpose.
PATIENT := --timeout 3000 --override-ini faulthandler_timeout=3000
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The commands that tests start are as quick as those that pip installs: their modules stay compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check-code unit pages portable test-pythons test-sample test-mail test-kill test-faults wheel benchmark pictures lock clean

demo: $(VENV)/.ready  ## the whole path on issue 2025-08, into the sandbox
	rm -rf outbox/2025-08
	$(BIN)/newsletter-mailer build --issue 2025-08
	$(BIN)/newsletter-mailer send --issue 2025-08 --sandbox
	@echo
	@echo "Look at the newsletter: open build/2025-08/full.html in a browser."
	@echo "Look at the messages:   outbox/2025-08/0001.eml and the others, in any mail program."

test: check-code unit pages  ## what must hold before a change is committed

check-code: $(VENV)/.ready
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy

unit: $(VENV)/.ready
	$(BIN)/python -m pytest -q --numprocesses auto --dist worksteal \
	  --ignore=tests/preview --ignore=tests/browser --ignore=tests/faults --ignore=tests/kill $(PYTEST)

# In processes of their own: Playwright keeps an event loop running, and others need theirs.
pages: $(VENV)/.ready  ## what a browser shows
	$(BIN)/python -m pytest -q --numprocesses auto --dist loadfile tests/browser tests/preview

# Of a commit always the same, so that a failure is one tomorrow.
test-sample: $(VENV)/.ready  ## some kills and some faults of each kind; SEED=... says which
	@seed=$${SEED:-$$(git rev-parse --short HEAD 2>/dev/null || date +%s)}; echo "SEED=$$seed"; \
	SEED=$$seed $(BIN)/python -m pytest -q --numprocesses 4 --dist worksteal tests/faults tests/kill

# A page, a rule, a server's faults and a command's words are the same on every Python.
portable: PYTEST = tests/unit tests/edges tests/deliver
portable: unit  ## what each of them is asked; PYTHON=... says which

test-pythons:  ## the tests on every other Python from 3.11 to 3.13 that this machine has
	@usual=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	for version in 3.11 3.12 3.13; do \
	  [ $$version = $$usual ] && continue; \
	  found=; \
	  for python in python$$version $${PYENV_ROOT:-$$HOME/.pyenv}/versions/$$version.*/bin/python; do \
	    if "$$python" -c 'import venv' 2>/dev/null; then \
	      echo "== Python $$version"; \
	      $(MAKE) --no-print-directory portable PYTHON="$$python" VENV=.venv-$$version || exit 1; \
	      found=yes; \
	      break; \
	    fi; \
	  done; \
	  [ -n "$$found" ] || echo "== Python $$version is not on this machine: not asked"; \
	done

test-mail: $(VENV)/.ready  ## real mail servers take the issue (as root; Debian's packages: see .ci/run)
	$(BIN)/python -m pytest -q -m mail $(PATIENT) tests/mail

test-kill: $(VENV)/.ready  ## kill -9 of the sender, hundreds of times: nobody twice, nobody lost; SEED=... as above
	$(BIN)/python -m pytest -q -m kill $(PATIENT) tests/kill

test-faults: $(VENV)/.ready  ## every fault of a server at every stage, in every way to talk to it
	$(BIN)/python -m pytest -q --numprocesses 4 --dist worksteal -m "" tests/faults

wheel: $(VENV)/.ready
	$(BIN)/python -m build --wheel --no-isolation

# What each needs (node; for delivery also root, Postfix, stunnel and cc) stands at its head.
benchmark: $(VENV)/.ready  ## every figure beside its peers, into benchmarks/results-*.md
	for part in composing checking planning status preview delivery; do \
	  $(BIN)/python benchmarks/$$part.py || exit 1; \
	done

pictures: $(VENV)/.ready  ## draws the sample pictures anew, and those in the documentation (needs Chromium)
	$(BIN)/python tools/make_pictures.py
	$(BIN)/python tools/readme_picture.py
	$(BIN)/python tools/report_picture.py

lock: $(VENV)/.ready  ## newer versions of everything, with hashes
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
	  --no-header pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
	  --no-header --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

$(VENV)/.ready: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "newsletter-mailer needs Python 3.11 or newer; say which: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Setting up $(VENV) (once)"
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements-dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	rm -rf .venv .venv-3.1? build dist outbox .newsletter/cache
