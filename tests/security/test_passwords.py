# SPDX-License-Identifier: Apache-2.0
"""Passwords: length and guessability, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.core.errors import BadInput
from hms_desktop.security.passwords import ALONE, WITH_CODE, check_new_password, common_words, guess_pieces

NAMES = ("Zanele Ndlovu", "z.ndlovu", "Riverbend Clinic")


@pytest.mark.parametrize(
    "password",
    [
        "olive tram basalt hinge",
        "Räkor på måndagar är gott",
        "ذهبت إلى السوق صباحا مع جدي",
        "aB3$xyT9!kLmQ2w",
        "mtzqpwvkxjrbndgh",
    ],
)
def test_good_ones_need_no_kinds_of_signs(password: str) -> None:
    check_new_password(password, second_factor=False, names=NAMES)
    with pytest.raises(BadInput):
        check_new_password(password[:14], second_factor=False, names=NAMES)


@pytest.mark.parametrize(
    "password",
    [
        "password12345678",
        "P@ssw0rdP@ssw0rd",
        "qwertyuiopasdfghjkl",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "summer2026summer",
        "z.ndlovu-riverbend",
        "ZaneleNdlovu2026",
        "letmeinletmeinplease",
        "Hospital-Hospital-1",
        "9876543210987654",
        "doctordoctor1234",
        "ＰＡＳＳＷＯＲＤ１２３４５６７８",
        "1q2w3e4r5t6y7u8i",
        "samantha19871987",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(BadInput, match="first to be guessed") as refused:
        check_new_password(password, second_factor=False, names=NAMES)
    assert refused.value.field == "password"


def test_fifteen_alone_or_eight_with_a_code() -> None:
    fifteen = "mtzqpwvkxjrbndg"
    check_new_password(fifteen, second_factor=False)
    check_new_password(fifteen[:WITH_CODE], second_factor=True)
    for password, coded, least in ((fifteen[:-1], False, ALONE), (fifteen[: WITH_CODE - 1], True, WITH_CODE)):
        with pytest.raises(BadInput, match=str(least)):
            check_new_password(password, second_factor=coded)


def test_signs_are_counted_as_people_see_them() -> None:
    with pytest.raises(BadInput, match="too short"):
        check_new_password("a\u0308o\u0308u\u0308" * 4, second_factor=False)


def test_there_is_an_end() -> None:
    with pytest.raises(BadInput, match="too long"):
        check_new_password("mtzq pwvk " * 101, second_factor=False)


@given(st.text(max_size=80))
def test_counting_always_ends_and_never_exceeds_the_length(password: str) -> None:
    assert 0 <= guess_pieces(password, NAMES) <= max(len(password) * 18, 1)


def test_the_list_is_clean() -> None:
    assert len(common_words()) > 400
    assert all(word == word.strip().casefold() for word in common_words())


STOLEN = """
12345678 password qwertyuiop iloveyou princess sunshine football trustno1 starwars whatever qwerty123 1q2w3e4r 1qaz2wsx
zaq12wsx passw0rd Password1! Welcome123 admin123 letmein1 dragon123 monkey123 michael1 computer samantha butterfly
qazwsxedc asdfghjkl zxcvbnm123 abcd1234 a1b2c3d4 11223344 87654321 changeme test1234 Summer2024! Monday123 hospital1
mypassword iloveyou2 mustang1 pokemon1 minecraft charlie1 jessica1 victoria1 cristiano messi123 facebook1 linkedin
blink182 metallica jesus123 tinkerbell batman123 thunder1 cookie123 banana123 maverick cowboys1 redsox04 packers1
"""


def test_what_stolen_lists_hold_most_often_is_refused_also_beside_a_code() -> None:
    for password in STOLEN.split():
        with pytest.raises(BadInput, match="first to be guessed"):
            check_new_password(password, second_factor=True, names=NAMES)
