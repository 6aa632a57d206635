"""People sign in with a browser: with a token, or at a provider, which is a real one on a socket here."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from oidc_provider_mock import User, run_server_in_thread

from engine.access import CallerRole
from settings import OidcSettings
from store import audit, credentials
from store.pool import Pool
from tests.store.sales import ROSTER, staff
from tests.web.at_the_door import HOST, PARTNERS, browser, house_of, token_for
from web.house import House
from web.pace import Pace

SECRET = "client-secret-geheim"


@pytest_asyncio.fixture(scope="module")
async def house(pool: Pool) -> House:
    await staff(pool)
    await staff(pool, PARTNERS)
    return await house_of(pool)


def csrf_of(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


async def sign_in(client: httpx.AsyncClient, token: str, **more: str) -> httpx.Response:
    page = await client.get("/sign-in")
    return await client.post("/sign-in", data={"csrf": csrf_of(page), "token": token}, **more)  # type: ignore[arg-type]


# --- with a token ----------------------------------------------------------------------------------------------------


async def test_a_token_becomes_a_session_that_ends(pool: Pool, house: House) -> None:
    """Section 4: sign-in by local token; the cookie is no token, no script reads it, and signing out ends it at once."""
    token = await token_for(pool, CallerRole.SELLER, "her")
    async with browser(house) as client:
        assert (await client.get("/me")).status_code == 401
        signed_in = await sign_in(client, token)
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/sign-in")
        (set_cookie,) = [line for line in signed_in.headers.get_list("set-cookie") if line.startswith("leadflow=")]
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(re.split("; ", set_cookie)) and "Max-Age" in set_cookie
        cookie = client.cookies["leadflow"]
        assert token not in set_cookie and cookie not in signed_in.text
        mine = (await client.get("/me")).json()
        assert (mine["name"], mine["role"], mine["person"]) == ("her", "seller", "ann")
        page = await client.get("/sign-in")
        assert "signed in as her (seller)" in page.text
        assert (await client.post("/sign-out", data={"csrf": "wrong"})).status_code == 403
        assert (await client.post("/sign-out", data={"csrf": csrf_of(page)})).status_code == 303
        client.cookies.set("leadflow", cookie)
        assert (await client.get("/me")).status_code == 401
    async with pool.acquire() as conn:
        assert cookie not in str(await conn.fetch("select session::text from session"))
        (entry,) = await audit.entries(conn, who="her")
        assert (entry.who, entry.what, entry.origin) == ("her", "sign_in", "POST /sign-in from 192.0.2.1")


async def test_a_session_ends_with_its_token_and_with_its_time(pool: Pool, house: House) -> None:
    """Section 4: expiring and revocable; each sign-in is a session of its own and ends the one before."""
    token = await token_for(pool, CallerRole.ADMIN, "root")
    async with browser(house) as client:
        await sign_in(client, token)
        first = client.cookies["leadflow"]
        client.cookies.clear()
        client.cookies.set("leadflow", first, domain=HOST)
        page = await client.get("/sign-in")  # signed in already: there is no form, but one may have been left open
        assert "signed in" in page.text
        client.cookies.clear()
        page = await client.get("/sign-in")
        client.cookies.set("leadflow", first, domain=HOST)
        again = await client.post("/sign-in", data={"csrf": csrf_of(page), "token": token})
        assert again.status_code == 303
        second = client.cookies.get("leadflow", domain=f"{HOST}") or client.cookies["leadflow"]
        assert second != first
        async with pool.acquire() as conn:
            ended = [
                row["ended"]
                for row in await conn.fetch(
                    "select ended_at is not null as ended from session"
                    " where credential = (select id from credential where name = 'root') order by begun_at"
                )
            ]
            assert ended == [True, False]
            await conn.execute("update session set expires_at = now() where ended_at is null")
        assert (await client.get("/me")).status_code == 401
        client.cookies.clear()
        await sign_in(client, token)
        assert (await client.get("/me")).status_code == 200
        async with pool.acquire() as conn:
            await credentials.revoke(conn, "root", by="test")
        assert (await client.get("/me")).status_code == 401


async def test_a_change_needs_a_page_of_ours(pool: Pool, house: House) -> None:
    """Section 4: CSRF: a cookie alone changes nothing, nor does a page of another site; a bearer token needs neither."""
    token = await token_for(pool, CallerRole.ADMIN)
    async with browser(house) as client:
        await sign_in(client, token)
        csrf = (await client.get("/me")).json()["csrf"]
        tries = {
            "nothing": {},
            "another's": {"X-CSRF-Token": "x" * 43},
            "no text": {"X-CSRF-Token": "\u00e9".encode("latin-1").decode("latin-1")},
            "another site": {"X-CSRF-Token": csrf, "Origin": "https://evil.example"},
            "another port": {"X-CSRF-Token": csrf, "Origin": f"http://{HOST}:81"},
            "no site": {"X-CSRF-Token": csrf, "Origin": "null"},
            "sent across": {"X-CSRF-Token": csrf, "Sec-Fetch-Site": "cross-site"},
        }
        for name, headers in tries.items():
            sent = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
            answer = await client.post("/leads", json={}, headers=sent)
            assert (answer.status_code, answer.json()["code"]) == (403, "CSRF"), name
        ours = await client.post("/leads", json={}, headers={"X-CSRF-Token": csrf, "Origin": f"http://{HOST}"})
        assert ours.status_code == 422
    async with browser(house, token=token) as program:
        assert (await program.post("/leads", json={})).status_code == 422
        assert (await program.get("/me")).json()["csrf"] is None


async def test_nobody_is_signed_in_by_somebody_elses_page(pool: Pool, house: House) -> None:
    """Section 4: CSRF on the sign-in itself: without the form of this browser a token does nothing."""
    token = await token_for(pool, CallerRole.ADMIN)
    async with browser(house) as client, browser(house) as other:
        theirs = csrf_of(await other.get("/sign-in"))
        for data in ({"token": token}, {"token": token, "csrf": theirs}, {"token": token, "csrf": ""}):
            answer = await client.post("/sign-in", data=data)
            assert answer.status_code == 403 and "set-cookie" not in answer.headers
        refused = await sign_in(client, token, headers={"Origin": "https://evil.example"})  # type: ignore[arg-type]
        assert refused.status_code == 403


async def test_guessing_is_slow_and_says_nothing(pool: Pool, house: House) -> None:
    """Section 4: failed sign-ins are limited; what was typed is not shown again."""
    strict = await house_of(pool, Pace(failures=2))
    async with browser(strict) as client:
        answers = [await sign_in(client, f"lf_<b>{number}</b>") for number in range(4)]
        assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
        assert "unknown" in answers[0].text and "<b>" not in answers[0].text
        assert answers[2].headers["retry-after"] >= "1"


async def test_under_tls_cookies_go_nowhere_else(pool: Pool, house: House) -> None:
    """Section 4: Secure, and bound to this host."""
    token = await token_for(pool, CallerRole.ADMIN)
    async with browser(await house_of(pool, reached_at=f"https://{HOST}")) as client:
        signed_in = await sign_in(client, token)
        lines = [line for line in signed_in.headers.get_list("set-cookie") if "Max-Age=0" not in line]
        assert lines and all(line.startswith("__Host-leadflow=") and "Secure" in line for line in lines)
        assert (await client.get("/me")).status_code == 200


async def test_the_page_loads_nothing_and_runs_nothing(house: House) -> None:
    """Section 4: no external host, no script, in no frame."""
    async with browser(house) as client:
        page = await client.get("/sign-in")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "script-src" not in policy
    assert not re.search(r"https?://|<script|javascript:|\bon\w+=", page.text)
    assert page.headers["x-frame-options"] == "DENY" and page.headers["cache-control"] == "no-store"


# --- at a provider ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    people = [
        User(sub="hanna", claims={"email": "LEE@desk.example", "email_verified": True}),
        User(sub="pia", claims={"email": "pia@partner.example"}),
        User(sub="stranger", claims={"email": "stranger@desk.example"}),
        User(sub="unverified", claims={"email": "ann@desk.example", "email_verified": False}),
        User(sub="nameless", claims={}),
    ]
    with run_server_in_thread(require_nonce=True, user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest_asyncio.fixture
async def with_provider(pool: Pool, house: House, issuer: str) -> House:
    return await house_of(pool, oidc=OidcSettings(issuer, "leadflow", SECRET))


async def sent_to(client: httpx.AsyncClient) -> str:
    answer = await client.get("/sign-in/provider")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def answered(address: str, sub: str) -> str:
    """What the provider sends the browser back with, once somebody has signed in there."""
    async with httpx.AsyncClient() as elsewhere:
        page = await elsewhere.post(address, data={"sub": sub})
    assert page.status_code == 302, page.text
    back = urlsplit(page.headers["location"])
    assert (back.netloc, back.path) == (HOST, "/sign-in/answer")
    return f"{back.path}?{back.query}"


async def test_somebody_of_the_roster_signs_in_at_the_provider(pool: Pool, with_provider: House) -> None:
    """Section 4: OIDC: the address leads to the person, the roster says what they may; the code goes with PKCE, state and nonce."""
    async with browser(with_provider) as client:
        assert "/sign-in/provider" in (await client.get("/sign-in")).text
        address = await sent_to(client)
        asked = parse_qs(urlsplit(address).query)
        assert asked["code_challenge_method"] == ["S256"] and asked["response_type"] == ["code"]
        assert all(len(asked[name][0]) >= 20 for name in ("code_challenge", "state", "nonce"))
        assert SECRET not in address
        back = await client.get(await answered(address, "hanna"))
        assert back.status_code == 303, back.text
        mine = (await client.get("/me")).json()
        assert (mine["person"], mine["role"], mine["teams"]) == ("lee", "team_leader", ["sales"])
        assert mine["csrf"]
    async with browser(with_provider) as client:
        await client.get(await answered(await sent_to(client), "pia"))
        assert (await client.get("/me")).json()["role"] == "partner"
    await staff(pool, "\n".join(line for line in PARTNERS.splitlines() if "pia" not in line) + "\n  x: {name: X}\n")
    async with browser(with_provider) as client:
        refused = await client.get(await answered(await sent_to(client), "pia"))
        assert refused.status_code == 403


@pytest.mark.parametrize("sub", ["stranger", "unverified", "nameless"])
async def test_whom_the_roster_does_not_know_is_nobody(with_provider: House, sub: str) -> None:
    """Section 4: unknown people are refused, with words, and without a session."""
    async with browser(with_provider) as client:
        refused = await client.get(await answered(await sent_to(client), sub))
        assert refused.status_code == 403 and 'role="alert"' in refused.text
        assert "leadflow" not in client.cookies
        assert (await client.get("/me")).status_code == 401


async def test_an_answer_counts_once_in_its_own_browser_and_in_time(pool: Pool, with_provider: House) -> None:
    """Section 4: neither replayed, nor brought by somebody else, nor made up."""
    began = await pool.fetchval("select now()")
    async with browser(with_provider) as client, browser(with_provider) as other:
        back = await answered(await sent_to(client), "hanna")
        assert (await other.get(back)).status_code == 400  # it has begun nothing
        await sent_to(other)
        assert (await other.get(back)).status_code == 403  # it has begun another one
        assert (await client.get(back)).status_code == 303
        client.cookies.delete("leadflow")
        assert (await client.get(back)).status_code == 400
        late = await answered(await sent_to(client), "hanna")
        async with pool.acquire() as conn:
            await conn.execute("update sign_in set expires_at = now() - $1::interval", timedelta(seconds=1))
        assert (await client.get(late)).status_code == 400
        made_up = re.sub("code=[^&]+", "code=guessed", await answered(await sent_to(client), "hanna"))
        assert (await client.get(made_up)).status_code == 403
        async with pool.acquire() as conn:
            assert await conn.fetchval("select count(*) from session where by = 'oidc' and begun_at > $1", began) == 1


async def test_the_provider_is_told_of_the_verifier_and_another_nonce_is_not_believed(
    pool: Pool, with_provider: House
) -> None:
    """Section 4: PKCE: the code is worth nothing to whoever overhears it; nonce: nor is an identity from another sign-in."""
    async with browser(with_provider) as client:
        address = await sent_to(client)
        async with pool.acquire() as conn:
            verifier = await conn.fetchval("select verifier from sign_in order by expires_at desc limit 1")
            await conn.execute("update sign_in set nonce = 'x' || nonce")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        assert parse_qs(urlsplit(address).query)["code_challenge"] == [challenge]
        assert (await client.get(await answered(address, "hanna"))).status_code == 403


async def test_a_provider_that_is_away_is_told_without_its_secret(
    pool: Pool, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Section 4: no secret in logs or errors."""
    caplog.set_level(logging.DEBUG)
    nowhere = await house_of(pool, oidc=OidcSettings("http://127.0.0.1:9", "leadflow", SECRET))
    async with browser(nowhere) as client:
        answer = await client.get("/sign-in/provider")
    assert answer.status_code == 503 and "does not answer" in answer.text
    assert SECRET not in caplog.text and SECRET not in answer.text and SECRET not in repr(nowhere)


async def test_where_a_provider_is_set_up_tokens_are_for_programs(pool: Pool, with_provider: House) -> None:
    """Section 4: sign-in for people by OIDC when configured, by local token otherwise."""
    token = await token_for(pool, CallerRole.SELLER)
    async with browser(with_provider) as client:
        page = await client.get("/sign-in")
        assert 'name="token"' not in page.text
        assert (await client.post("/sign-in", data={"token": token})).status_code == 403
    async with browser(with_provider, token=token) as program:
        assert (await program.get("/me")).status_code == 200


async def test_nothing_of_a_sign_in_is_logged(with_provider: House, caplog: pytest.LogCaptureFixture) -> None:
    """Section 4: neither the code nor the cookie nor the secret nor the address of the person."""
    caplog.set_level(logging.INFO)
    async with browser(with_provider) as client:
        back = await answered(await sent_to(client), "hanna")
        await client.get(back)
        secrets = [SECRET, client.cookies["leadflow"], parse_qs(urlsplit(back).query)["code"][0], "desk.example"]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("web", "store", "authlib"))]
    assert ours
    assert [line for line in ours for secret in secrets if secret in line] == []


def test_roster_of_these_tests_has_the_people_of_the_provider() -> None:
    assert "lee@desk.example" in ROSTER and "pia@partner.example" in PARTNERS
