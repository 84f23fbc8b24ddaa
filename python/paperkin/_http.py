"""Requests over HTTP, with connections that are kept open. May be used from several threads."""

import json
import ssl
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Optional, Union
from urllib.parse import urlencode, urlsplit

from paperkin.errors import PaperkinError, error_of

Parameters = list[tuple[str, str]]


class Transport:
    """Requests to one service."""

    def __init__(self, url: str, token: Optional[str], timeout: float) -> None:
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment:
            raise ValueError(f"`url` must be an address like `http://127.0.0.1:7373`, but is `{url}`")
        if token is not None and not (token.isascii() and token.isprintable()):
            raise ValueError("`token` must consist of printable ASCII characters")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._host, self._port = address.hostname, address.port
        self._path = address.path.rstrip("/")
        self._tls = ssl.create_default_context() if address.scheme == "https" else None
        self._headers = {"User-Agent": "paperkin-python"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._idle: deque[HTTPConnection] = deque()

    def close(self) -> None:
        """Closes idle connections."""
        while self._idle:
            self._idle.pop().close()

    def get(self, path: str, parameters: Iterable[tuple[str, str]] = ()) -> bytes:
        """The body of the response to a GET request."""
        query = urlencode(list(parameters))
        return self._patient("GET", f"{path}?{query}" if query else path)

    def post(self, path: str, body: Mapping[str, Any]) -> bytes:
        """The body of the response to a POST request that changes nothing."""
        return self._patient("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def delete(self, path: str) -> None:
        """A DELETE request. It is sent once."""
        self._body("DELETE", path, fresh=True)

    def stream(self, path: str, body: bytes, kind: str, timeout: float) -> Iterator[bytes]:
        """The lines of the response to a POST request, as they arrive. It is sent once."""
        connection = self._connect(timeout)
        try:
            response = self._response(connection, "POST", path, body, {"Content-Type": kind})
            if response.status >= 300:
                raise error_of(response.status, response.reason, response.read())
            yield from response
        except (OSError, HTTPException) as error:
            raise self._lost(error, timeout) from error
        finally:
            connection.close()

    def _patient(self, method: str, path: str, body: Optional[bytes] = None, headers: Mapping[str, str] = {}) -> bytes:
        """Sends a request again while the service is busy, if the time that it names is within the timeout."""
        deadline = time.monotonic() + self.timeout
        while True:
            try:
                return self._body(method, path, body, headers)
            except _Busy as busy:
                if time.monotonic() + busy.seconds > deadline:
                    raise busy.error from None
                time.sleep(busy.seconds)

    def _body(
        self,
        method: str,
        path: str,
        body: Optional[bytes] = None,
        headers: Mapping[str, str] = {},
        fresh: bool = False,
    ) -> bytes:
        while True:
            used = None if fresh else self._take()
            connection = used or self._connect(self.timeout)
            try:
                response = self._response(connection, method, path, body, headers)
                received = response.read()
            except (OSError, HTTPException) as error:
                connection.close()
                if used and isinstance(error, ConnectionError):
                    continue  # the service has closed an idle connection
                raise self._lost(error, self.timeout) from error
            except BaseException:
                connection.close()
                raise
            if response.will_close or fresh:
                connection.close()
            else:
                self._idle.append(connection)
            if response.status < 300:
                return received
            rejection = error_of(response.status, response.reason, received)
            seconds = response.headers.get("Retry-After", "")
            if not fresh and response.status in (429, 503) and seconds.isdigit():
                raise _Busy(rejection, int(seconds))
            raise rejection

    def _take(self) -> Optional[HTTPConnection]:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _connect(self, timeout: float) -> HTTPConnection:
        if self._tls is not None:
            return HTTPSConnection(self._host, self._port, timeout=timeout, context=self._tls)
        return HTTPConnection(self._host, self._port, timeout=timeout)

    def _response(
        self,
        connection: HTTPConnection,
        method: str,
        path: str,
        body: Optional[bytes],
        headers: Mapping[str, str],
    ) -> HTTPResponse:
        all_headers: dict[str, Union[str, bytes]] = {**self._headers, **headers}
        try:
            connection.request(method, self._path + path, body, all_headers)
        except (BrokenPipeError, ConnectionResetError):
            if body is None:
                raise
            # A service that rejects a request need not read its body; the response says why.
        return connection.getresponse()

    def _lost(self, error: Exception, timeout: float) -> PaperkinError:
        if isinstance(error, TimeoutError) or "timed out" in str(error):
            detail = f"{self.url} did not respond within {timeout:g} s"
            return PaperkinError(None, "No response", detail, "set a longer `timeout`")
        detail = f"{self.url} cannot be reached: {error or type(error).__name__}"
        return PaperkinError(None, "No response", detail, "start the service with `paperkin serve`")


class _Busy(Exception):
    """The service asks for the request to be sent again later."""

    def __init__(self, error: PaperkinError, seconds: int) -> None:
        super().__init__(error, seconds)
        self.error = error
        self.seconds = seconds
