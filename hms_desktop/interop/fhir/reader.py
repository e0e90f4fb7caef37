# SPDX-License-Identifier: Apache-2.0
"""Reading FHIR files one at a time: each gives all its rows in the order of writing, or one fault and nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from pathlib import Path

from hms_desktop.core.text import _
from hms_desktop.interop.fhir import allergies, care, checks, cover, findings, medicines, people, unread
from hms_desktop.interop.fhir.context import Reading, Unkept
from hms_desktop.interop.fhir.entries import Entry, Json, entries
from hms_desktop.interop.fhir.identities import SHARED, Directory, Memory, Names, key_of
from hms_desktop.interop.fhir.results import Fault, FileResult, Limits, MappedRow, Progress
from hms_desktop.interop.fhir.sources import Source, sources

Mapper = Callable[[Reading, Entry, Json], None]


@dataclass(frozen=True)
class Kept:
    """How one resource type is kept: its mapping and the elements that the mapping reads."""

    map: Mapper
    elements: frozenset[str]


KEPT: dict[str, Kept] = {
    "Organization": Kept(people.organization, people.ORGANIZATION),
    "Location": Kept(people.location, people.LOCATION),
    "Practitioner": Kept(people.practitioner, people.PRACTITIONER),
    "PractitionerRole": Kept(people.role, people.ROLE),
    "Medication": Kept(medicines.medication, medicines.MEDICATION),
    "Patient": Kept(people.patient, people.PATIENT),
    "Coverage": Kept(cover.coverage, cover.COVERAGE),
    "Encounter": Kept(care.encounter, care.ENCOUNTER),
    "AllergyIntolerance": Kept(allergies.allergy, allergies.ALLERGY),
    "Condition": Kept(care.condition, care.CONDITION),
    "Observation": Kept(findings.observation, findings.OBSERVATION),
    "Procedure": Kept(care.procedure, care.PROCEDURE),
    "Immunization": Kept(care.immunization, care.IMMUNIZATION),
    "MedicationRequest": Kept(medicines.request, medicines.REQUEST),
    "DiagnosticReport": Kept(findings.report, findings.REPORT),
}
"""The resource types with tables of ours, in the order in which rows can be written."""
ORDER = {kind: rank for rank, kind in enumerate(KEPT)}


def read_files(
    paths: Iterable[Path],
    limits: Limits | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    zone: tzinfo = UTC,
    region: str = "",
    before: Memory | None = None,
    began: Callable[[str], None] | None = None,
    skip: int = 0,
) -> Iterator[FileResult]:
    """Read files, folders and zips of FHIR R4 JSON, one text at a time and only as the results are asked for.

    `zone` is the clinic's, for days without a time; `region` its ISO 3166 country, for telephone numbers. A result is
    to be written whole or not at all. `before` knows the shared resources that were written earlier. `began` hears the
    name of each text before it is opened; the first `skip` are not opened. Nothing is raised for a bad file: its result
    carries the fault.
    """
    bounds = limits or Limits()
    found = sources(paths, bounds)
    directory = Directory(before)
    total, done = sum(source.size for source in found), 0
    for number, source in enumerate(found, 1):
        done += source.size
        if number <= skip:
            continue
        if began is not None:
            began(source.name)
        yield _read(source, bounds, directory, zone, region)
        if progress is not None:
            progress(Progress(number, len(found), done, total, source.name))


def _read(source: Source, limits: Limits, directory: Directory, zone: tzinfo, region: str) -> FileResult:
    if source.passed_over:
        return FileResult(source.name, passed_over=source.passed_over)
    try:
        if source.fault is not None:
            raise source.fault
        data = source.read()
        return _mapped(source.name, entries(data, source.name, limits), limits, directory, zone, region)
    except Fault as fault:
        return FileResult(source.name, fault=fault)
    except OSError as error:
        reason = _("The file can't be read: {reason}.").format(reason=error.strerror or error)
        return FileResult(source.name, fault=Fault(source.name, "", reason))


def _mapped(
    name: str, found: list[Entry], limits: Limits, directory: Directory, zone: tzinfo, region: str
) -> FileResult:
    met = Directory(directory)
    unique = [_met(met, entry) for entry in _without_repeats(found)]
    reading = Reading(Names(unique, met), met, zone, region)
    kept: Counter[str] = Counter()
    not_kept = Counter((entry.kind, "") for entry in found if entry.kind not in KEPT)
    not_kept += _copies(found, unique)
    for entry in sorted((one for one in unique if one.kind in KEPT), key=lambda one: ORDER[one.kind]):
        reason = _one(reading, entry, limits)
        if reason is None:
            kept[entry.kind] += 1
        else:
            not_kept[entry.kind, reason] += 1
    directory.take(met)
    return FileResult(
        name,
        tuple(_settled(reading, name)),
        Counter(entry.kind for entry in found),
        kept,
        not_kept,
        reading.left_out,
        tuple(reading.awaited.values()),
        keys=met.keys,
        standing=met.standing,
    )


def _met(directory: Directory, entry: Entry) -> Entry:
    """The entry, remembered if it is of a kind that many files share, by the key under which its record stands."""
    if entry.kind not in SHARED:
        return entry
    stands = directory.meet(entry.kind, key_of(entry), entry.identifiers)
    return entry if stands == key_of(entry) else replace(entry, known_as=stands)


def _copies(found: list[Entry], unique: list[Entry]) -> Counter[tuple[str, str]]:
    more = Counter(entry.kind for entry in found) - Counter(entry.kind for entry in unique)
    reason = _("an exact copy in the same file")
    return Counter({(kind, reason): number for kind, number in more.items() if kind in KEPT})


def _one(reading: Reading, entry: Entry, limits: Limits) -> str | None:
    """Map one resource; why it is not kept, None when it is."""
    resource = entry.resource(limits)
    checks.check(entry, resource)
    how = KEPT[entry.kind]
    mark = reading.begin()
    try:
        how.map(reading, entry, resource)
    except Unkept as reason:
        reading.take_back(mark)
        return str(reason)
    except (ValueError, ArithmeticError, TypeError, AttributeError, LookupError) as error:
        if isinstance(error, Fault):
            raise
        raise entry.fault(_("The resource can't be understood: {reason}.").format(reason=error)) from error
    reading.left_out.update(unread.unread(resource, how.elements))
    reading.join(mark)
    return None


def _without_repeats(found: list[Entry]) -> list[Entry]:
    """The entries without exact copies; two different versions of one resource refuse the file."""
    met: dict[str, Entry] = {}
    for entry in found:
        first = met.setdefault(key_of(entry), entry)
        if first is not entry and bytes(first.raw) != bytes(entry.raw):
            raise entry.fault(
                _("The file holds this resource twice with different content, first as {place}.").format(
                    place=first.place
                )
            )
    return list(met.values())


def _settled(reading: Reading, name: str) -> Iterator[MappedRow]:
    """The rows, each id once; two parts of one resource may say the same, such as a number listed twice."""
    met: dict[object, MappedRow] = {}
    for row in reading.rows:
        met.setdefault((row.table, row.id), row)
    yield from met.values()
