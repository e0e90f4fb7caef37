# SPDX-License-Identifier: Apache-2.0
"""A server that does nothing: it reads what comes over the server's own TLS and answers as many bytes as asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync_server.home import CERTIFICATE_FILE, KEY_FILE

ANSWER = "x-bytes"
"""How many bytes the answer is to have."""


async def answer(request: Request) -> Response:
    """Read all, answer so much."""
    async for _part in request.stream():
        pass
    return Response(bytes(int(request.headers[ANSWER])))


class _Server(uvicorn.Server):
    async def startup(self, sockets: Any = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        sys.stdout.write("listening\n")
        sys.stdout.flush()


def main(folder: Path, port: int) -> None:
    """Serve with the certificate of this server's folder until killed."""
    app = Starlette(routes=[Route("/{any:path}", answer, methods=["POST"])])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, http="h11", ws="none", log_config=None, access_log=False,
        ssl_certfile=str(folder / CERTIFICATE_FILE), ssl_keyfile=str(folder / KEY_FILE),
    )  # fmt: skip
    _Server(config).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
