# SPDX-License-Identifier: Apache-2.0
"""The medicines, stock, prices and hours that ship fit together and fit the tables that they go into."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from hms_desktop.clinic.ehr.knowledge import allergy_knowledge
from hms_desktop.clinic.inventory.rules import gtin_is_right
from hms_desktop.clinic.inventory.service import NewItem
from hms_desktop.clinic.lab.catalogue import shipped_catalogue

SHIPPED = Path(__file__).resolve().parents[3] / "resources" / "demo_clinic"


def read(name: str) -> dict[str, Any]:
    """A data file of the demo clinic."""
    return tomllib.loads((SHIPPED / f"{name}.toml").read_text("utf-8"))


def test_every_medicine_is_whole_and_known_to_the_checks() -> None:
    items = [NewItem(**one) for one in read("formulary")["item"]]
    knowledge = allergy_knowledge()
    assert knowledge is not None and len(items) >= 25
    assert len({i.code for i in items}) == len({i.gtin for i in items}) == len(items)
    for item in items:
        assert item.gtin and gtin_is_right(item.gtin)
        assert set(filter(None, item.classes.split(";"))) <= set(knowledge.names)
        known = {name.strip() for name in item.ingredient.split(";")} & set(knowledge.classes_of)
        assert known or item.classes, item.display


def test_stock_and_prices_name_what_there_is() -> None:
    items = {one["code"]: one for one in read("formulary")["item"]}
    priced = {one["code"]: one["amount"] for one in read("prices")["price"]}
    people = read("people")
    places = {one["name"] for one in people["place"]}
    for batch in read("stock")["batch"]:
        assert batch["item"] in items and batch["place"] in places and int(batch["quantity"]) > 0
    needed = {i["price_code"] for i in items.values() if "price_code" in i}
    needed |= {t["price_code"] for t in shipped_catalogue() if t.get("price_code")} | {"VISIT", "BED"}
    needed |= {p["price_code"] for p in read("procedures")["procedure"] if "price_code" in p}
    needed |= {p["price_code"] for p in people["place"] if "price_code" in p}
    assert needed <= set(priced) and all(amount > 0 for amount in priced.values())
    logins = {one["login"] for one in people["person"]}
    assert {s["login"] for s in read("sessions")["session"]} <= logins
