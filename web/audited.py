"""What a request did, written down before its answer is whole: one place for all routes (`store.audit`).

A route says through its permission that it is noted (`web.caller.May`), and with `concerns` which leads it was about. Where that cannot
be written down, nothing is answered as done: whoever asked is to come again, and an answer that has begun breaks off.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.access import AUDITED, Caller, Permission
from store import audit
from store.audit import NAMED, Ended
from web.problems import problem_of, unexpected


@dataclass(slots=True)
class Deed:
    """What is under way, by whom, and which leads it is about so far."""

    permission: Permission | None = None
    caller: Caller | None = None
    leads: list[str] = field(default_factory=list)
    count: int = 0


_DEED: ContextVar[Deed | None] = ContextVar("deed", default=None)


def begins(permission: Permission, caller: Caller) -> None:
    """This request uses the permission, or tries to."""
    deed = _DEED.get()
    if deed is not None:
        deed.permission, deed.caller = permission, caller


def concerns(*keys: str) -> None:
    """Which leads the request is about."""
    deed = _DEED.get()
    if deed is not None:
        deed.count += len(keys)
        deed.leads.extend(keys[: NAMED - len(deed.leads)])


class Audited:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deed = Deed()
        place = _DEED.set(deed)
        held: Message | None = None
        status = 500

        async def noting(message: Message) -> None:
            nonlocal held, status
            if message["type"] == "http.response.start":
                held, status = message, message["status"]
                return
            if not message.get("more_body", False):
                try:
                    await _note(scope, deed, status)
                except Exception as error:
                    if held is None:
                        raise
                    held = None
                    await (problem_of(error) or unexpected(error)).response()(scope, receive, send)
                    return
            if held is not None:
                await send(held)
                held = None
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            _DEED.reset(place)


async def _note(scope: Scope, deed: Deed, status: int) -> None:
    if deed.caller is None or deed.permission not in AUDITED:
        return
    key = scope.get("path_params", {}).get("key")
    leads = deed.leads or ([key] if key is not None else [])
    ended = Ended.DONE if status < 400 else Ended.REFUSED if status < 500 else Ended.FAILED
    caller, permission = deed.caller, deed.permission
    async with scope["app"].state.house.office.pool.acquire() as connection:
        await audit.note(
            connection,
            *(caller.name, caller.role.value, permission.value, ended, origin(scope)),
            leads=leads,
            count=deed.count or None,
        )


def origin(scope: Scope) -> str:
    """Method, route and address. The route and not what was asked for, in which anything may stand."""
    route = getattr(scope.get("route"), "path", "(no route)")
    client = scope.get("client")
    return f"{scope['method']} {route} from {client[0] if client else 'nowhere'}"
