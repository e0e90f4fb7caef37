# SPDX-License-Identifier: Apache-2.0
"""What people write is never obeyed: no markup sink without an escape, no SQL put together from words."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync.snapshot import columns_of
from tests.every_module import everything
from tests.every_module.source import PRODUCT, ROOT, Source, calls, functions, listed, sources

assert everything
RICH_KINDS = {
    "QTextBrowser", "QTextDocument", "QTextEdit", "QStaticText", "QMessageBox", "QErrorMessage", "QInputDialog",
    "QSystemTrayIcon", "QWhatsThis", "QProgressDialog", "QWizard",
}  # fmt: skip
"""Qt's own windows and painters that take words for markup when these look like it."""
RICH_CALLS = {"setHtml", "insertHtml", "setMarkdown", "insertMarkdown", "appendHtml", "setWhatsThis", "setStatusTip"}
RICH_FORMS = {"RichText", "AutoText", "MarkdownText"}
TIPS = {"setToolTip": 0, "showText": 1}
"""What shows a tip, and which argument its words are."""
SQL_CALLS = {"text", "execute", "exec_driver_sql", "executescript", "executemany", "match"}
SQL_WORD = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|PRAGMA|ATTACH|CREATE|DROP|ALTER|REPLACE|WITH|VACUUM)\b")
NAMES_ONLY = Counter(
    {
        "hms_desktop/clinic/patients/search_index.py": 1,
        "hms_desktop/storage/engine.py": 4,
        "hms_desktop/storage/postgres.py": 5,
        "hms_desktop/storage/rekey.py": 2,
        "hms_desktop/storage/rows.py": 9,
        "hms_desktop/sync/digest.py": 2,
        "hms_desktop/sync/erase.py": 1,
        "hms_desktop/sync/refusals.py": 1,
        "hms_desktop/storage/straight.py": 1,
        "hms_desktop/sync/snapshot.py": 6,
        "sync_server/sync_api/site_rows.py": 1,  # names of tables and columns of the registry, values are bound
        "installer/day/checks.py": 1,
    }
)
"""Statements that are put together from names of declared tables and columns, numbers and keys; each was read, and a
new one is read before it is counted here. That those names are nothing but names is checked below."""
PICTURES = {"{{ qr|safe }}", "{{ pictures[label]|safe }}"}
"""QR codes, drawn by `documents.qr_code` from squares: no words are in them."""


def rich_sinks(source: Source) -> Iterator[str]:
    """Where words would be taken for markup."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in RICH_FORMS:
            yield f"{source.at(node)}: {node.attr}"
        if _is_own_label(node) and source.path.name != "labels.py":
            yield f"{source.at(node)}: a QLabel of its own; use widgets.labels.Text"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in RICH_KINDS:
            yield f"{source.at(node)}: {node.value.id}"
    for name, call in calls(source):
        if name in RICH_CALLS | RICH_KINDS:
            yield f"{source.at(call)}: {name}"
        if name == "QLabel" and call.args:
            yield f"{source.at(call)}: QLabel with words; use widgets.labels.Text"
        if name in TIPS and not _is_plain(call.args[TIPS[name]]):
            yield f"{source.at(call)}: words of {name} go through widgets.tips.tip"
    for function in functions(source) if "ToolTipRole" in source.text else ():
        written = ast.unparse(function)
        if "ToolTipRole" in written and "tip(" not in written:
            yield f"{source.at(function)}: the words of ToolTipRole go through widgets.tips.tip"


def _is_own_label(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and "QLabel" in {ast.unparse(base) for base in node.bases}


def _is_plain(words: ast.expr) -> bool:
    return isinstance(words, ast.Constant) or (
        isinstance(words, ast.Call) and isinstance(words.func, ast.Name) and words.func.id in ("_", "tip")
    )


def put_together(source: Source) -> Iterator[ast.AST]:
    """Statements of SQL that are made of parts."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.JoinedStr):
            parts: list[ast.expr] = node.values
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            parts = [node.left]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            parts = [node.func.value]
        else:
            continue
        first = parts[0] if parts else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and SQL_WORD.match(first.value):
            yield node


def test_nothing_in_a_window_takes_words_for_markup() -> None:
    found = [fault for source in sources("hms_desktop") for fault in rich_sinks(source)]
    assert not found, listed(found)


def test_paragraphs_on_paper_are_made_in_one_place() -> None:
    found = [
        source.at(call)
        for source in sources(*PRODUCT)
        for name, call in calls(source)
        if name in ("Paragraph", "XPreformatted", "Preformatted") and source.path.name != "styles.py"
    ]
    assert not found, listed(found)


def test_sql_is_put_together_only_from_names() -> None:
    found = {source: list(put_together(source)) for source in sources(*PRODUCT)}
    counted = Counter({str(source.path): len(nodes) for source, nodes in found.items() if nodes})
    more = [source.at(node) for source, nodes in found.items() for node in nodes
            if counted[str(source.path)] > NAMES_ONLY[str(source.path)]]  # fmt: skip
    assert not more, listed(more)


def test_names_of_tables_and_columns_are_nothing_but_names() -> None:
    names = {name for table in REGISTRY.values() for name in (table.name, *columns_of(table))}
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []


def test_pages_of_the_console_escape_every_word() -> None:
    folder = ROOT / "sync_server" / "console" / "templates"
    found = []
    for page in sorted(folder.glob("*.html")):
        text = page.read_text(encoding="utf-8")
        found += [f"{page.name}: {one}" for one in re.findall(r"{{[^}]*\|\s*safe[^}]*}}", text) if one not in PICTURES]
        found += [f"{page.name}: {one}" for one in re.findall(r"{%-?\s*autoescape[^%]*%}", text)]
        inside = re.findall(r"<[a-z][^<>]*>", re.sub(r"{%.*?%}", "", text, flags=re.DOTALL))
        found += [f"{page.name}: {tag}" for tag in inside if re.search(r"\s[a-z-]+={{", tag)]
        found += [f"{page.name}: {tag}" for tag in inside if re.search(r"\s(on[a-z]+|style)=", tag)]
        found += [f"{page.name}: {tag}" for tag in inside if re.search(r'\s(href|src|action)="\s*{{', tag)]
    assert not found, listed(found)
    marked = [source.at(call) for source in sources("sync_server") for name, call in calls(source) if name == "Markup"]
    assert [place.split(":")[0] for place in marked] == ["sync_server/console/look.py"], "icons alone are ready made"


BAD = """
class Loud(QLabel):
    pass
def show(box, words, event, index, role):
    QLabel(words)
    box.setToolTip(words)
    QToolTip.showText(event.globalPos(), words)
    box.setTextFormat(Qt.TextFormat.AutoText)
    box.setHtml(words)
    QMessageBox.information(box, words)
    QMessageBox(box)
    if role == Qt.ToolTipRole:
        return words
"""
SQL = [
    'text(f"SELECT * FROM patient WHERE family = {name}")',
    'connection.execute("DELETE FROM " + name)',
    'connection.execute("SELECT %s" % name)',
    'connection.execute("SELECT {}".format(name))',
]


def test_each_kind_of_sink_is_seen() -> None:
    bad = Source(ROOT / "x.py", BAD)
    assert len(list(rich_sinks(bad))) == 9
    good = Source(ROOT / "x.py", "box.setToolTip(tip(words)); box.setToolTip(_('Keys')); QLabel()")
    assert list(rich_sinks(good)) == []


@pytest.mark.parametrize("statement", SQL)
def test_each_way_to_put_sql_together_is_seen(statement: str) -> None:
    assert len(list(put_together(Source(ROOT / "x.py", statement)))) == 1
