"""The clients: one that waits, one for asyncio. They differ in nothing but that; what is asked and read is in `upstream.wire`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx
from tenacity import AsyncRetrying, Retrying

from upstream import wire
from upstream.answers import Allowed, Arrived, Line, Receipt, Shown
from upstream.batch import AT_ONCE, CONTENT_TYPE, PATH, Batch, batches
from upstream.patience import Patience
from upstream.wire import Question, What

T = TypeVar("T")

TIMEOUT = httpx.Timeout(60.0, connect=5.0)
"""Seconds. Leadflow itself answers within half a minute that it is late."""

_BATCH_HEADERS = {"content-type": CONTENT_TYPE, "accept": CONTENT_TYPE}


class LeadflowClient:
    """For programs that wait for each answer. Use it as a context, or close it."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        patience: Patience | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._policy = (patience or Patience()).policy()
        self._http = httpx.Client(base_url=url, headers=wire.headers(token), timeout=timeout, transport=transport)

    def start(self, lead: Mapping[str, Any], *, idempotency_key: str | None = None) -> Arrived:
        """Send a lead. The same one again, under its source's own id, is the same lead. Raises UpstreamError."""
        return self._ask(wire.start(lead, idempotency_key))

    def start_many(self, leads: Iterable[Mapping[str, Any]], *, at_once: int = AT_ONCE) -> Iterator[Line]:
        """Send many, and give what became of each, in their order. A lead that is refused is a line that says so; raises
        UpstreamError only where nothing gets through."""
        for batch in batches(leads, at_once):
            while batch.waiting:
                Retrying(**self._policy)(self._stream, batch)
            yield from batch.answers

    def send(self, key: str, event: str, *, idempotency_key: str | None = None, **what: Unpack[What]) -> Receipt:
        """Send an event to a lead, with what comes with it (`upstream.wire.What`). Raises Conflict where the lead refuses it."""
        return self._ask(wire.send(key, event, idempotency_key, what))

    def show(self, key: str) -> Shown:
        return self._ask(wire.show(key))

    def allowed(self, key: str) -> Allowed:
        """Which events are possible now, and what each needs."""
        return self._ask(wire.allowed(key))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _ask(self, question: Question[T]) -> T:
        answer: T = Retrying(**self._policy)(self._once, question)
        return answer

    def _once(self, question: Question[T]) -> T:
        try:
            answer = self._http.request(
                question.method, question.path, content=question.content, headers=question.headers
            )
        except httpx.TransportError as error:
            raise wire.unreachable(error) from error
        return wire.told(question, answer)

    def _stream(self, batch: Batch) -> None:
        try:
            with self._http.stream("POST", PATH, content=batch.body(), headers=_BATCH_HEADERS) as answer:
                if not answer.is_success:
                    answer.read()
                wire.check(answer)
                for line in answer.iter_lines():
                    batch.take(line)
        except httpx.ConnectError as error:
            raise wire.unreachable(error) from error
        except httpx.TransportError as error:
            batch.ended(broken=str(error) or type(error).__name__)
        else:
            batch.ended()


class AsyncLeadflowClient:
    """The same for programs on asyncio."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        patience: Patience | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._policy = (patience or Patience()).policy()
        self._http = httpx.AsyncClient(base_url=url, headers=wire.headers(token), timeout=timeout, transport=transport)

    async def start(self, lead: Mapping[str, Any], *, idempotency_key: str | None = None) -> Arrived:
        return await self._ask(wire.start(lead, idempotency_key))

    async def start_many(self, leads: Iterable[Mapping[str, Any]], *, at_once: int = AT_ONCE) -> AsyncIterator[Line]:
        for batch in batches(leads, at_once):
            while batch.waiting:
                await AsyncRetrying(**self._policy)(self._stream, batch)
            for line in batch.answers:
                yield line

    async def send(self, key: str, event: str, *, idempotency_key: str | None = None, **what: Unpack[What]) -> Receipt:
        return await self._ask(wire.send(key, event, idempotency_key, what))

    async def show(self, key: str) -> Shown:
        return await self._ask(wire.show(key))

    async def allowed(self, key: str) -> Allowed:
        return await self._ask(wire.allowed(key))

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, question: Question[T]) -> T:
        return await AsyncRetrying(**self._policy)(self._once, question)

    async def _once(self, question: Question[T]) -> T:
        try:
            answer = await self._http.request(
                question.method, question.path, content=question.content, headers=question.headers
            )
        except httpx.TransportError as error:
            raise wire.unreachable(error) from error
        return wire.told(question, answer)

    async def _stream(self, batch: Batch) -> None:
        try:
            async with self._http.stream("POST", PATH, content=batch.body(), headers=_BATCH_HEADERS) as answer:
                if not answer.is_success:
                    await answer.aread()
                wire.check(answer)
                async for line in answer.aiter_lines():
                    batch.take(line)
        except httpx.ConnectError as error:
            raise wire.unreachable(error) from error
        except httpx.TransportError as error:
            batch.ended(broken=str(error) or type(error).__name__)
        else:
            batch.ended()
