"""One benchmark a module: `python -m benchmarks.NAME --json` prints one JSON object with the named figures."""
