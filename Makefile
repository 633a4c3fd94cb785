# Two commands: `make play` sounds, `make test` proves. ARGS go to `antiphon play`.
ARGS ?=
ANTIPHON := .venv/bin/antiphon

.PHONY: play setup test lint clean

play: .venv/.ready
	@$(ANTIPHON) play $(ARGS)

setup: .venv/.ready

.venv/.ready: pyproject.toml constraints.txt scripts/setup.sh
	@scripts/setup.sh play

test: .venv/.ready-test
	@scripts/test.sh

.venv/.ready-test: pyproject.toml constraints.txt scripts/setup.sh
	@scripts/setup.sh test

lint: .venv/.ready-test
	@.venv/bin/ruff format --check . && .venv/bin/ruff check . && .venv/bin/mypy

clean:
	rm -rf .venv build *.egg-info
