#!/usr/bin/env bash
# All checks: format, lint, types, then every test, the files on two processes; a process that crashes ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}
export OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1
started=$SECONDS
.venv/bin/ruff format --check .
.venv/bin/ruff check .
.venv/bin/mypy
.venv/bin/python -m pytest -n 2 --dist loadfile --max-worker-restart=0 "$@"
echo "make test took $((SECONDS - started)) s"
