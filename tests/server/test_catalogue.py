# SPDX-License-Identifier: Apache-2.0
"""`hms-server import catalogue`: shipped files in, the same twice changes nothing, a wrong entry keeps all out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hms_desktop.clinic.billing.model import Price
from hms_desktop.core.errors import BadInput, ClinicError, NotFound, Refused
from hms_desktop.storage.editions import in_force
from sync_server import catalogue_files
from sync_server.catalogue import bring_in
from sync_server.catalogue_files import read_files
from tests.server.process import ServerProcess
from tests.server.warm import ROOT
from tests.sync.world import dump

CLINICAL = [ROOT / "resources" / "clinical" / f"{name}.toml" for name in ("lab_tests", "note_phrases", "forms")]
OWN = [ROOT / "resources" / "demo_clinic" / f"{name}.toml" for name in ("formulary", "prices", "procedures")]
KINDS = {"test", "panel", "item", "procedure", "price", "template", "phrase", "form"}
TABLES = frozenset(
    {"lab_test", "item", "item_version", "procedure_type", "price", "note_template", "note_phrase", "entry_form"}
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server's folder with everything that ships in it; nobody serves it."""
    made = ServerProcess(tmp_path_factory.mktemp("catalogue") / "server")
    first = bring_in(made.home, CLINICAL + OWN, date(2026, 10, 1))
    assert set(first.new) == KINDS and not first.unchanged and first.entries == sum(first.new.values())
    assert set(first.starts) == {date(2026, 1, 1), date(2026, 10, 1)}
    yield made
    made.close()


def test_the_same_files_once_more_change_nothing(store: ServerProcess) -> None:
    before = dump(store.home.store, TABLES)
    done = store.run("import", "catalogue", *map(str, CLINICAL + OWN), "--from", "2026-10-01")
    assert done.returncode == 0 and "0 are new" in done.stdout and "forms.toml, line" in done.stderr
    assert dump(store.home.store, TABLES) == before


def test_a_table_of_prices_goes_in_and_a_dry_run_does_not(store: ServerProcess, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    lines = ["kind,code,display,amount,payer,valid_from", 'price,CERT,"Certificate, medical",7000,,2126-01-01']
    file.write_text("\n".join([*lines, "price,CERT,Certificate,6500,Umoya Health,2126-02-01"]), "utf-8-sig")
    before = dump(store.home.store, TABLES)
    assert store.command("import", "catalogue", str(file), "--dry-run")["new"] == {"price": 2}
    assert dump(store.home.store, TABLES) == before
    assert bring_in(store.home, [file]).starts == {date(2126, 1, 1): 1, date(2126, 2, 1): 1}
    read: Any = store.home.store.read
    today = read(lambda r: [row.amount for row in in_force(r, Price) if row.code == "CERT"], store.home.worker)
    assert today == [6000], "a version of the future waits for its day"


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("[[price]]\ncode = 'X'\ndisplay = 'X'\namount = 1.5\nvalid_from = '2126-01-01'", BadInput,
         "line 1, price X: amount is “1.5” and must be a whole number"),
        ("[[price]]\ncode = 'X'\ndisplay = 'X'\namount = 1", BadInput, "names no day from which it holds"),
        ("[[price]]\ncode = 'X'\namount = 1\nvalid_from = '2126-01-01'", BadInput, "“display” is missing. Add it."),
        ("[[price]]\ncode = 'X'\namont = 1\nvalid_from = '2126-01-01'", BadInput, "“amont” is no field of a price"),
        ("[[drug]]\ncode = 'X'", BadInput, "“drug” is nothing that a catalogue holds. Use test, panel"),
        ("[[price]\n", BadInput, "this is no TOML"),
        ("# nothing\n", BadInput, "it holds no entry"),
        ("valid_from = 'soon'\n[[price]]\ncode = 'X'\ndisplay = 'X'\namount = 1", BadInput,
         "valid_from is “soon” and must be"),
        ("valid_from = '2126-01-01'\n[[panel]]\ncode = 'P'\ndisplay = 'P'\nbench = 'b'\nspecimen_type = 's'\n"
         "container = 'c'\nmembers = ['NONE']", Refused, "line 2, panel P: P asks for the test NONE, which is not in"),
        ("valid_from = '2126-01-01'\n[[item]]\ncode = 'DOX100'\ndisplay = 'd'\nform = 'f'\nstrength = 's'\n"
         "unit = 'millilitre'\ningredient = 'i'", Refused, "is counted in tablets"),
        ("valid_from = '2020-01-01'\n[[price]]\ncode = 'VISIT'\ndisplay = 'Visit'\namount = 1", Refused,
         "version 1 starts on 01-Oct-2026. Let this one start on that day or later."),
        ("valid_from = '2126-01-01'\n[[form]]\ncode = 'vitals'\nname = 'V'\nrows = [['pulse', 'mood']]", Refused,
         "There is no vital sign “mood”"),
        ("valid_from = '2126-01-01'\n[[phrase]]\ncode='A'\nname='A'\ntext='a'\n"
         "[[phrase]]\ncode='A'\nname='B'\ntext='b'",
         BadInput,
         "line 6, phrase A: stands twice in this file"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_named_with_its_place_and_remedy_and_nothing_goes_in(
    store: ServerProcess, tmp_path: Path, text: str, error: type[ClinicError], words: str
) -> None:
    good, wrong = tmp_path / "good.csv", tmp_path / "wrong.toml"
    good.write_text("kind,code,display,amount,valid_from\nprice,GOOD,Good,1,2126-01-01\n", "utf-8")
    wrong.write_text(text, "utf-8")
    before = dump(store.home.store, TABLES)
    with pytest.raises(error) as refused:
        bring_in(store.home, [good, wrong])
    said = str(refused.value)
    assert said.startswith("wrong.toml") and words in said and said.endswith("Nothing was imported.")
    assert dump(store.home.store, TABLES) == before


def test_a_table_that_is_none_or_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {
        "a.csv": ("code,amount\nX,1\n", "names no column “kind”"),
        "b.csv": ("kind,code\ndrug,X\n", "line 2: “drug” is no kind of entry"),
        "c.csv": ("kind,code,text\nphrase,X,a,b\n", "line 2 has more values"),
    }
    for name, (text, words) in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
        entries, faults = read_files([tmp_path / name], None)
        assert entries == [] and len(faults) == 1 and words in faults[0], faults
    monkeypatch.setattr(catalogue_files, "MOST_ENTRIES", 1)
    (tmp_path / "e.csv").write_text("kind,code,display,amount\nprice,A,a,1\nprice,B,b,1\n", "utf-8")
    assert "more than 1 entries" in read_files([tmp_path / "e.csv"], None)[1][0]
    (tmp_path / "d.toml").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in read_files([tmp_path / "d.toml"], None)[1][0]


def test_the_door_says_what_it_takes(store: ServerProcess) -> None:
    said = " ".join(store.run("import", "catalogue", "--help").stdout.split())
    assert "--dry-run" in said and "--json" in said and "--from" in said and "the same file twice" in said


def test_a_refusal_reaches_the_shell_as_a_sentence(store: ServerProcess, tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text("kind,code,display,amount,valid_from\nprice,VISIT,Visit,1,2020-01-01\n", "utf-8")
    done = store.run("import", "catalogue", str(file))
    assert done.returncode == 1 and "wrong.csv, line 2, price VISIT:" in done.stderr and "Traceback" not in done.stderr
    with pytest.raises(NotFound, match=r"There is no file .*nowhere.toml"):
        bring_in(store.home, [tmp_path / "nowhere.toml"])


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.toml", "price = [1, 2]", "“price” is a list of plain values"),
        ("a.toml", "a = " + "[" * 5000 + "]" * 5000, "nested too deep"),
        ("a.toml", "[[price]]\ncode='A'\ndisplay='x'\namount=99999999999999999999", "larger than any amount"),
        ("a.toml", '[[price]]\ncode="A"\ndisplay="x\\u0000"\namount=1', "display holds a control character"),
        ("a.csv", "kind,code,display,amount\nprice," + "x" * 200_000 + ",b,5", "this is no CSV"),
        ("a.csv", "kind,code,display,amount\nprice,A,b," + "[" * 5000, "amount is"),
    ],
)
def test_what_no_reader_expects_is_named_too(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    entries, faults = read_files([tmp_path / name], date(2126, 1, 1))
    assert entries == [] and len(faults) == 1 and words in faults[0]


def test_entries_under_headers_written_in_two_ways_are_all_read(tmp_path: Path) -> None:
    one = "code='{}'\ndisplay='x'\namount=1\n"
    (tmp_path / "a.toml").write_text("[[price]]\n" + one.format("A") + '[["price"]]\n' + one.format("B"))
    entries, faults = read_files([tmp_path / "a.toml"], date(2126, 1, 1))
    assert [entry.values["code"] for entry in entries] == ["A", "B"] and not faults
