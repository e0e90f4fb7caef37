# SPDX-License-Identifier: Apache-2.0
"""More than five hundred files that no import may take: cut, swollen, nested, doubled, mistyped, disguised, hostile.

Each is a name and its bytes, good but for one thing; made anew each time from the same seed.
"""

from __future__ import annotations

import copy
import io
import json
import random
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

from tests.interop.fhir.build import ANN, SUBJECT, bundle
from tests.payloads import EVERY

Bad = tuple[str, bytes]
WEIGHT: dict[str, Any] = {
    "resourceType": "Observation", "id": "w", "status": "final", "code": {"text": "Weight"}, "subject": SUBJECT,
    "effectiveDateTime": "2026-11-23T09:40:00Z", "valueQuantity": {"value": 83.5, "unit": "kg"},
}  # fmt: skip
ALLERGY: dict[str, Any] = {
    "resourceType": "AllergyIntolerance", "id": "a", "patient": SUBJECT, "criticality": "high",
    "clinicalStatus": {"coding": [{"code": "active"}]}, "code": {"text": "Penicillin"},
}  # fmt: skip
GOOD = bundle(ANN, WEIGHT, ALLERGY)
WHOLE = json.dumps(GOOD).encode()
WRONG_TYPES: tuple[Any, ...] = (None, 7, True, {}, [], "", [None], {"x": 1}, [[]])
NUMBERS = ("1e999999999", "-1e999999999", "1" * 5000, "1e-99999", "NaN", "Infinity", "-Infinity", "0x10", "1_0", "01",
           "1.", ".5", "+1", "--1", "1e", "\u0661")  # fmt: skip
ODD = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x00", b"\x1b[2J", b"\n")
HEADS = (
    b"\x89PNG\r\n", b"%PDF-1.7\n", b"PK\x03\x04", b"\x1f\x8b\x08", b"MZ", b"<?xml version='1.0'?>", b"#!/bin/sh\n",
    b"\x00" * 128 + b"DICM", b"SQLite format 3\x00",
)  # fmt: skip
NAMES = (
    "../../../tmp/escaped.json", "/etc/escaped.json", "sub\\..\\..\\escaped.json", "C:\\escaped.json", "a\x1b[31m.json",
    "\u202egnp.json", "x" * 300 + ".json",
)  # fmt: skip


def fhir() -> Iterator[Bad]:
    """JSON, NDJSON and zips of FHIR."""
    yield from _cut()
    yield from _mistyped()
    yield from _words()
    yield from _encoded()
    yield from _numbers()
    yield from _nested()
    yield from _joined()
    yield from _packed()


def _cut() -> Iterator[Bad]:
    for at in range(0, len(WHOLE) - 1, max(1, len(WHOLE) // 120)):
        yield f"cut-{at}.json", WHOLE[:at]
    lines = b"\n".join(json.dumps(one).encode() for one in (ANN, WEIGHT, ALLERGY))
    for at in range(10, len(lines) - 2, len(lines) // 30):
        if lines[:at].count(b"\n") + 1 and not _is_whole(lines[:at]):
            yield f"cut-{at}.ndjson", lines[:at]


def _is_whole(lines: bytes) -> bool:
    try:
        return all(json.loads(line) is not None for line in lines.splitlines())
    except ValueError:
        return False


def _changed(number: int, field: str, value: Any) -> bytes:
    made = copy.deepcopy(GOOD)
    made["entry"][number]["resource"][field] = value
    return json.dumps(made).encode()


def _mistyped() -> Iterator[Bad]:
    """What must be of one form is of another."""
    places = [
        (0, "name"), (0, "birthDate"), (0, "gender"), (1, "status"), (1, "code"), (1, "subject"),
        (1, "effectiveDateTime"), (1, "valueQuantity"), (2, "patient"), (2, "criticality"), (2, "code"),
        (0, "resourceType"), (1, "resourceType"),
    ]  # fmt: skip
    fits = {list: ("name",), dict: ("code", "subject", "valueQuantity", "patient")}
    for number, field in places:
        for n, value in enumerate(WRONG_TYPES):
            if field not in fits.get(type(value), ()) and value is not None:
                yield f"type-{number}-{field}-{n}.json", _changed(number, field, value)


def _words() -> Iterator[Bad]:
    """Words where a code or a day must stand."""
    for n, words in enumerate(EVERY):
        for number, field in ((0, "gender"), (0, "birthDate"), (1, "status"), (1, "effectiveDateTime")):
            yield f"words-{n}-{field}.json", _changed(number, field, words)


def _encoded() -> Iterator[Bad]:
    for name in ("utf-16", "utf-16-le", "utf-32", "utf-7", "cp037"):
        spoilt = json.dumps({**GOOD, "id": "é"}, ensure_ascii=False).encode(name)
        yield f"{name}.json", spoilt if name != "utf-7" else spoilt.replace(b"{", b"+AHs-", 1)
    for n, wrong in enumerate(ODD):
        yield f"bytes-{n}.json", WHOLE.replace(b"Okonkwo", b"Oko" + wrong + b"nkwo", 1)
    for n, head in enumerate(HEADS):
        yield f"disguised-{n}.json", head + WHOLE
        yield f"disguised-{n}.zip", head + WHOLE


def _numbers() -> Iterator[Bad]:
    for n, number in enumerate(NUMBERS):
        yield f"number-{n}.json", WHOLE.replace(b"83.5", number.encode(), 1)


def _nested() -> Iterator[Bad]:
    for deep in (200, 2_000, 100_000):
        for n, (opens, closes) in enumerate((("[", "]"), ('{"extension":[', "]}"))):
            inner = (opens * deep + closes * deep).encode()
            yield f"deep-{deep}-{n}.json", b'{"resourceType":"Patient","id":"d","extension":' + inner + b"}"


def _joined() -> Iterator[Bad]:
    for n, after in enumerate((WHOLE, b"null", b"]", b"}", b"trailing", b"\x00", b"{}")):
        yield f"joined-{n}.json", WHOLE + after
    for n, field in enumerate((b'"id": "ann"', b'"gender": "female"', b'"resourceType": "Patient"')):
        yield f"twice-{n}.json", WHOLE.replace(field, field + b", " + field, 1)
    again = b', "entry": [{"resource": ' + json.dumps({**ANN, "id": "lost"}).encode() + b"}]}"
    yield "entries-twice.json", WHOLE[:-1] + again
    yield "same-id.json", json.dumps(bundle(ANN, {**ANN, "birthDate": "1980-01-01"}, WEIGHT)).encode()
    for n, kind in enumerate(("history", "searchset-x", "", "batch-y", "message-z")):
        yield f"kind-{n}.json", json.dumps({**GOOD, "type": kind}).encode()


def _packed() -> Iterator[Bad]:
    good = zipped({"a.json": WHOLE})
    for at in range(0, len(good) - 1, max(1, len(good) // 40)):
        yield f"zip-cut-{at}.zip", good[:at]
    yield "bomb.zip", zipped({"bomb.json": b" " * 30_000_000})
    yield "bombs.zip", zipped({f"{n}.json": b"[" * 3_000_000 for n in range(3)})
    locked = bytearray(good)
    struct.pack_into("<H", locked, locked.index(b"PK\x01\x02") + 8, 1)
    yield "locked.zip", bytes(locked)
    for n, name in enumerate(NAMES):
        yield f"traversal-{n}.zip", zipped({name: WHOLE[:-40]})
    chance = random.Random(20261123)
    for n in range(20):
        spoilt = bytearray(good)
        at = good.index(b"PK\x01\x02") - 1 - chance.randrange(200)
        spoilt[at] ^= 0xFF
        yield f"zip-flipped-{n}.zip", bytes(spoilt)


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


PRICE = "valid_from = '2126-01-01'\n[[price]]\ncode = 'BAD'\ndisplay = 'Good'\namount = 100\n[[price]]\n"
ROWS = "kind,code,display,amount,valid_from\nprice,BAD,Good,100,2126-01-01\n"
AMOUNTS = ("1.5", "1e999", "nan", "-inf", "9" * 40, "0x", "''", "'x'", "true", "[]", "{}", "1_", "")


def catalogue() -> Iterator[Bad]:
    """TOML and CSV of reference data; the first entry of each is good."""
    for n, amount in enumerate(AMOUNTS):
        yield f"amount-{n}.toml", f"{PRICE}code = 'BAD2'\ndisplay = 'x'\namount = {amount}\n".encode()
        yield f"amount-{n}.csv", f"{ROWS}price,BAD2,x,{amount},2126-01-01\n".encode()
    whole = f"{PRICE}code = 'BAD2'\ndisplay = 'x'\namount = 1\n".encode()
    for at in range(len(PRICE), len(whole) - 2, 2):
        yield f"cut-{at}.toml", whole[:at]
    for n, wrong in enumerate((b"\xff", b"\x00", b"\x1b[2J", b"\xed\xa0\x80")):
        yield f"bytes-{n}.toml", whole.replace(b"Good", b"Go" + wrong + b"od")
        yield f"bytes-{n}.csv", ROWS.encode().replace(b"Good", b"Go" + wrong + b"od")
    yield "deep.toml", b"x = " + b"[" * 50_000 + b"]" * 50_000
    yield "twice.toml", whole.replace(b"BAD2", b"BAD")
    yield "key-twice.toml", whole.replace(b"amount = 1\n", b"amount = 1\namount = 2\n")
    yield "utf16.toml", whole.decode().encode("utf-16")
    yield "utf16.csv", ROWS.encode("utf-16")
    yield "no-day.csv", ROWS.replace("2126-01-01", "soon").encode()
    yield "quote.csv", (ROWS + 'price,"BAD2,x,1,2126-01-01\n').encode()
    yield "wide.csv", (ROWS + "price,BAD2,x,1,2126-01-01,more,more\n").encode()
    yield "field.csv", (ROWS + f"price,BAD2,{'x' * 200_000},1,2126-01-01\n").encode()
    yield "empty.toml", b""
    yield "empty.csv", b""
    yield "disguised.toml", b"PK\x03\x04" + whole
