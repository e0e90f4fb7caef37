# SPDX-License-Identifier: Apache-2.0
"""What the stock room brings to the window: the stock list and its place on the rail."""

from __future__ import annotations

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Folder, RailEntry
from hms_desktop.ui.inventory.register_screen import RegisterPage
from hms_desktop.ui.inventory.stock_screen import StockPage
from hms_desktop.ui.routes import ControlledRegister, StockList


def folder() -> Folder:
    """The stock list and the controlled register, for those who work with stock."""
    needs = frozenset({"stock.receive", "stock.adjust"})
    return Folder(
        screens={StockList: StockPage, ControlledRegister: RegisterPage},
        rail=(RailEntry(_("Stock"), "package", StockList(), 70, needs, "K"),),
    )
