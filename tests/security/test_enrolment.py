# SPDX-License-Identifier: Apache-2.0
"""The code a computer joins with: readable by people, bound to one CA, provable without being sent."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.core.errors import BadInput, NotAllowed
from hms_desktop.core.ids import ALPHABET
from hms_desktop.security import enrolment

CA = b"the certificate of the clinic's authority"
CODE = enrolment.new_code(CA)
DEVICE = bytes(range(32))


def test_a_code_is_random_and_shows_in_groups_of_four() -> None:
    assert len({enrolment.new_code(CA).secret for _ in range(100)}) == 100
    groups = CODE.text().split("-")
    assert [len(g) for g in groups] == [4] * 10 + [3]


@pytest.mark.parametrize("typed", [str.lower, lambda t: t.replace("-", ""), lambda t: f"  {t.replace('-', ' ')} \n"])
def test_a_code_is_read_however_it_is_typed(typed: object) -> None:
    assert enrolment.read_code(typed(CODE.text())) == CODE  # type: ignore[operator]


def test_look_alike_signs_are_read_as_letters_and_as_the_check_character() -> None:
    made = [enrolment.EnrolmentCode(f"OIB{a}{b}" + "A" * 11, bytes(16)) for a, b in product("ABCDEFGHIJKLM", repeat=2)]
    assert {code.text()[-1] for code in made} == set(ALPHABET)
    for code, (typed, shown) in product(made, (("018", "OIB"), ("OIB", "018"))):
        assert enrolment.read_code(code.text().translate(str.maketrans(shown, typed))) == code
    assert enrolment.read_code(made[0].text() + "-\n") == made[0]


def test_no_code_is_given_out_whose_check_character_reads_like_another() -> None:
    assert not {enrolment.new_code(CA).text()[-1] for _ in range(100)} & set("0O1I8B")


def test_every_single_mistake_is_found() -> None:
    text = CODE.text().replace("-", "")
    for at, wrong in product(range(len(text)), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"):
        if text[at] != wrong:
            with pytest.raises(BadInput) as refused:
                enrolment.read_code(text[:at] + wrong + text[at + 1 :])
            assert refused.value.field == "code"


@given(st.text(max_size=60))
def test_anything_else_is_refused_with_words(typed: str) -> None:
    with pytest.raises(BadInput, match="code"):
        enrolment.read_code(typed)


def test_a_code_is_good_for_one_authority() -> None:
    CODE.must_fit(CA)
    with pytest.raises(NotAllowed, match="not the one"):
        CODE.must_fit(CA + b".")


def test_what_the_server_keeps_does_not_show_the_code() -> None:
    kept = CODE.name + CODE.proof_key.hex()
    assert CODE.secret not in kept and CODE.secret.lower() not in kept


@pytest.mark.parametrize(
    "swap", [{"ca": b"another"}, {"device": bytes(32)}, {"nonce": b"other"}, {"key": bytes(32)}, {"proof": bytes(32)}]
)
def test_a_proof_holds_for_one_code_authority_key_and_nonce(swap: dict[str, bytes]) -> None:
    proof = enrolment.prove(CODE.proof_key, CA, DEVICE, b"nonce")
    enrolment.check_proof(CODE.proof_key, CA, DEVICE, b"nonce", proof)
    with pytest.raises(NotAllowed):
        enrolment.check_proof(
            swap.get("key", CODE.proof_key),
            swap.get("ca", CA),
            swap.get("device", DEVICE),
            swap.get("nonce", b"nonce"),
            swap.get("proof", proof),
        )


def test_both_screens_show_the_same_six_words_and_others_for_another_key() -> None:
    words = enrolment.compare_words(DEVICE, bytes(32))
    assert words == enrolment.compare_words(DEVICE, bytes(32)) and len(words) == enrolment.WORDS_SHOWN
    assert words != enrolment.compare_words(bytes(32), DEVICE) != enrolment.compare_words(DEVICE, DEVICE)


def test_the_words_can_be_told_apart_by_voice() -> None:
    words = enrolment.word_list()
    assert len(words) == len(set(words)) == 256
    assert len({w[:3] for w in words}) == 256
    assert all(w.isascii() and w.islower() and 3 <= len(w) <= 8 for w in words)
