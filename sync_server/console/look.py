# SPDX-License-Identifier: Apache-2.0
"""How pages are drawn: templates, the tokens of resources/theme as style variables, icons and fonts from resources."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography import x509
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from hms_desktop.core.errors import NotFound
from hms_desktop.core.text import _, ngettext
from hms_desktop.core.version import program_version
from sync_server.console.guard import dressed
from sync_server.console.sessions import form_token
from sync_server.home import CERTIFICATE_FILE, Home

HERE = Path(__file__).resolve().parent
RESOURCES = HERE.parents[1] / "resources"
FONTS = ("Inter_400Regular.ttf", "Inter_500Medium.ttf", "Inter_600SemiBold.ttf", "JetBrainsMono_400Regular.ttf")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".ttf": "font/ttf",
    ".svg": "image/svg+xml",
}
BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip
_DIGEST = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24,}\b")
THEMES = {
    "light": "",
    "dark": "(prefers-color-scheme: dark)",
    "high-contrast": "(prefers-contrast: more)",
}


class Look:
    """The pages of one server."""

    def __init__(self, home: Home) -> None:
        self._zone = ZoneInfo(home.facts.zone)
        self._clock = home.store.clock
        environment = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        environment.globals.update(
            _=_, ngettext=ngettext, icon=icon, clinic=home.facts.clinic_name, training=home.facts.training,
            version=program_version(), asset=asset_address, menu=menu(), form_token=form_token,
            certificate=_certificate(home),
        )  # fmt: skip
        self.certificate_ends = _certificate(home)
        environment.filters.update(
            when=self.when, short=self.short, day=self.day, ago=self.ago, count=grouped, size=size, brief=brief,
            initials=initials, browser=browser_words,
        )  # fmt: skip
        self._environment = environment

    def page(self, template: str, **values: Any) -> str:
        """A template with these values, everything in them escaped."""
        return self._environment.get_template(template).render(now=self.now(), **values)

    def static(self, name: str) -> Response:
        """A style, script or font; NotFound for anything else."""
        files = _files()
        if name not in files:
            raise NotFound(_("There is nothing here."))
        content = files[name]
        kept = {"Cache-Control": "public, max-age=31536000, immutable"}
        return dressed(Response(content, media_type=TYPES[Path(name).suffix], headers=kept))

    def now(self) -> datetime:
        """This moment, by the server's clock."""
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)

    def local(self, moment: datetime) -> datetime:
        """A moment in the clinic's time zone."""
        return moment.astimezone(self._zone)

    def when(self, moment: datetime | None) -> str:
        """A moment in the clinic's time: the hour when it is today, the day and the hour otherwise."""
        if moment is None:
            return ""
        here, today = moment.astimezone(self._zone), self.now().astimezone(self._zone).date()
        return f"{here:%H:%M}" if here.date() == today else f"{here:%d-%b-%Y %H:%M}"

    def short(self, moment: datetime | None) -> str:
        """A moment for a narrow column: the hour when it is today, the day otherwise."""
        if moment is None:
            return ""
        here, today = moment.astimezone(self._zone), self.now().astimezone(self._zone).date()
        if here.date() == today:
            return f"{here:%H:%M}"
        return f"{here:%d-%b}" if here.year == today.year else f"{here:%d-%b-%Y}"

    def day(self, moment: datetime | None) -> str:
        """A day in the clinic's time."""
        return f"{moment.astimezone(self._zone):%d-%b-%Y}" if moment else ""

    def ago(self, moment: datetime | None) -> str:
        """How long ago, in the units of a clock: 50 s, 12 min, 4 h 12, 3 days."""
        return span(self.now() - moment) if moment else ""


def menu() -> list[tuple[str, str, str, str]]:
    """The places of the console: path, icon, word, and the right that its page needs."""
    return [
        ("overview", "squares-four", _("Overview"), ""),
        ("devices", "desktop", _("Devices"), "device.manage"),
        ("sync", "arrows-clockwise", _("Sync"), ""),
        ("conflicts", "git-merge", _("Conflicts"), ""),
        ("quarantine", "hand", _("Quarantine"), "device.manage"),
        ("people", "users", _("People and roles"), "people.manage"),
        ("requests", "list-checks", _("Requests"), ""),
        ("audit", "shield-check", _("Audit log"), "device.manage"),
        ("backups", "database", _("Backups"), "device.manage"),
        ("settings", "gear", _("Settings"), ""),
    ]


def span(time: timedelta) -> str:
    """A length of time in words."""
    seconds = max(0, int(time.total_seconds()))
    if seconds < 60:
        return _("{n} s").format(n=seconds)
    if seconds < 3600:
        return _("{n} min").format(n=seconds // 60)
    if seconds < 48 * 3600:
        return _("{hours} h {minutes:02}").format(hours=seconds // 3600, minutes=seconds // 60 % 60)
    return _("{n} days").format(n=seconds // 86_400)


def grouped(number: int) -> str:
    """A number with commas in its thousands."""
    return f"{number:,}"


def size(octets: int) -> str:
    """Bytes as kB, MB or GB."""
    for unit, step in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if octets >= step:
            return f"{octets / step:.0f} {unit}"
    return f"{octets} B"


def brief(words: str) -> str:
    """Words of which a digest shows only how it begins."""
    return _DIGEST.sub(r"\1…", words)


def initials(name: str) -> str:
    """The first letters of the first and the last part of a name."""
    parts = name.split()
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()


def browser_words(agent: str) -> str:
    """What a browser calls itself, in two words; as it stands when it is none that is known."""
    browser = next((words for sign, words in BROWSERS if sign in agent), "")
    system = next((words for sign, words in SYSTEMS if sign in agent), "")
    return " · ".join(filter(None, (browser, system))) or agent


@cache
def icon(name: str) -> Markup:
    """A shape of resources/icons that tells nothing beyond the word beside it."""
    drawn = (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    return Markup(drawn.replace("<svg ", '<svg class="icon" aria-hidden="true" focusable="false" ', 1))


@cache
def _files() -> Mapping[str, bytes]:
    """What may be fetched without signing in: nothing of it is the clinic's."""
    named = {path.name: path.read_bytes() for path in (HERE / "static").iterdir()}
    named["tokens.css"] = token_styles().encode()
    named |= {name: (RESOURCES / "fonts" / name).read_bytes() for name in FONTS}
    return {_stamped(name, content): content for name, content in named.items()} | {name: named[name] for name in FONTS}


def _stamped(name: str, content: bytes) -> str:
    stem, dot, ending = name.rpartition(".")
    return f"{stem}-{hashlib.sha256(content).hexdigest()[:10]}{dot}{ending}"


@cache
def asset_address(name: str) -> str:
    """The address of a style or script, which changes with its content."""
    stem, _dot, ending = name.rpartition(".")
    return next(f"static/{known}" for known in _files() if known.startswith(f"{stem}-") and known.endswith(ending))


def token_styles() -> str:
    """The colours of every theme as style variables; the browser's own wish chooses."""
    themes = json.loads((RESOURCES / "theme" / "tokens.json").read_text(encoding="utf-8"))["themes"]
    parts = []
    for name, wish in THEMES.items():
        rules = "".join(f"--{key}:{value};" for key, value in _flat(themes[name]))
        scheme = "light" if name == "light" else "dark"
        block = f":root{{color-scheme:{scheme};{rules}}}"
        parts.append(f"@media {wish}{{{block}}}" if wish else block)
    return "\n".join(parts) + "\n"


def _flat(branch: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in branch.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}-")
        elif isinstance(value, list):
            yield from ((f"{before}{key}-{n}", one) for n, one in enumerate(value))
        else:
            yield f"{before}{key}", value


def _certificate(home: Home) -> datetime | None:
    """Until when the server's certificate holds; None when it can't be read, which serving says in its own words."""
    try:
        return x509.load_pem_x509_certificates((home.folder / CERTIFICATE_FILE).read_bytes())[0].not_valid_after_utc
    except (OSError, ValueError):
        return None
