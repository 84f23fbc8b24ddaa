"""Checks that /openapi.json is valid OpenAPI 3.1, and that responses match its schemas.

usage: openapi.py ADDRESS ID
"""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

root, paper = sys.argv[1:]


def answer(address, body=None):
    """Status, media type and JSON of a response."""
    request = urllib.request.Request(root + address)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        response = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        response = error
    return response.status, response.headers["Content-Type"].split(";")[0], json.load(response)


_, _, api = answer("/openapi.json")
OpenAPIV31SpecValidator(api).validate()

quoted = urllib.parse.quote(paper, safe="")
asked = [
    ("/api/v1/search", "/api/v1/search?q=folding+images&k=3", None),
    ("/api/v1/search", "/api/v1/search?q=folding+images&mode=lexical", None),
    ("/api/v1/search", "/api/v1/search?q=", None),
    ("/api/v1/search", "/api/v1/search?q=x&ids=nonsense", None),
    ("/api/v1/search", "/api/v1/search", {"q": "folding images", "category": ["math.CO"]}),
    ("/api/v1/search", "/api/v1/search?q=x&format=csl-json", None),
    ("/api/v1/related", f"/api/v1/related?id={quoted}&text=oceans", None),
    ("/api/v1/related", "/api/v1/related", None),
    ("/api/v1/papers", "/api/v1/papers?k=2", None),
    ("/api/v1/papers/{id}", f"/api/v1/papers/{quoted}", None),
    ("/api/v1/papers/{id}", "/api/v1/papers/nonsense", None),
    ("/api/v1/papers/{id}/related", f"/api/v1/papers/{quoted}/related", None),
    ("/api/v1/facets", "/api/v1/facets", None),
    ("/api/v1/status", "/api/v1/status", None),
    ("/v1/models", "/v1/models", None),
    ("/v1/models/{model}", "/v1/models/another", None),
    ("/v1/embeddings", "/v1/embeddings", {"model": "tiny-bert", "input": ["a text", "another"]}),
    ("/v1/embeddings", "/v1/embeddings", {"model": "tiny-bert", "input": []}),
]
for path, address, body in asked:
    status, kind, found = answer(address, body)
    told = api["paths"][path]["get" if body is None else "post"]["responses"]
    assert str(status) in told, f"{address}: status {status} is not described"
    assert kind in told[str(status)]["content"], f"{address}: media type {kind} is not described"
    schema = told[str(status)]["content"][kind]["schema"]
    Draft202012Validator({**schema, "components": api["components"]}).validate(found)
