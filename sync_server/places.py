# SPDX-License-Identifier: Apache-2.0
"""Where a server's records lie: in the encrypted file of its folder, or in PostgreSQL on an encrypted volume."""

from __future__ import annotations

from hms_desktop.core.errors import BadInput, Unavailable
from hms_desktop.storage.database import Database, ways

VOLUME = "database.volume"
"""The word in the chain that an administrator said at `init`: the database lies on an encrypted volume."""
UNSAID = (
    "PostgreSQL does not encrypt what it keeps: its files must lie on an encrypted volume (LUKS or the like). Say "
    "--encrypted-volume when they do; that you said so is written down. Nothing was made."
)


def place_of(url: str) -> Database | None:
    """The database of this address; None for the encrypted file. Unavailable where the program lacks the driver."""
    if not url:
        return None
    try:
        from hms_desktop.storage.postgres import PostgresDatabase
    except ImportError as error:
        raise Unavailable("The driver of PostgreSQL is not installed: pip install 'hms[postgresql]'.") from error
    return PostgresDatabase(url)


def must_be_free(place: Database | None, encrypted_volume: bool) -> None:
    """Raise unless a new server's rows may come here: an empty database, on a volume that is said to be encrypted."""
    if place is None:
        return
    if not encrypted_volume:
        raise BadInput(UNSAID, "database")
    place.check()
    engine = place.readers()
    try:
        with engine.connect() as connection:
            if ways(connection).version(connection):
                raise BadInput(
                    "This database holds a server already. Make an empty one for the new server.", "database"
                )
    finally:
        engine.dispose()
