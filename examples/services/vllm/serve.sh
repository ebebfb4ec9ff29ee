#!/bin/sh
# The model server. Its loader reads credentials in C++, and renews them.
exec bucketpass exec -- vllm serve s3://models/llm/ --load-format runai_streamer --model-loader-extra-config '{"concurrency": 8}' "$@"
