# SPDX-License-Identifier: Apache-2.0
"""First fill: a consistent snapshot of some tables, page by page, made at a server and taken in at a replica."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select, text

from hms_desktop.core.errors import Damaged
from hms_desktop.core.text import _
from hms_desktop.storage import chain, ledger, rows
from hms_desktop.storage.change_sets import ChangeSet, Leaf, only_tables, readable_leaves
from hms_desktop.storage.indexes import local_indexes
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.records import REGISTRY, Table
from hms_desktop.storage.schema import drop_indexes, make_indexes
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync.apply import Applier, Believe
from hms_desktop.sync.entries import entry_of
from hms_desktop.sync.protocol import ChainAt, Manifest, Page, TablePart
from hms_desktop.sync.pull import cursors, position, set_cursors
from hms_desktop.sync.refusals import note_refusals
from hms_desktop.sync.vectors import EVERY_OTHER, PARTS, REFUSED, Vectors

ROWS_PER_PAGE = 5000
PROGRESS = "filling"
LOCAL_ID = "rid"
FILLED_COLUMNS = "columns filled"
BARE = "tables without indexes"
AGAIN = "merged again over a snapshot"
URGENT = (
    "account", "device", "site_setting", "patient", "allergy", "no_known_allergy", "appointment", "lease",
    "service_order", "critical_call", "lab_result", "result_release", "batch", "stock_move",
)  # fmt: skip
LATE = ("access_event", "account_event", "admin_event", "audit_segment")
_FORGET = tuple(
    text(f"DELETE FROM {local} tbl IN :tables").bindparams(bindparam("tables", expanding=True))
    for local in (
        "own_standing_head WHERE",
        "own_applied_vector WHERE",
        f"own_held WHERE why <> '{REFUSED}' AND",
    )
)


def columns_of(table: Table) -> list[str]:
    """The columns of a snapshot page: id, row stamp, values, group stamps."""
    stamps = {group.stamp_column for group in table.groups.values()} - {"k"}
    return ["id", "k", *table.kinds, *sorted(stamps)]


def in_order(tables: Sequence[str]) -> list[str]:
    """Tables in the order in which a workstation wants them: urgent ones first, parents before children.

    Nobody works with what was looked at and when: it comes last.
    """
    done: list[str] = []

    def place(name: str) -> None:
        for parent in sorted(set(REGISTRY[name].refs.values()) - {name}):
            if parent in tables and parent not in done:
                place(parent)
        if name not in done:
            done.append(name)

    usual = sorted(set(tables) - {*LATE})
    for name in [*(t for t in URGENT if t in tables), *usual, *(t for t in LATE if t in tables)]:
        if name in REGISTRY:
            place(name)
    return done


class Part(Protocol):
    """Which rows of some tables a snapshot is for: those of one site."""

    def shows(self, leaf: Leaf) -> bool:
        """Whether what a change set wrote is among them."""

    def where(self, table: str) -> str:
        """The SQL condition for the table's rows, with the names of `values`."""

    @property
    def values(self) -> dict[str, Any]:
        """What the conditions name."""


def describe(connection: Connection, snapshot: bytes, tables: Sequence[str], part: Part | None = None) -> Manifest:
    """What a snapshot of these tables, or of a part of their rows, holds at this reader's moment."""
    parts = []
    for name in in_order(tables):
        where, values = _part(part, name)
        count = connection.execute(text(f'SELECT count(*) FROM "{name}" WHERE {where}'), values).scalar_one()
        parts.append(TablePart(name, -(-count // ROWS_PER_PAGE), count))
    chains = [
        ChainAt(r.author, r.number, r.stamp, bytes(r.root)) for r in connection.execute(select(ledger.author_state))
    ]
    held = [(r.stamp, r.tbl, r.why) for r in connection.execute(select(ledger.held)) if r.tbl in tables]
    held += _in_parts(connection, frozenset(tables))
    bounds = [(r.stamp, r.ms) for r in connection.execute(select(ledger.time_bound))]
    stamps = {stamp for stamp, _table, why in held if why not in (REFUSED, PARTS)}
    waiting = list(_waiting(connection, frozenset(tables), stamps, part))
    return Manifest(snapshot, position(connection), parts, chains, held, bounds, waiting)


def _in_parts(connection: Connection, tables: frozenset[str]) -> list[tuple[int, str, str]]:
    """What the rows of these tables may be without, as it never came back whole to this server."""
    if not connection.execute(select(ledger.held.c.stamp).where(ledger.held.c.tbl == EVERY_OTHER).limit(1)).first():
        return []
    vectors = Vectors(connection)
    return [(stamp, table, PARTS) for stamp in vectors.lacking() for table in sorted(tables - vectors.shown(stamp))]


def _part(part: Part | None, table: str) -> tuple[str, dict[str, Any]]:
    return ("TRUE", {}) if part is None else (part.where(table), part.values)


def _waiting(
    connection: Connection, tables: frozenset[str], stamps: set[int], part: Part | None
) -> Iterator[ChangeSet]:
    """What waits, as far as a holder of these tables may see it: no later page of entries brings it again."""
    log = ledger.change_log
    for row in connection.execute(select(log).where(log.c.stamp.in_(stamps)).order_by(log.c.stamp)):
        entry = entry_of(row)
        shown = only_tables(entry, tables, part.shows if part else None) if isinstance(entry, ChangeSet) else entry
        if isinstance(shown, ChangeSet):
            yield shown


def pages(connection: Connection, name: str, part: Part | None = None) -> Iterator[Page]:
    """The pages of one table, in the order in which its rows were made, each with its standing heads."""
    columns = columns_of(REGISTRY[name])
    last = 0
    where, values = _part(part, name)
    wanted = f'SELECT rid, {rows.quoted(columns)} FROM "{name}" WHERE rid > :last AND ({where})'
    sql = text(f"{wanted} ORDER BY rid LIMIT {ROWS_PER_PAGE}")
    while found := connection.execute(sql, {"last": last, **values}).all():
        last = found[-1].rid
        yield Page(name, columns, [tuple(row[1:]) for row in found], _heads(connection, name, [r.id for r in found]))


def _heads(connection: Connection, table: str, ids: list[bytes]) -> list[tuple[bytes, str, int, bytes]]:
    wanted = set(map(bytes, ids))
    sql = text("SELECT record, grp, stamp, vals FROM own_standing_head WHERE tbl = :tbl")
    standing = connection.execute(sql, {"tbl": table})
    return [(bytes(r.record), r.grp, r.stamp, bytes(r.vals)) for r in standing if bytes(r.record) in wanted]


def begin(connection: Connection, manifest: Manifest, later: Collection[str]) -> None:
    """Make room for a snapshot, but not yet in the tables that are replaced `later`, at its end.

    Every table at once: rows of a fill that was cut, and of what was done here before it, point at each other. Own work
    that was not sent is merged again at the end. A table of which much comes has its indexes from its last page on.
    """
    fresh = [part for part in manifest.parts if part.table not in later]
    empty(connection, *(part.table for part in fresh))
    large = {part.table: part.pages for part in fresh if part.rows > ROWS_PER_PAGE}
    for table in large:
        drop_indexes(connection, table)
    set_meta(connection, BARE, sorted({*meta_value(connection, BARE, []), *large}))
    set_meta(connection, PROGRESS, {"id": manifest.id, "pages": {}, "of": large})


def _index_again(connection: Connection, tables: Collection[str]) -> None:
    """Give tables their indexes back that were without them while their rows came."""
    bare = set(meta_value(connection, BARE, []))
    for table in sorted(bare.intersection(tables)):
        make_indexes(connection, table)
    set_meta(connection, BARE, sorted(bare.difference(tables)))


def take_page(connection: Connection, snapshot: bytes, page: Page, number: int) -> None:
    """Write one page of a fill and remember that it is here, so that a cut fill goes on where it stopped.

    A row that was made here by rule meanwhile is replaced, and merged over it again at the end. Who came with the page
    is found at once; what other tables add to an index comes with the end of the fill.
    """
    places = _places_of_known(page)
    names = rows.quoted([page.columns[at] for at in places])
    marks = ", ".join("?" for _ in places)
    if page.rows:
        with rows.gate_open(connection):
            known = page.rows if len(places) == len(page.columns) else [_picked(row, places) for row in page.rows]
            connection.exec_driver_sql(f'INSERT OR REPLACE INTO "{page.table}" ({names}) VALUES ({marks})', known)
    for record, group, stamp, values in page.heads:
        row = {"tbl": page.table, "record": record, "grp": group, "stamp": stamp, "vals": values}
        connection.execute(insert(ledger.standing_head), row)
    for index in local_indexes(connection):
        if index.leading == page.table:
            index.refresh(connection, page.table, [UUID(bytes=row[page.columns.index("id")]) for row in page.rows])
    done = meta_value(connection, PROGRESS, {})
    if done.get("id") != snapshot:
        done = {"id": snapshot, "pages": {}}
    done["pages"][page.table] = number + 1
    if done.get("of", {}).get(page.table) == number + 1:
        _index_again(connection, {page.table})
    set_meta(connection, PROGRESS, done)


def require_declared(table: str) -> None:
    """Damaged when an answer of the server names what is no table of records: names become part of SQL."""
    if table not in REGISTRY:
        raise _unknown_names()


def _places_of_known(page: Page) -> list[int]:
    """Which columns of a page this version declares, by their places: names become part of SQL.

    A plain name that it does not declare is of the next version and passed over; the server keeps what it holds, and
    this replica fetches it once it declares it, too. Anything else is Damaged.
    """
    require_declared(page.table)
    known, columns = set(columns_of(REGISTRY[page.table])), page.columns
    if not {"id", "k"} <= set(columns) or LOCAL_ID in columns or not all(map(str.isidentifier, columns)):
        raise _unknown_names()
    return [at for at, name in enumerate(columns) if name in known]


def _picked(row: Sequence[Any], places: Sequence[int]) -> tuple[Any, ...]:
    return tuple(row[at] for at in places)


def _unknown_names() -> Damaged:
    return Damaged(
        _("The server sent records that this version of the program does not know. Update it, or tell support.")
    )


def empty(connection: Connection, *tables: str) -> None:
    """Take every row of some tables out of this replica; its log stays."""
    for table in tables:
        require_declared(table)
    with rows.gate_open(connection):
        for table in sorted(with_rows(connection, tables)):
            connection.execute(text(f'DELETE FROM "{table}"'))
    for forget in _FORGET:
        connection.execute(forget, {"tables": tables})
    for index in local_indexes(connection):
        if index.leading in tables:
            index.clear(connection)


def with_rows(connection: Connection, tables: Collection[str]) -> frozenset[str]:
    """Those of these tables that have any row."""
    asked = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in sorted(tables)]
    return frozenset(connection.execute(text(" UNION ALL ".join(asked))).scalars()) if asked else frozenset()


def pointed_at(connection: Connection, tables: Collection[str]) -> frozenset[str]:
    """Those of these tables that rows of others point at, by each other too: such rows are only appended here."""
    found: frozenset[str] = frozenset()
    more = with_rows(connection, REGISTRY.keys() - set(tables))
    while more:
        more = frozenset(parent for name in more for parent in REGISTRY[name].refs.values()) & set(tables) - found
        found |= more
    return found


def pointing_at(parents: Collection[str], tables: Collection[str]) -> frozenset[str]:
    """Those of these tables whose rows point at rows of the `parents`, by each other too."""
    found, known = frozenset(parents), REGISTRY.keys() & set(tables)
    while more := {name for name in known - found if found & {*REGISTRY[name].refs.values()}}:
        found |= more
    return found - {*parents}


def pages_here(connection: Connection, snapshot: bytes) -> dict[str, int]:
    """How many pages of each table this replica already has of a snapshot."""
    done = meta_value(connection, PROGRESS, {})
    return dict(done.get("pages", {})) if done.get("id") == snapshot else {}


def finish(
    connection: Connection,
    manifest: Manifest,
    server: UUID,
    own_author: int,
    granted: frozenset[str],
    now_ms: int,
    believe: Believe | None = None,
) -> None:
    """Close a fill: chains, cursors and bounds as of the snapshot, then this device's own unsent work over it."""
    tables = frozenset(part.table for part in manifest.parts)
    vectors = Vectors(connection)
    followed = cursors(connection, server)
    taken = [] if followed else _unknown(manifest, vectors)
    for end in taken:
        vectors.advance(end.author, end.number, end.stamp, end.root)
    for end in manifest.chains:
        vectors.learn_clock(end.stamp, now_ms)
    vectors.write()
    if taken:
        set_meta(connection, chain.FILLED, {str(end.author): [end.number, end.root] for end in taken})
    reach = {end.author: end.stamp for end in manifest.chains}
    for table in tables:
        vectors.fill(table, reach)
    vectors.fill_held_back(tables, reach)
    for entry in manifest.waiting:
        Applier(connection, granted, now_ms, believe).keep(entry)
    waiting = {entry.stamp for entry in manifest.waiting}
    for stamp, table, why in manifest.held:
        if why in (REFUSED, PARTS) or stamp in waiting:
            vectors.hold(stamp, {table}, why)
    for stamp, ms in manifest.bounds:
        connection.execute(
            text("INSERT INTO own_time_bound (stamp, ms) VALUES (:s, :m) ON CONFLICT DO NOTHING"), {"s": stamp, "m": ms}
        )
    if "refusal" in tables:
        note_refusals(connection, vectors, tables)
    _merge_log(connection, own_author, tables, reach, granted, now_ms)
    for index in local_indexes(connection):
        if index.leading in tables:
            index.complete(connection)
        elif index.tables & tables:
            index.rebuild(connection)
    # A table that was filled anew goes on from where it was: else what came between would be missing in the chains.
    set_cursors(connection, server, tables - followed.keys(), manifest.position)
    _index_again(connection, meta_value(connection, BARE, []))
    set_meta(connection, PROGRESS, {})
    known = meta_value(connection, FILLED_COLUMNS, {})
    set_meta(connection, FILLED_COLUMNS, {**known, **{table: columns_of(REGISTRY[table]) for table in tables}})


def declared_since(connection: Connection) -> frozenset[str]:
    """Filled tables of which this version declares more columns than the one that filled them: they come anew."""
    filled = meta_value(connection, FILLED_COLUMNS, {})
    return frozenset(
        table
        for table, columns in filled.items()
        if table in REGISTRY and set(columns_of(REGISTRY[table])) - {*columns}
    )


def _unknown(manifest: Manifest, vectors: Vectors) -> list[ChainAt]:
    """Chains of the first fill that begin where it ends; work that was done here before it has its chain already."""
    return [end for end in manifest.chains if not vectors.chain(end.author).number]


def _merge_log(
    connection: Connection,
    own: int,
    tables: frozenset[str],
    reach: dict[int, int],
    granted: frozenset[str],
    now_ms: int,
) -> None:
    """Merge over the snapshot what this log knows beyond it: own unsent work, and what came by another road."""
    beyond = [author for author, end in Vectors(connection).chains().items() if end.stamp > reach.get(author, 0)]
    if not set(beyond) <= {own}:
        _merge_in_turn(connection, beyond, tables, reach, granted, now_ms)
        return
    log = ledger.change_log
    mine = select(log).where(log.c.author == own, log.c.stamp > reach.get(own, 0), log.c.state == ledger.APPLIED)
    applier = Applier(connection, granted & tables, now_ms)
    for row in connection.execute(mine.order_by(log.c.number)).all():
        applier.write_again(entry_of(row))
    applier.finish()


def _merge_in_turn(
    connection: Connection,
    authors: Sequence[int],
    tables: frozenset[str],
    reach: dict[int, int],
    granted: frozenset[str],
    now_ms: int,
) -> None:
    """Several authors' work waits and is merged as what it needs is there: one may have replaced what another wrote."""
    log, vectors = ledger.change_log, Vectors(connection)
    for author in authors:
        beyond = select(log).where(
            log.c.author == author, log.c.stamp > reach.get(author, 0), log.c.number <= vectors.chain(author).number,
            log.c.state.in_((ledger.APPLIED, ledger.WAITING)),
        )  # fmt: skip
        for row in connection.execute(beyond).all():
            entry = entry_of(row)
            leaves = readable_leaves(entry.leaves) if isinstance(entry, ChangeSet) else []
            vectors.hold(row.stamp, {leaf.table for leaf in leaves} & tables & granted, AGAIN)
    Applier(connection, granted, now_ms).finish()


def progress_of(connection: Connection) -> dict[str, Any]:
    """What is known of a fill under way, for the screen."""
    return dict(meta_value(connection, PROGRESS, {}))
