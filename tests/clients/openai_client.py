"""Embeds texts with OpenAI's Python client, and compares the embeddings with those of `paperkin embed`.

usage: openai_client.py ADDRESS TEXTS.jsonl VECTORS.jsonl
"""

import json
import sys

import openai

address, texts, vectors = sys.argv[1:]
with open(texts, encoding="utf-8") as lines:
    texts = [json.loads(line)["text"] for line in lines]
with open(vectors, encoding="utf-8") as lines:
    wanted = [json.loads(line)["embedding"] for line in lines]

client = openai.OpenAI(base_url=f"{address}/v1", api_key="unused", max_retries=0, timeout=60)
[model] = [model.id for model in client.models.list()]
assert model == "tiny-bert", model
assert client.models.retrieve("anyone/tiny-bert").id == model


def same(found, wanted):
    assert len(found) == len(wanted)
    # Both are 32-bit floats, written as decimals and read as 64-bit floats.
    assert all(abs(a - b) < 1e-6 for a, b in zip(found, wanted)), (found, wanted)


# The client requests base64 by default, and decodes it.
answer = client.embeddings.create(model=model, input=texts)
assert [embedding.index for embedding in answer.data] == [0, 1, 2]
for embedding, vector in zip(answer.data, wanted):
    same(embedding.embedding, vector)
assert answer.model == model
assert answer.usage.prompt_tokens == answer.usage.total_tokens > len(texts)

answer = client.embeddings.create(model=model, input=texts, encoding_format="float", user="somebody")
for embedding, vector in zip(answer.data, wanted):
    same(embedding.embedding, vector)

one = client.embeddings.create(model=f"owner/{model}", input=texts[0], dimensions=32, extra_body={"role": "passage"})
same(one.data[0].embedding, wanted[0])
raw = client.embeddings.create(model=model, input=texts[0], encoding_format="base64")
assert isinstance(raw.data[0].embedding, str)


def refused(kind, param, code, **arguments):
    try:
        client.embeddings.create(**{"model": model, "input": "x", **arguments})
    except kind as error:
        assert (error.param, error.code) == (param, code), (error.param, error.code)
        assert error.body["message"] and error.type == "invalid_request_error"
    else:
        raise AssertionError(f"{arguments} should be rejected")


refused(openai.NotFoundError, "model", "model_not_found", model="text-embedding-3-small")
refused(openai.BadRequestError, "input", "unsupported_value", input=[1, 2, 3])
refused(openai.BadRequestError, "input", "unsupported_value", input=[[1, 2], [3]])
refused(openai.BadRequestError, "input[1]", "empty_string", input=["x", ""])
refused(openai.BadRequestError, "dimensions", "invalid_value", dimensions=16)
refused(openai.BadRequestError, "tone", "unknown_parameter", extra_body={"tone": "high"})
