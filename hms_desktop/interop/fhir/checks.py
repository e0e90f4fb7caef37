# SPDX-License-Identifier: Apache-2.0
"""Whether a resource is legal FHIR: the models of `fhir.resources` (R4B, which for the types kept here equals R4)."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from hms_desktop.core.text import _
from hms_desktop.interop.fhir.entries import Entry, Json

PACKAGE = "fhir.resources.R4B"
OTHER_VERSION = {"extra_forbidden", "dict_type", "list_type", "model_type", "string_type"}


def check(entry: Entry, resource: Json) -> None:
    """Raise the entry's Fault, with the path of the first wrong element, unless the resource is legal."""
    from pydantic import ValidationError

    try:
        _model(entry.kind).model_validate(resource)
    except ValidationError as error:
        raise _fault(entry, error.errors(include_url=False, include_context=False, include_input=False)) from error
    except LookupError as error:
        raise entry.fault(_("The resource holds another one of a type that FHIR R4 does not have.")) from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise entry.fault(_("The resource is not legal FHIR R4: {reason}.").format(reason=error)) from error


def _fault(entry: Entry, errors: list[Any]) -> Exception:
    first = errors[0]
    path = _path(entry.kind, first["loc"])
    said = first["msg"].removeprefix("Value error, ").rstrip(".")
    reason = _("The resource is not legal FHIR R4: {reason}.").format(reason=said)
    if any(error["type"] in OTHER_VERSION for error in errors):
        reason += " " + _("Perhaps the file is of another FHIR version.")
    if len(errors) > 1:
        reason += " " + _("There are {count} such places in it.").format(count=len(errors))
    return entry.fault(reason, path)


def _path(kind: str, places: tuple[int | str, ...]) -> str:
    path = kind
    for place in places:
        path += f"[{place + 1}]" if isinstance(place, int) else f".{place}"
    return path


@cache
def _model(kind: str) -> Any:
    return getattr(import_module(f"{PACKAGE}.{kind.lower()}"), kind)
