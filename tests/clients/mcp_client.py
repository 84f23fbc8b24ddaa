"""Calls every tool with the official MCP client, over HTTP and over standard input and output.

usage: mcp_client.py ADDRESS PROGRAM STORE
"""

import sys

import anyio
import mcp

address, program, store = sys.argv[1:]
TOOLS = {"search_papers", "related_papers", "get_paper", "compare_papers", "export_citations", "corpus_status"}


async def call(client, tool, **arguments):
    # The client validates structured content against the schema of the tool.
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    [text] = result.content
    assert text.type == "text" and text.text
    return text.text, result.structured_content


async def converse(client):
    assert client.server_info.name == "paperkin", client.server_info
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == TOOLS, set(tools)
    for tool in tools.values():
        assert tool.description and tool.output_schema["type"] == "object"
        assert tool.annotations.read_only_hint
        for name, argument in tool.input_schema.get("properties", {}).items():
            assert argument.get("description"), f"{tool.name}: {name}"
    text, found = await call(client, "search_papers", query="folding images", k=3, mode="hybrid")
    assert len(found["hits"]) == 3 and all(hit["title"] in text for hit in found["hits"])
    first = found["hits"][0]["id"]
    text, paper = await call(client, "get_paper", id=first)
    assert paper["id"] == first and paper["bibtex"].startswith("@")
    text, related = await call(client, "related_papers", id=[first], k=5, abstracts=False)
    assert first not in [hit["id"] for hit in related["hits"]] and len(related["hits"]) == 5
    assert "abstract" not in related["hits"][0]
    second = found["hits"][1]["id"]
    text, compared = await call(client, "compare_papers", id=[first, second])
    assert [paper["id"] for paper in compared["papers"]] == [first, second] and first in text
    text, cited = await call(client, "export_citations", id=[first, second], format="ris")
    assert cited["papers"] == 2 and text.count("ER  -") == 2
    text, corpus = await call(client, "corpus_status")
    assert corpus["papers"] == 20 and "20 papers" in text

    for tool, arguments, told in [
        ("get_paper", {"id": "2401.00001"}, "pass an id as in search results"),
        ("search_papers", {"query": "x", "k": 101}, "set `k` to a number from 1 to 100"),
        ("search_papers", {}, "missing argument `query`"),
    ]:
        refused = await client.call_tool(tool, arguments)
        assert refused.is_error and told in refused.content[0].text, refused
    try:
        unknown = await client.call_tool("delete_papers", {})
        assert unknown.is_error, unknown
    except mcp.MCPError:
        pass


async def main():
    started = mcp.StdioServerParameters(command=program, args=["mcp", "--store", store])
    # The handshake of older protocol revisions, and the newest one.
    for mode in ["legacy", "auto"]:
        async with mcp.Client(address, mode=mode) as client:
            await converse(client)
        async with mcp.Client(mcp.stdio_client(started), mode=mode) as client:
            await converse(client)


anyio.run(main)
