# SPDX-License-Identifier: Apache-2.0
"""Looks at the served console with other people's scanners, on loopback: `.venv/bin/python -m tests.scan`.

sslyze looks at the line; wapiti, signed in as an administrator, goes through every page and tries to break in by each
address and form. Exits 1 if either finds something. Both lie in environments of their own below `build/`: they are only
started, as their licences are none that a part of this program may have.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from pathlib import Path
from shutil import copyfile

from installer.pin import requirements_file
from sync_server.console.sessions import COOKIE
from tests.server.console.scene import PAGES, Hand, Scene

SCANNERS = Path(__file__).resolve().parent.parent / "build" / "scanners"
KNOWN = {
    "maximum_certificate_lifespan": "the clinic has its own authority, and a server without a line can't renew often",
    "tls_curves": "X448 and P-521 are on offer beside what is asked for, and are stronger",
}
"""What sslyze has against the line by Mozilla's “modern”, and why it stays."""
MODULES = (
    "backup", "cookieflags", "crlf", "csp", "exec", "file", "htaccess", "http_headers", "methods", "permanentxss",
    "redirect", "sql", "ssl", "timesql", "upload", "xss", "xxe",
)  # fmt: skip
"""What wapiti tries: all that asks nobody else and could be here (there is no LDAP; and it knows the tokens of forms
by other programs' names: ours is tested in tests/server/console)."""


def installed(tool: str) -> Path:
    """The folder of a scanner's programs, fetched the first time."""
    place, pins = SCANNERS / tool, requirements_file(tool)
    programs, whole = place / "bin", place / "whole"
    if not whole.exists() or whole.read_text(encoding="utf-8") != pins.read_text(encoding="utf-8"):
        venv.create(place, with_pip=True, clear=True)
        install = [programs / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", pins]
        subprocess.run(install, check=True)
        copyfile(pins, whole)
    return programs


def against_the_line(folder: Path, scene: Scene) -> list[str]:
    """What sslyze has against the TLS of the server."""
    (folder / "ca.pem").write_bytes(scene.home.authority)
    words = ["--mozilla_config=modern", f"--certinfo_ca_file={folder / 'ca.pem'}", f"127.0.0.1:{scene.server.port}"]
    done = subprocess.run([installed("sslyze") / "sslyze", *words], capture_output=True, text=True)
    if "SCANS COMPLETED" not in done.stdout:
        return [f"sslyze did not run: {done.stderr[-500:]}"]
    found = re.findall(r"^\s+\* (\w+): (.+)$", done.stdout.partition("COMPLIANCE AGAINST")[2], re.MULTILINE)
    for name, _words in found:
        if name in KNOWN:
            print(f"sslyze: {name} is known: {KNOWN[name]}")
    return [f"sslyze: {name}: {words}" for name, words in found if name not in KNOWN]


def against_the_pages(folder: Path, scene: Scene, seconds: int) -> list[str]:
    """What wapiti finds behind the sign-in."""
    at = f"https://127.0.0.1:{scene.server.port}"
    headers = (f"Cookie: {COOKIE}={Hand(scene, 'anele').session}", f"Origin: {at}", "Sec-Fetch-Site: same-origin")
    words = ["-u", f"{at}/console/overview", "--scope", "domain", "-x", f"{at}/console/sign-out", "--verify-ssl", "0"]
    words += [word for page in PAGES for word in ("-s", f"{at}/console/{page}")]
    words += [word for header in headers for word in ("-H", header)]
    words += ["-m", ",".join(MODULES), "--max-attack-time", str(seconds), "--tasks", "4", "--no-bugreport"]
    words += [
        "--store-session",
        str(folder),
        "--store-config",
        str(folder),
        "-f",
        "json",
        "-o",
        str(folder / "out.json"),
    ]
    done = subprocess.run([installed("wapiti") / "wapiti", *words], capture_output=True, text=True)
    try:
        report = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    except OSError:
        return [f"wapiti did not run: {(done.stdout + done.stderr)[-500:]}"]
    answered = _answers(folder)
    print(f"wapiti went through {report['infos']['crawled_pages_nbr']} addresses and forms; answers: {answered}")
    if report["infos"]["crawled_pages_nbr"] < len(PAGES):
        return ["wapiti did not get in"]
    kinds = {**report["vulnerabilities"], **report["anomalies"]}
    return [f"wapiti: {kind}: {one['method']} {one['path']}: {one['info']}" for kind in kinds for one in kinds[kind]]


def _answers(folder: Path) -> dict[int, int]:
    """How often each status was answered, as wapiti kept it."""
    kept = sqlite3.connect(next(folder.glob("*.db")))
    return dict(Counter(status for (status,) in kept.execute("select status_code from responses")))


def main() -> int:
    """1 if a scanner finds something."""
    wanted = argparse.ArgumentParser(prog="python -m tests.scan", description=__doc__)
    wanted.add_argument("--seconds", type=int, default=120, help="at most so many for each of wapiti's modules")
    seconds = wanted.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="hms scan ") as place:
        folder = Path(place)
        scene = Scene(folder)
        try:
            found = [*against_the_line(folder, scene), *against_the_pages(folder, scene, seconds)]
        finally:
            scene.close()
    print("\n".join(found) or "sslyze and wapiti found nothing")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
