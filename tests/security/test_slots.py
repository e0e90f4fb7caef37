# SPDX-License-Identifier: Apache-2.0
"""A slot opens for one person, on one device, at one epoch, with that device's secret, and for nobody else."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from hms_desktop.security.keys import PersonKeys
from hms_desktop.security.sealing import WontOpen
from hms_desktop.security.slots import SlotPlace, new_file_key, open_slot, seal_slot

OWNER = PersonKeys.generate()
SECRET = bytes(range(32))
PLACE = SlotPlace(uuid4(), uuid4(), 1)
FILE_KEY = new_file_key()
SLOT = seal_slot(FILE_KEY, OWNER.public.exchange, SECRET, PLACE)


def test_its_owner_opens_it() -> None:
    assert open_slot(SLOT, OWNER.exchange, SECRET, PLACE) == FILE_KEY


def test_two_slots_of_one_key_have_nothing_in_common() -> None:
    other = seal_slot(FILE_KEY, OWNER.public.exchange, SECRET, PLACE)
    assert other[4:] != SLOT[4:] and other[48:] != SLOT[48:]


@pytest.mark.parametrize(
    "place", [replace(PLACE, device=uuid4()), replace(PLACE, person=uuid4()), replace(PLACE, epoch=2)]
)
def test_another_place_does_not_open_it(place: SlotPlace) -> None:
    with pytest.raises(WontOpen):
        open_slot(SLOT, OWNER.exchange, SECRET, place)


def test_another_person_or_device_secret_does_not_open_it() -> None:
    with pytest.raises(WontOpen):
        open_slot(SLOT, PersonKeys.generate().exchange, SECRET, PLACE)
    with pytest.raises(WontOpen):
        open_slot(SLOT, OWNER.exchange, bytes(32), PLACE)


def test_every_changed_byte_is_noticed() -> None:
    for at in range(len(SLOT)):
        changed = bytearray(SLOT)
        changed[at] ^= 0x80
        with pytest.raises(WontOpen):
            open_slot(bytes(changed), OWNER.exchange, SECRET, PLACE)


def test_a_weak_public_key_is_refused() -> None:
    with pytest.raises(ValueError, match=r".+"):
        seal_slot(FILE_KEY, bytes(32), SECRET, PLACE)


def test_a_key_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="file key"):
        seal_slot(b"short", OWNER.public.exchange, SECRET, PLACE)
    with pytest.raises(ValueError, match="device secret"):
        open_slot(SLOT, OWNER.exchange, b"", PLACE)
