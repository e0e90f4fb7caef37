# SPDX-License-Identifier: Apache-2.0
"""The parts that the program is made of, as a CycloneDX 1.6 bill of materials read from what is really installed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

OWN = "hms"
PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
Needs = list[tuple[str, tuple[str, ...]]]
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One installed distribution: `needs` are the names that it asks for, `license` as its maker states it."""

    name: str
    version: str
    license: str
    needs: tuple[str, ...]


def installed_parts(extras: tuple[str, ...] = ()) -> list[Part]:
    """The program and everything that it needs here, by name; `extras` such as `desktop` add theirs where installed."""
    found: dict[str, Part] = {}
    wanted = [(OWN, extras)]
    while wanted:
        name, chosen = wanted.pop()
        if name in found:
            continue
        part, needs = _look(name, chosen)
        if part is not None:
            found[name] = part
            wanted += needs
    return [found[name] for name in sorted(found)]


def bill_of_materials(parts: list[Part]) -> str:
    """The parts as CycloneDX 1.6 JSON: each with version, package URL, licence and what it needs."""
    licenses, made = LicenseFactory(), {}
    for part in parts:
        kind = ComponentType.APPLICATION if part.name == OWN else ComponentType.LIBRARY
        url = None if part.name == OWN else PackageURL("pypi", name=part.name, version=part.version)
        made[part.name] = Component(
            name=part.name,
            version=part.version,
            type=kind,
            bom_ref=f"{part.name}@{part.version}",
            purl=url,
            licenses=[licenses.make_from_string(part.license)] if part.license else [],
        )
    bom = Bom(components=[component for name, component in made.items() if name != OWN])
    bom.metadata.component = made.get(OWN)
    for part in parts:
        bom.register_dependency(made[part.name], [made[need] for need in part.needs if need in made])
    return JsonV1Dot6(bom).output_as_string(indent=1)


def _look(name: str, extras: tuple[str, ...]) -> tuple[Part | None, Needs]:
    try:
        dist = distribution(name)
    except PackageNotFoundError:
        return _own(extras) if name == OWN else (None, [])
    needs = _needs(dist.requires or (), extras)
    return Part(name, dist.version, _license(dist), _names(needs)), needs


def _own(extras: tuple[str, ...]) -> tuple[Part, Needs]:
    """The program run from its source tree, where it is no installed distribution."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    needs = _needs([*project["dependencies"], *(line for extra in extras for line in optional.get(extra, ()))], ())
    return Part(OWN, project["version"], project["license"], _names(needs)), needs


def _names(needs: Needs) -> tuple[str, ...]:
    return tuple(sorted({need for need, _extras in needs}))


def _needs(lines: Iterable[str], extras: tuple[str, ...]) -> Needs:
    asked = [Requirement(line) for line in lines]
    return [
        (_same(each.name), tuple(sorted(each.extras)))
        for each in asked
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    ]


def _same(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()


def _license(dist: Distribution) -> str:
    """As the maker states it, in one line; the long texts that some put there say nothing that a list can hold."""
    about = dist.metadata.json
    stated = str(about.get("license_expression") or about.get("license") or "")
    if not stated or "\n" in stated:
        classes = [line for line in about.get("classifier", ()) if line.startswith("License ::")]
        stated = " / ".join(line.rsplit("::", 1)[-1].strip() for line in classes)
    return stated.strip()
