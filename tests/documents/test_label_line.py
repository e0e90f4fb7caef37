# SPDX-License-Identifier: Apache-2.0
"""A label printer at the end of a real line: it gets the label, or a person reads what to do and it gets nothing."""

from __future__ import annotations

import socket

import pytest

from hms_desktop.core.errors import Refused, Unavailable
from hms_desktop.documents import label_line
from hms_desktop.documents.label_line import LabelLine
from hms_desktop.documents.printers import LabelPrinter
from hms_desktop.documents.zpl import sample
from tests.documents.label_peer import label_peer
from tests.documents.zpl_reader import read_zpl


@pytest.mark.parametrize("answers", [True, False])
def test_a_printer_gets_the_whole_label(answers: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_line, "STATUS_SECONDS", 0.2)
    with label_peer(answers=answers) as peer:
        LabelLine(peer.printer).send(sample(203, "Bench labels", "Lab 1"))
        (label,) = read_zpl(peer.job())
    assert label.words == ["Test label", "Bench labels", "Lab 1"]


@pytest.mark.parametrize(
    ("state", "words"),
    [("out", "put in labels"), ("pause", "take it out of pause"), ("head", "close its head"), ("ribbon", "a ribbon")],
)
def test_one_that_cannot_print_says_what_to_do_and_gets_nothing(state: str, words: str) -> None:
    with label_peer(**{state: 1}) as peer:
        with pytest.raises(Unavailable, match=f"“Bench labels” can't print: .*{words}"):
            LabelLine(peer.printer)
        assert peer.job() == b""


def test_one_that_is_off_is_named_with_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(Unavailable, match=r"“Zebra” does not answer at 127\.0\.0\.1\. See that it is on"):
        LabelLine(LabelPrinter("Zebra", "127.0.0.1", port))


def test_one_outside_the_clinics_network_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(Refused, match="not in the clinic's own network"):
        LabelLine(LabelPrinter("Far away", "8.8.8.8"))


def test_one_that_goes_away_has_not_printed() -> None:
    with label_peer(hangs_up=True) as peer:
        line = LabelLine(peer.printer)
        with pytest.raises(Unavailable, match="stopped before it had the whole label"):
            line.send(b"^XA^XZ" * 2_000_000)
    with label_peer(answers=False, hangs_up=True) as peer, pytest.raises(Unavailable, match="stopped before"):
        LabelLine(peer.printer)
