"""Weights streamed from S3 by the loader that vLLM has for them, again and again, for as many seconds as SECONDS says."""

import os
import time

from runai_model_streamer import SafetensorsStreamer

until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
rounds = 0
while True:
    rounds += 1
    with SafetensorsStreamer() as streamer:
        streamer.stream_file("s3://models/llm/model.safetensors")
        weights = {name: tensor.clone() for name, tensor in streamer.get_tensors()}
    if weights["weights"].tolist() != [0.5, 0.25]:
        raise SystemExit(f"the weights are {weights}")
    if time.monotonic() > until:
        break
    time.sleep(0.5)
print(f"{rounds} models")
