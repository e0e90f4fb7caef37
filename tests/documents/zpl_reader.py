# SPDX-License-Identifier: Apache-2.0
"""Reads ZPL II as a label printer does: commands begin at every `^` and `~`, whatever anybody meant by them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_COMMAND = re.compile(r"([\^~])(A0|[A-Z]{2})([^\^~]*)")
_ESCAPED = re.compile(r"(?:_[0-9A-F]{2})+")
WIDTHS = {"LH": 2, "PW": 1, "LL": 1, "FO": 2, "GB": 5, "BY": 3, "PQ": 1}
"""Commands of nothing but numbers and letters, and how many arguments they take."""


@dataclass
class Item:
    """One field: what it is (words, box, bars, matrix, picture), where (dots), and what it says."""

    kind: str = ""
    left: int = 0
    top: int = 0
    size: tuple[int, ...] = ()
    words: str = ""
    upright: bool = False
    white: bool = False
    picture: bytes = b""


@dataclass
class Label:
    """One format: its size in dots and its fields in order."""

    wide: int = 0
    high: int = 0
    items: list[Item] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """Every line of words."""
        return [one.words for one in self.items if one.kind == "words"]

    def only(self, kind: str) -> Item:
        """The one field of a kind."""
        (found,) = [one for one in self.items if one.kind == kind]
        return found


def read_zpl(data: bytes) -> list[Label]:
    """The labels of a stream; fails on whatever is not well formed or not expected of us."""
    text, place = data.decode("ascii"), 0
    labels: list[Label] = []
    reader: _Format | None = None
    while place < len(text):
        if reader is None and text[place].isspace():
            place += 1
            continue
        found = _COMMAND.match(text, place)
        assert found, f"no command at {text[place : place + 30]!r}"
        sign, name, rest = found.groups()
        assert sign == "^", f"an order to the printer itself: {sign}{name}"
        place = found.end()
        if name == "XA":
            assert reader is None and not rest
            reader = _Format()
        elif name == "XZ":
            assert reader is not None and not rest.strip() and reader.open is None and reader.unicode
            labels.append(reader.label)
            reader = None
        else:
            assert reader is not None, f"{name} outside of a format"
            reader.take(name, rest.rstrip("\n"))
    assert reader is None and labels
    return labels


class _Format:
    def __init__(self) -> None:
        self.label, self.unicode, self.escapes = Label(), False, False
        self.open: Item | None = None

    def take(self, name: str, rest: str) -> None:
        if name in WIDTHS:
            assert len(rest.split(",")) == WIDTHS[name], (name, rest)
        getattr(self, f"_{name.lower()}")(rest)

    def _ci(self, rest: str) -> None:
        assert rest == "28", "words are UTF-8"
        self.unicode = True

    def _lh(self, rest: str) -> None:
        assert rest == "0,0"

    def _pw(self, rest: str) -> None:
        self.label.wide = int(rest)

    def _ll(self, rest: str) -> None:
        self.label.high = int(rest)

    def _pq(self, rest: str) -> None:
        assert rest == "1"

    def _fo(self, rest: str) -> None:
        assert self.open is None, "a field was not closed"
        left, top = map(int, rest.split(","))
        assert 0 <= left < self.label.wide and 0 <= top < self.label.high, "off the label"
        self.open = Item(left=left, top=top)
        self.escapes = False

    def _a0(self, rest: str) -> None:
        assert self.open
        way, high, wide = rest.split(",")
        assert way in "NB"
        self.open.kind, self.open.upright, self.open.size = "words", way == "B", (int(high), int(wide))

    def _fr(self, rest: str) -> None:
        assert self.open and not rest
        self.open.white = True

    def _gb(self, rest: str) -> None:
        assert self.open
        wide, high, thick, _colour, _round = rest.split(",")
        self.open.kind, self.open.size = "box", (int(wide), int(high), int(thick))
        assert self.open.left + int(wide) <= self.label.wide + 1 and self.open.top + int(high) <= self.label.high + 1

    def _by(self, rest: str) -> None:
        assert self.open
        module, _ratio, high = rest.split(",")
        self.open.size = (int(module), int(high))

    def _bc(self, rest: str) -> None:
        assert self.open and rest.startswith("N,") and rest.endswith(",N,N,N")
        self.open.kind = "bars"

    def _bx(self, rest: str) -> None:
        assert self.open
        _way, module, quality = rest.split(",")
        assert quality == "200", "error correction ECC 200"
        self.open.kind, self.open.size = "matrix", (int(module),)

    def _gf(self, rest: str) -> None:
        assert self.open
        form, total, again, row, data = rest.split(",")
        picture = bytes.fromhex(data)
        assert form == "A" and int(total) == int(again) == len(picture) and len(picture) % int(row) == 0
        self.open.kind, self.open.picture, self.open.size = "picture", picture, (int(row), len(picture) // int(row))

    def _fh(self, rest: str) -> None:
        assert self.open and rest == "_"
        self.escapes = True

    def _fd(self, rest: str) -> None:
        assert self.open and self.escapes and not set(rest) & set("^~\\")
        self.open.words = _ESCAPED.sub(lambda found: bytes.fromhex(found[0].replace("_", "")).decode("utf-8"), rest)

    def _fs(self, rest: str) -> None:
        assert self.open and self.open.kind and not rest
        self.label.items.append(self.open)
        self.open = None
