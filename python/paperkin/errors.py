"""The error of all requests."""

import json
from typing import Any, Optional


class PaperkinError(Exception):
    """A request failed, or there is no service at the address.

    Errors of the service are problem details (RFC 9457).

    Attributes:
        status: the HTTP status; `None` if there was no response.
        title: the meaning of the status, such as `Not Found`.
        detail: what was wrong.
        hint: what to do about it; `None` if there is no hint.
    """

    def __init__(self, status: Optional[int], title: str, detail: str, hint: Optional[str] = None) -> None:
        super().__init__(status, title, detail, hint)
        self.status = status
        self.title = title
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        status = f" ({self.status})" if self.status is not None else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.title}{status}: {self.detail}{hint}"


def error_of(status: int, title: str, body: bytes) -> PaperkinError:
    """The error of a response: problem details, or the format of OpenAI's API below `/v1`."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = None
    if isinstance(problem, dict):
        if isinstance(problem.get("detail"), str):
            hint = problem.get("hint")
            return PaperkinError(status, str(problem.get("title", title)), problem["detail"], hint)
        refusal = problem.get("error")
        if isinstance(refusal, dict) and isinstance(refusal.get("message"), str):
            return PaperkinError(status, title, refusal["message"])
    return _foreign(status, title, body)


def json_of(body: bytes) -> Any:
    """The value in the body of a successful response."""
    try:
        return json.loads(body)
    except ValueError:
        raise _foreign(200, "OK", body) from None


def _foreign(status: int, title: str, body: bytes) -> PaperkinError:
    text = body[:200].decode("utf-8", "replace").strip()
    detail = f"the response is not of paperkin: {text}" if text else "the response is empty"
    return PaperkinError(status, title, detail, "check the address")
