#!/bin/sh
# Builds llama.cpp's server from the source that the package llama-cpp-python brings, for benchmarks/engine/day.py.
# Nothing but the package registry is asked. About eight minutes of one processor; needs cmake, ninja and a C++ compiler.
#
#   sh benchmarks/engine/build.sh FOLDER        → FOLDER/build/bin/llama-server
set -eu
VERSION=0.3.36
mkdir -p "$1"
cd "$1"
python3 -m pip download "llama-cpp-python==$VERSION" --no-deps --no-binary :all: -d .
tar xzf "llama_cpp_python-$VERSION.tar.gz"
# GGML_NATIVE is off: where a virtual machine shows AMX but does not let it be used, the native build ends in a fault.
# The prebuilt page of the server would be fetched from elsewhere; it is left out.
cmake -S "llama_cpp_python-$VERSION/vendor/llama.cpp" -B build -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DLLAMA_BUILD_SERVER=ON -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
  -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_CURL=OFF
cmake --build build --target llama-server
