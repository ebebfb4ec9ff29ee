"""Notebooks in S3 by Jupyter's contents manager: saved, renamed and read back, for as many seconds as SECONDS says."""

import os
import time
from pathlib import Path

from s3contents import S3ContentsManager
from traitlets.config.loader import PyFileConfigLoader

config = PyFileConfigLoader("jupyter_server_config.py", path=str(Path(__file__).parent)).load_config()
manager = S3ContentsManager(config=config)
until = time.monotonic() + float(os.environ.get("SECONDS", "0"))
rounds = 0
while True:
    rounds += 1
    manager.save({"type": "file", "format": "text", "content": f"round {rounds}"}, "draft.txt")
    manager.rename_file("draft.txt", "notes.txt")
    if manager.get("notes.txt", content=True)["content"] != f"round {rounds}" or manager.file_exists("draft.txt"):
        raise SystemExit("the notes are others")
    manager.delete_file("notes.txt")
    if time.monotonic() > until:
        break
    time.sleep(0.5)
print(f"{rounds} notes")
