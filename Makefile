# `make start OPTIONS=--no-browser`, `make test FAST=1`, `make test PYTHON=python3.13`; without make,
# see the README.
PYTHON ?= python3
.PHONY: start test site book
start:
	$(PYTHON) -m course start $(OPTIONS)
test:
	$(PYTHON) -m course test $(if $(FAST),--fast) $(OPTIONS)
site:
	$(PYTHON) -m course site
# The whole book as a PDF and an EPUB, in the environment that `make test` makes; it needs Chromium.
book:
	.venv/bin/python -m tools.book
