"""Signing in at a provider (OpenID Connect): the only module that knows Authlib. Code flow with PKCE, state and nonce."""

from __future__ import annotations

import hmac
import logging
import warnings
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from joserfc.errors import JoseError

from settings import OidcSettings, Settings
from store.sessions import SignIn

_log = logging.getLogger(__name__)

SCOPE = "openid email profile"
TIMEOUT = 10.0
"""Seconds that the provider gets for an answer."""


class NotSignedIn(Exception):
    """The provider does not say, or not credibly, who it is. The text is for whoever tried."""


class ProviderAway(Exception):
    """The provider does not answer as one."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the browser is sent, and what its answer has to fit."""

    url: str
    under_way: SignIn


class Provider:
    def __init__(self, settings: OidcSettings, answer_to: str) -> None:
        with (
            warnings.catch_warnings()
        ):  # it tells whoever starts the server which of two HTTP libraries it would rather have
            warnings.simplefilter("ignore")
            from authlib.integrations.starlette_client import OAuth
        self._answer_to = answer_to
        self._app: Any = OAuth().register(
            name="provider",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", "timeout": TIMEOUT},
        )
        self._issuer = settings.issuer.rstrip("/")

    async def begin(self) -> Sent:
        """Raises ProviderAway."""
        try:
            made = await self._app.create_authorization_url(self._answer_to)
        except (httpx.HTTPError, AuthlibBaseError, RuntimeError, ValueError) as error:
            raise self._away(error) from None
        return Sent(made["url"], SignIn(made["state"], made["nonce"], made["code_verifier"]))

    async def email_of(self, under_way: SignIn, state: str, code: str) -> str:
        """The address of whoever has signed in. Raises NotSignedIn, ProviderAway."""
        if not hmac.compare_digest(state.encode(errors="replace"), under_way.state.encode()):
            raise NotSignedIn("the answer is not of the sign-in that this browser began")
        try:
            token = await self._app.fetch_access_token(
                redirect_uri=self._answer_to, code=code, code_verifier=under_way.verifier, state=state
            )
            claims = await self._app.parse_id_token(token, nonce=under_way.nonce)
        except (AuthlibBaseError, JoseError) as error:
            _log.warning("a sign-in was not credible: %s", type(error).__name__)
            raise NotSignedIn("the provider does not confirm this sign-in") from None
        except (httpx.HTTPError, RuntimeError, ValueError, KeyError) as error:
            raise self._away(error) from None
        if claims is None or str(claims.get("iss", "")).rstrip("/") != self._issuer:
            raise NotSignedIn("the provider does not say who has signed in")
        email = claims.get("email")
        if not isinstance(email, str) or not email:
            raise NotSignedIn("the provider does not tell the mail address")
        if claims.get("email_verified") is False:
            raise NotSignedIn("the provider has not verified the mail address")
        return email

    def _away(self, error: Exception) -> ProviderAway:
        """By its kind: the text of it may hold the code, or the secret."""
        _log.warning("the provider of sign-ins does not answer as one: %s", type(error).__name__)
        return ProviderAway("the provider does not answer")


def provider_of(settings: Settings) -> Provider | None:
    """The one that is set up; None where people sign in with tokens."""
    if settings.oidc is None:
        return None
    return Provider(settings.oidc, f"{settings.public_url}/sign-in/answer")
