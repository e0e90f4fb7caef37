# SPDX-License-Identifier: Apache-2.0
"""Finding a patient by what was typed: exact columns first, then the word index, then a guess at a typing error.

The measured design is `feasibility.md`, section 3: one word of a name goes over plain ordered columns, everything else
over the replica's FTS5 index without its own ranking; at most `TAKEN` charts are then ranked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler
from sqlalchemy import Row, select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.names import sound, words
from hms_desktop.clinic.patients.phones import digits
from hms_desktop.clinic.patients.queries_people import (
    NAME_COLUMNS,
    PatientName,
    clinic_day,
    listed_name,
    masked,
    name_of,
    people,
)
from hms_desktop.clinic.patients.queries_restricted import hidden
from hms_desktop.clinic.patients.typed import Typed, take_apart
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

TAKEN = 200
FEW = 5
_WORDS: dict[UUID, Sequence[str]] = {}
"""The vocabulary of the device whose file is open: a stale word finds nobody."""


@dataclass(frozen=True)
class Hit:
    """One person found; `through` is the record number of a joined chart when that was what matched."""

    name: PatientName
    through: str | None
    by: frozenset[str]
    score: float

    @property
    def patient(self) -> UUID:
        """The person's surviving chart."""
        return self.name.patient


@dataclass(frozen=True)
class Found:
    """What a search found, best first. `by` says what matched in all (name, sound, birth, number, phone, typing);
    `more` that there are others beyond the limit; `look_alikes` that two results share family name and birthday.
    """

    hits: tuple[Hit, ...]
    by: frozenset[str]
    more: bool
    look_alikes: bool


@query("patient.read")
def search(reader: Reader, text: str, *, limit: int = 50) -> Found:
    """Persons that fit what was typed. Reads only; `service.find_patients` is the audited way for a screen."""
    typed = take_apart(text, clinic_day(reader))
    if not typed:
        return Found((), frozenset(), False, False)
    ways: dict[int, str] = {}
    for way, rids in _candidates(reader, typed, limit):
        for rid in rids:
            ways.setdefault(rid, way)
    hits = _ranked(reader, typed, ways, limit + 1)
    shown = hits[:limit]
    return Found(tuple(shown), frozenset().union(*(h.by for h in shown)), len(hits) > limit, _share_birthday(shown))


def _candidates(reader: Reader, typed: Typed, limit: int) -> Iterable[tuple[str, list[int]]]:
    found: set[int] = set()
    for way, rids in (
        ("name", _by_columns(reader, typed, limit)),
        ("name", _by_words(reader, typed, sounding=False)),
    ):
        found |= set(rids)
        yield way, rids
    if len(found) < FEW and typed.names:
        rids = _by_words(reader, typed, sounding=True)
        found |= set(rids)
        yield "sound", rids
    if len(found) < FEW and typed.names:
        yield "typing", _by_mended_words(reader, typed)


def _by_columns(reader: Reader, typed: Typed, limit: int) -> list[int]:
    """One word of a name, in the order of the list: family names first."""
    if len(typed.names) != 1 or typed.births or typed.numbers:
        return []
    word = typed.names[0]
    by_family = select(Patient.rid).where(Patient.family_key >= word, Patient.family_key < _after(word))
    by_given = select(Patient.rid).where(Patient.given_key >= word, Patient.given_key < _after(word))
    rows = reader.rows(by_family.order_by(Patient.family_key, Patient.given_key).limit(limit + 1))
    rows += reader.rows(by_given.order_by(Patient.given_key, Patient.family_key).limit(limit // 2))
    return [r.rid for r in rows]


def _after(prefix: str) -> str:
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _by_words(reader: Reader, typed: Typed, *, sounding: bool) -> list[int]:
    if not sounding and len(typed.names) == 1 and not typed.births and not typed.numbers and len(typed.names[0]) < 3:
        return []
    names = [_name_term(word, sounding) for word in typed.names]
    return _match(reader, [*names, *_other_terms(typed)])


def _by_mended_words(reader: Reader, typed: Typed) -> list[int]:
    """With a typing error in any word; failing that, with a blank that does not belong between two of them."""
    known = _vocabulary(reader)
    rest = _other_terms(typed)
    for names in [typed.names, *_joined(typed.names)]:
        found = _match(reader, [*(_mended_term(known, word) for word in names), *rest])
        if found:
            return found
    return []


def _vocabulary(reader: Reader) -> Sequence[str]:
    """Every word of a name on this device; read again only when there are more. They are never taken out singly."""
    (counted,) = reader.match("SELECT count(*) AS words FROM own_patient_word")
    kept = _WORDS.get(reader.station.device)
    if kept is None or len(kept) != counted.words:
        kept = [row.word for row in reader.match("SELECT word FROM own_patient_word")]
        _WORDS.clear()
        _WORDS[reader.station.device] = kept
    return kept


def _joined(names: Sequence[str]) -> list[tuple[str, ...]]:
    return [(*names[:n], names[n] + names[n + 1], *names[n + 2 :]) for n in range(len(names) - 1)]


def _match(reader: Reader, terms: Sequence[str]) -> list[int]:
    sql = "SELECT rowid AS rid FROM own_patient_search WHERE own_patient_search MATCH :wanted LIMIT :taken"
    return [r.rid for r in reader.match(sql, wanted=" AND ".join(terms), taken=TAKEN)]


def _name_term(word: str, sounding: bool) -> str:
    plain = f'name:"{word}"*'
    code = sound(word) if sounding and len(word) >= 3 else ""
    return f'({plain} OR sound:"{code}" OR sound:"{code}"*)' if len(code) >= 2 else plain


def _other_terms(typed: Typed) -> list[str]:
    births = ["(" + " OR ".join(_birth_term(b) for b in readings) + ")" for readings in typed.births if readings]
    return births + [_number_term(n) for n in typed.numbers]


def _birth_term(reading: str) -> str:
    """A bare year may as well be the end of a number; a day may be that of a chart where only the year is known."""
    if reading.startswith("--"):
        return f'birth:"a{reading[2:].replace("-", "")}"'
    bare = reading.replace("-", "")
    if len(bare) == 4:
        return f'birth:"y{bare}" OR number:"{bare}"* OR phone:"r{bare[::-1]}"*'
    return f'birth:"{"m" if len(bare) == 6 else "d"}{bare}"'


def _number_term(number: str) -> str:
    """A record number, identifier or telephone: whole or from any of its parts on, a telephone also by its end."""
    bare = "".join(c for c in number.lower() if c.isalnum())
    terms = [f'number:"{bare}"*']
    only = digits(number)
    if len(only) >= 3 and only == number:
        terms.append(f'phone:"r{only[::-1]}"*')
        terms.append(f'phone:"f{only.lstrip("0")}"*')
    if len(only) >= 5 and only == number:
        terms.append(f'number:"{only.lstrip("0")}"*')
    return "(" + " OR ".join(terms) + ")"


def _mended_term(known: Sequence[str], word: str) -> str:
    """Known words within one typing error (two from six letters on), first the nearest."""
    if len(word) < 3:
        return f'name:"{word}"*'
    near = process.extract(word, known, scorer=OSA.distance, score_cutoff=1 if len(word) < 6 else 2, limit=12)
    terms = [f'name:"{term}"' for term, _distance, _index in near]
    return "(" + " OR ".join([*terms, f'name:"{word}"*']) + ")"


def _ranked(reader: Reader, typed: Typed, ways: dict[int, str], most: int) -> list[Hit]:
    """The best of the charts found; only of these is made what a list shows."""
    columns = (Patient.rid, Patient.local_script, Patient.preferred, *NAME_COLUMNS)
    rows = reader.rows(select(*columns).where(Patient.rid.in_(list(ways))))
    persons = people(reader, [r.id for r in rows])
    best: dict[UUID, tuple[float, Row[Any]]] = {}
    for row in rows:
        survivor = persons[row.id].survivor
        score = _score(typed, row, ways[row.rid])
        if survivor not in best or score > best[survivor][0]:
            best[survivor] = (score, row)
    found = {row.id: row for row in rows}
    missing = best.keys() - found.keys()
    found |= {row.id: row for row in reader.rows(select(*NAME_COLUMNS).where(Patient.id.in_(missing)))}
    veiled = hidden(reader, (p.charts for p in persons.values()))

    def place(survivor: UUID) -> tuple[float, str, str]:
        row = found[survivor]
        listed = listed_name(row, veiled=survivor in veiled)
        return -round(best[survivor][0], 2), listed.casefold(), row.mrn

    today, hits = clinic_day(reader), []
    for survivor in sorted(best.keys() & found.keys(), key=place)[:most]:
        score, row = best[survivor]
        name = name_of(found[survivor], today)
        through = row.mrn if row.id != survivor else None
        shown = masked(name) if survivor in veiled else name
        hits.append(Hit(shown, through, _matched_by(typed, ways[row.rid]), score))
    return hits


def _matched_by(typed: Typed, way: str) -> frozenset[str]:
    found = {way} if typed.names else set()
    if typed.births:
        found.add("birth")
    if typed.numbers:
        found.add("number")
    return frozenset(found)


def _score(typed: Typed, row: Row[Any], way: str) -> float:
    """0 to 3: how well each typed word fits the best word of the name; the family name counts a little more."""
    family = words(row.family)
    others = words(" ".join(filter(None, (row.given, row.preferred, row.local_script))))
    fits = [max(_fit(w, family), _fit(w, others) - 0.05) for w in typed.names]
    total = sum(fits) / len(fits) if fits else 0.5
    if typed.births and row.born and any(row.born == reading for ways in typed.births for reading in ways):
        total += 0.5
    return total + {"name": 0.6, "sound": 0.2}.get(way, 0.0)


def _fit(word: str, names: Sequence[str]) -> float:
    def one(name: str) -> float:
        if name == word:
            return 1.2
        return 1.0 if name.startswith(word) else JaroWinkler.similarity(word, name) * 0.9

    return max(map(one, names), default=0.0)


def _share_birthday(hits: Sequence[Hit]) -> bool:
    """Two results with one family name and one day of the year: the look-alike line asks to check year and number."""
    seen: set[tuple[tuple[str, ...], str]] = set()
    for hit in hits[:20]:
        if hit.name.born and len(hit.name.born) == 10:
            key = (words(hit.name.family), hit.name.born[5:])
            if key in seen:
                return True
            seen.add(key)
    return False
