"""The site's pages link to files beside docs/, as they do in a clone: the site carries those files, and the links lead to them.

The changelog is a page of the site, and its foot has the version. Hooks of MkDocs, named in mkdocs.yml.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from bucketpass.version import VERSION

DOCS = Path(__file__).parent
ROOT = DOCS.parent
LINK = re.compile(r"(?P<text>\[[^\]]*\])\((?P<target>(?!https?://|mailto:|#)[^)#\s]+)(?P<anchor>#[^)]*)?\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
# Where the site carries files of the clone that are no pages.
CARRIED = "files"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Return the configuration with the version at the foot of each page."""
    config.copyright = f"bucketpass {VERSION}"
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Return the files of the site, the changelog among them."""
    files.append(File.generated(config, "changelog.md", content=(ROOT / "CHANGELOG.md").read_text().replace("](docs/", "](")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return the page with each link to a file beside docs/ leading to the copy that the site carries."""
    here = DOCS / page.file.src_uri
    pieces = re.split(f"({CODE.pattern})", markdown, flags=re.DOTALL)
    return "".join(
        piece if index % 2 else LINK.sub(lambda link: _carried(link, here, files, config), piece) for index, piece in enumerate(pieces)
    )


def _carried(link: re.Match[str], here: Path, files: Files, config: MkDocsConfig) -> str:
    target = Path(os.path.normpath(here.parent / link["target"]))
    is_page = target.suffix == ".md" and target.is_relative_to(DOCS)
    if is_page or not target.is_relative_to(ROOT):
        return link[0]
    if target.is_dir():
        # A folder is shown by what explains it, else by its name alone.
        target = target / "README.md"
        if not target.is_file():
            return link["text"][1:-1]
        if target.is_relative_to(DOCS):
            return f"{link['text']}({os.path.relpath(target, here.parent)})"
    name = f"{CARRIED}/{target.relative_to(ROOT)}.txt"
    if files.get_file_from_path(name) is None:
        files.append(File.generated(config, name, content=target.read_text()))
    return f"{link['text']}({os.path.relpath(DOCS / name, here.parent)})"
