"""Arguments and results as they are transferred."""

import json
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Optional, TypeVar
from urllib.parse import quote

from paperkin._http import Parameters
from paperkin.types import MapPoint, Texts

BODY_BYTES = 4 << 20
"""Texts and papers of one request, unless a single one is longer."""
FILTERS = (
    "from_",
    "to",
    "category",
    "author",
    "organisation",
    "venue",
    "type",
    "min_citations",
    "min_comments",
    "ids",
)
T = TypeVar("T")


def path(id: str) -> str:
    return f"/api/v1/papers/{quote(id, safe='')}"


def texts(texts: Texts) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def fields(fields: Optional[Texts]) -> dict[str, Any]:
    return {} if fields is None else {"fields": texts(fields)}


def filters(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Filters by the names of the API. Those that are `None` are left out."""
    unknown = set(filters) - set(FILTERS)
    if unknown:
        raise TypeError(f"unknown argument `{min(unknown)}`; filters are {', '.join(FILTERS)}")
    named: dict[str, Any] = {}
    for name, value in filters.items():
        if value is None:
            continue
        if name in ("from_", "to"):
            named[name.rstrip("_")] = value.isoformat()[:10] if isinstance(value, date) else str(value)
        else:
            named[name] = int(value) if name.startswith("min_") else texts(value)
    return named


def options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a search and filters, by the names of the API. Those that are `None` are left out."""
    names = ("mode", "fusion", "feedback", "rerank", "rerank_depth", "rerank_ms", "diverse")
    own = {name: options[name] for name in names if options.get(name) is not None}
    return {**own, **filters({name: value for name, value in options.items() if name not in names})}


def parameters(values: Mapping[str, Any]) -> Parameters:
    """Values as parameters of an address: several of one name are repeated."""
    parameters: Parameters = []
    for name, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            parameters.append((name, str(one).lower() if isinstance(one, bool) else str(one)))
    return parameters


def batches(items: Iterable[tuple[T, int]], count: int) -> Iterator[list[T]]:
    """Items in batches of up to `count`; their sizes sum up to `BODY_BYTES` at most, unless there is only one."""
    batch: list[Any] = []
    total = 0
    for item, size in items:
        if batch and (len(batch) >= count or total + size > BODY_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += size
    if batch:
        yield batch


def json_line(paper: Mapping[str, Any]) -> bytes:
    """A paper as a line of JSON Lines.

    Columns of a data frame with missing values are of floats, so NaN is left out, and 3.0 becomes 3.
    """
    present = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in paper.items()
        if value is not None and not _is_nan(value)
    }
    return json.dumps(present, default=_plain).encode() + b"\n"


def _is_nan(value: Any) -> bool:
    """NaN, and NaT of pandas."""
    return isinstance(value, (float, date)) and bool(value != value)


def _plain(value: Any) -> Any:
    """Dates, and the types of numpy."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a paper has a value of type `{type(value).__name__}`, which JSON does not have")


def floats(data: bytes) -> list[float]:
    """Little-endian 32-bit numbers."""
    numbers = array("f", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def decode_map(data: bytes) -> list[MapPoint]:
    if data[:8] != b"PKMAP001":
        raise ValueError("the map has an unknown format")
    count, _, category_bytes, id_bytes = struct.unpack_from("<4I", data, 8)
    xs = struct.unpack_from(f"<{count}f", data, 24)
    ys = struct.unpack_from(f"<{count}f", data, 24 + 4 * count)
    numbers = struct.unpack_from(f"<{count}H", data, 24 + 8 * count)
    start = (24 + 10 * count + 3) // 4 * 4
    categories = _lines(data[start : start + category_bytes])
    ids = _lines(data[start + category_bytes : start + category_bytes + id_bytes])
    return [
        {"id": id, "x": x, "y": y, "category": categories[number] if number < len(categories) else None}
        for id, x, y, number in zip(ids, xs, ys, numbers)
    ]


def _lines(text: bytes) -> Sequence[str]:
    return text.decode().split("\n") if text else []
