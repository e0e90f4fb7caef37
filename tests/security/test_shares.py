# SPDX-License-Identifier: Apache-2.0
"""A secret split among holders: any two of three have it, one alone knows nothing, and slips of the pen are caught."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hms_desktop.core.errors import BadInput
from hms_desktop.core.ids import ALPHABET, READ_ALIKE, is_clear
from hms_desktop.security import shares
from hms_desktop.security.shares import Share, join, read_share, split

SECRETS = st.binary(min_size=32, max_size=32)
BYTES = st.integers(0, 255)
SHARES = st.builds(Share, BYTES, BYTES, st.binary(min_size=4, max_size=4), SECRETS)
SIGNS = ALPHABET


@settings(max_examples=25)
@given(SECRETS, st.integers(2, 4), st.integers(0, 2))
def test_any_who_are_enough_have_it(secret: bytes, needed: int, more: int) -> None:
    made = split(secret, needed + more, needed)
    for some in combinations(made, needed):
        assert join([read_share(share.text()) for share in some]) == secret
    with pytest.raises(BadInput, match="different holders are needed"):
        join(made[: needed - 1])


@given(BYTES, BYTES, BYTES)
def test_the_field_is_a_field(a: int, b: int, c: int) -> None:
    times, inverse = shares._times, shares._inverse
    assert times(a, b) == times(b, a) and times(a, times(b, c)) == times(times(a, b), c)
    assert times(a, b ^ c) == times(a, b) ^ times(a, c)
    assert times(a, 1) == a and (a == 0 or times(a, inverse(a)) == 1)


def test_products_are_those_of_the_standard() -> None:
    assert (shares._times(0x57, 0x83), shares._times(0x57, 0x13)) == (0xC1, 0xFE)  # FIPS 197, section 4.2


def test_one_share_fits_every_secret() -> None:
    """Whatever the secret is, some polynomial gives this share: so it tells nothing."""
    own = split(bytes(32), 3, 2)[0]
    for guess in range(256):
        slope = shares._times(own.part[0] ^ guess, shares._inverse(own.number))
        assert shares._times(slope, own.number) ^ guess == own.part[0]


@settings(max_examples=5)
@given(SECRETS)
def test_a_wrong_sign_never_gives_a_wrong_secret(secret: bytes) -> None:
    mine, other, _third = split(secret, 3, 2)
    text = mine.text().replace("-", "")
    slips = [(at, sign) for at, sign in product(range(len(text)), SIGNS) if alike(sign) != alike(text[at])]
    opened = [read_and_joined(text[:at] + sign + text[at + 1 :], other) for at, sign in slips]
    assert set(opened) <= {None, secret}, "the last bit of the last sign says nothing"


def read_and_joined(typed: str, other: Share) -> bytes | None:
    """The secret of a share as it was typed and another one; None when the slip was told, by the one or by both."""
    try:
        return join([read_share(typed), other])
    except BadInput as told:
        assert "share" in str(told).lower()
        return None


def alike(sign: str) -> str:
    """What a sign is read as."""
    return sign.translate(READ_ALIKE)


@settings(max_examples=5)
@given(SHARES)
def test_every_wrong_sign_is_told_where_the_check_character_is_like_no_other(share: Share) -> None:
    text = share.text().replace("-", "")
    if not is_clear(text[:-1]):
        return
    for at, sign in product(range(len(text)), SIGNS):
        if alike(sign) != alike(text[at]):
            with pytest.raises(BadInput, match="typing mistake"):
                read_share(text[:at] + sign + text[at + 1 :])


def shares_of_every_check_character() -> Iterator[Share]:
    """One for each sign that can stand at the end of a share."""
    met: set[str] = set()
    for number in range(4096):
        share = Share(1, 2, bytes(4), bytes(30) + number.to_bytes(2, "big"))
        if share.text()[-1] not in met:
            met.add(share.text()[-1])
            yield share


def test_how_it_is_typed_does_not_matter_and_what_is_missing_is_said() -> None:
    ways = [str.maketrans(*way) for way in (("-", " "), ("OIB", "018"), ("018", "OIB"), ("0I8", "o1b"))]
    every = list(shares_of_every_check_character())
    assert len(every) == len(ALPHABET)
    for share, way in product(every, ways):
        assert read_share(share.text().translate(way)) == share
        assert read_share(share.text().lower().translate(way)) == share
    with pytest.raises(BadInput, match="not complete"):
        read_share(every[0].text()[:-5])


def test_shares_of_two_secrets_or_of_one_holder_are_named() -> None:
    one, other = split(bytes(32), 3, 2), split(bytes([7]) * 32, 3, 2)
    with pytest.raises(BadInput, match="different recovery keys"):
        join([one[0], other[1]])
    with pytest.raises(BadInput, match="2 different holders"):
        join([one[0], one[0]])
    with pytest.raises(BadInput, match="different holders are needed"):
        join([])
    forged = Share(2, 2, one[0].mark, bytes(32))
    with pytest.raises(BadInput, match="don't fit together"):
        join([one[0], forged])


@pytest.mark.parametrize(("secret", "holders", "needed"), [(b"short", 3, 2), (bytes(32), 3, 1), (bytes(32), 2, 3)])
def test_a_split_that_protects_nothing_is_not_made(secret: bytes, holders: int, needed: int) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        split(secret, holders, needed)
