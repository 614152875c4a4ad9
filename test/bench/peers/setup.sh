#!/usr/bin/env bash
# Makes the Python environment of the benchmarks' peers beside this file (.venv).
# PyTorch's CPU-only build comes from the system's packages (Debian: python3-torch), so the
# environment is made from the system's Python and sees its packages.
set -euo pipefail
cd "$(dirname "$0")"
python=${PEERS_BASE_PYTHON:-/usr/bin/python3}
if ! "$python" -c "import torch" 2>/dev/null; then
  echo "peers: $python has no torch; on Debian run: apt-get update && apt-get install -y python3 python3-venv python3-torch" >&2
  exit 1
fi
"$python" -m venv --system-site-packages .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
.venv/bin/python -c "import vowpalwabbit, stable_baselines3, xgboost, lightgbm, sklearn, pm4py, prefixspan; print('peers: ready')"
