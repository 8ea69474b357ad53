"""What an answer cost, in its Server-Timing header."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter, thread_time
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse


class ServerTiming:
    """The outermost middleware: session, compression and all the others are inside what it measures."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        queries = _Queries()
        started, computed = perf_counter(), thread_time()
        with connection.execute_wrapper(queries):
            response = self.get_response(request)
        taken = (perf_counter() - started) * 1000
        computed = (thread_time() - computed) * 1000
        response["Server-Timing"] = (
            f"app;dur={taken:.2f}, cpu;dur={computed:.2f}, db;dur={queries.seconds * 1000:.2f},"
            f' queries;desc="{queries.count}"'
        )
        return response


class _Queries:
    def __init__(self) -> None:
        self.count, self.seconds = 0, 0.0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        started = perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.count += 1
            self.seconds += perf_counter() - started
