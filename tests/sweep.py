# SPDX-License-Identifier: Apache-2.0
"""Looks for words where they must not lie: in the names and the contents of files, in logs, titles, queues and URLs.

A word is looked for as text, as Qt and Windows write it, as it stands in an address, in JSON and, if it is long enough
not to be met by chance in what is encrypted, in base64.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

LEAST_CODED = 8


def forms(word: str) -> set[bytes]:
    """How a word may be written down."""
    plain = word.encode()
    written = {plain, word.encode("utf-16-le"), quote(word).encode(), quote_plus(word).encode()}
    written |= {json.dumps(word)[1:-1].encode()}
    for before in range(3):  # base64 reads differently at each place of three; its edges depend on what stands beside
        coded = b64encode(b"\0" * before + plain)[(0, 2, 3)[before] + 1 : -4]
        written |= {coded} if len(coded) >= LEAST_CODED else set()
    return written


class Sweep:
    """Finds any of these words; `looked` counts what was looked at."""

    def __init__(self, words: Iterable[str]) -> None:
        self._forms = {word: forms(word) for word in words}
        self.looked = 0

    def said(self, where: str, content: bytes | str) -> list[str]:
        """The words that stand in a text, with where that is."""
        self.looked += 1
        content = content.encode("utf-8", "replace") if isinstance(content, str) else content
        return [f"{where}: {word}" for word, written in self._forms.items() if any(one in content for one in written)]

    def names(self, where: str, *names: str) -> list[str]:
        """The words that stand in a name of a file, a window or a job, however they are spelled."""
        said = [f"{where} {name}" for name in names if any(word.lower() in name.lower() for word in self._forms)]
        return said + [found for name in names for found in self.said(where, name)]

    def files(self, *folders: Path) -> list[str]:
        """The words that stand in the name or the content of any file below these folders."""
        found = []
        for folder in folders:
            for path in sorted(one for one in folder.rglob("*") if one.is_file()):
                where = str(path.relative_to(folder))
                found += self.names("file", where) + self.said(where, path.read_bytes())
        return found
