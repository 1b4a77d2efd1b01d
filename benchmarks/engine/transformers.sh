#!/bin/sh
# Installs transformers and PyTorch into an environment of their own, makes a small Llama with random weights, and serves
# it by `transformers serve` on the processor. Nothing but the package registry is asked; about 1.5 GB and two minutes.
#
#   sh benchmarks/engine/transformers.sh FOLDER [PORT] [FLAGS …]     → http://127.0.0.1:PORT/v1, model FOLDER/model
#
# FLAGS go to the server, --continuous-batching for one. PYTHON names the interpreter (3.10 or later), TORCH what to give
# pip for PyTorch: the plain name brings the CUDA libraries on Linux (several GB); TORCH="torch --index-url
# https://download.pytorch.org/whl/cpu" does not.
set -eu
mkdir -p "$1"
FOLDER=$(cd "$1" && pwd)
PORT=${2:-8403}
shift; [ $# -eq 0 ] || shift
HERE=$(cd "$(dirname "$0")" && pwd)
if [ ! -x "$FOLDER/env/bin/transformers" ]; then
  "${PYTHON:-python3}" -m venv "$FOLDER/env"
  # shellcheck disable=SC2086
  "$FOLDER/env/bin/python" -m pip install -q ${TORCH:-torch}
  "$FOLDER/env/bin/python" -m pip install -q "transformers==5.23.0" accelerate fastapi uvicorn python-multipart pydantic openai
fi
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
[ -d "$FOLDER/model" ] || "$FOLDER/env/bin/python" "$HERE/tiny_llama.py" "$FOLDER/model"
exec "$FOLDER/env/bin/transformers" serve "$FOLDER/model" --device cpu --host 127.0.0.1 --port "$PORT" "$@"
