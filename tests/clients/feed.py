"""Reads a feed like a feed reader, and checks the requirements of RFC 4287.

usage: feed.py ADDRESS DATED.jsonl
"""

import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

import feedparser

ATOM = "{http://www.w3.org/2005/Atom}"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT00:00:00(Z|\+00:00)")
# The characters that RFC 3986 allows in a URL.
ADDRESS = re.compile(r"https?://([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")

address, dated = sys.argv[1:]
with open(dated, encoding="utf-8") as lines:
    papers = {" ".join(paper["title"].split()): paper for paper in map(json.loads, lines)}
question = urllib.parse.urlencode({"q": 'fish & <chips> 3" fried', "mode": "dense"})
asked = f"{address}/feed.atom?{question}"


def fetch(headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(asked, headers=headers)) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


status, headers, body = fetch({})
assert status == 200 and headers["Content-Type"] == "application/atom+xml; charset=utf-8"
again, same, nothing = fetch({"If-None-Match": headers["ETag"]})
assert (again, same["ETag"], nothing) == (304, headers["ETag"], b"")

feed = ElementTree.fromstring(body)
assert feed.tag == f"{ATOM}feed"


def one(element, name):
    [found] = element.findall(f"{ATOM}{name}")
    assert found.text and found.text.strip(), name
    return found.text


links = {link.get("rel"): link for link in feed.findall(f"{ATOM}link")}
assert links["self"].get("href") == asked, links["self"].get("href")
assert links["alternate"].get("href").startswith(f"{address}/?q=")
assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", one(feed, "id"))
assert one(feed, "title") == 'paperkin: fish & <chips> 3" fried'
entries = feed.findall(f"{ATOM}entry")
assert len(entries) == min(len(papers), 50), len(entries)
instants = [one(entry, "updated") for entry in entries]
assert instants == sorted(instants, reverse=True) and one(feed, "updated") == instants[0]
assert len({one(entry, "id") for entry in entries}) == len(entries)
for entry in entries:
    paper = papers[one(entry, "title")]
    date = (paper["published"] + "-01-01")[:10]
    for name in ["updated", "published"]:
        assert INSTANT.fullmatch(one(entry, name)) and one(entry, name).startswith(date), date
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", one(entry, "id"))
    names = [one(author, "name") for author in entry.findall(f"{ATOM}author")]
    assert names == (paper["authors"] or ["unknown author"]), names
    [content] = entry.findall(f"{ATOM}content")
    assert content.get("type") == "text" and content.text == " ".join(paper["abstract"].split())
    assert [category.get("term") for category in entry.findall(f"{ATOM}category")] == paper["categories"]
    assert all(ADDRESS.fullmatch(link.get("href")) for link in entry.findall(f"{ATOM}link"))

parsed = feedparser.parse(body, response_headers={"content-type": headers["Content-Type"]})
assert not parsed.bozo, parsed.bozo_exception
assert parsed.version == "atom10" and len(parsed.entries) == len(entries)
# Titles are plain text: feed readers must not interpret markup in them.
assert all(entry.title_detail.type == "text/plain" for entry in parsed.entries)
assert "<script>alert('x')</script>" in [entry.title for entry in parsed.entries]
