"""Parses exported bibliographies with third-party parsers, and compares them with the papers.

usage: citations.py PAPERS.jsonl BIBTEX RIS CSL-JSON
"""

import json
import re
import sys

import bibtexparser
import pylatexenc.latex2text
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec

# Properties of an item in the schema of CSL 1.0.2, which allows no others.
CSL_TEXTS = {"id", "citation-key", "title", "DOI", "number", "publisher", "URL", "keyword", "abstract"}
CSL_TYPES = {"article", "article-journal"}


def one_line(text):
    return " ".join(re.sub(r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+", " ", text).split(" ")).strip()


def decoder():
    """pylatexenc with LaTeX macros for three characters that it lacks or decodes wrongly."""
    context = pylatexenc.latex2text.get_default_latex_context_db()
    names = [("textbraceleft", "{"), ("textbraceright", "}"), ("textasciicircum", "^")]
    macros = [MacroTextSpec(name, simplify_repl=character) for name, character in names]
    context.add_context_category("paperkin", prepend=True, macros=macros)
    return LatexNodes2Text(latex_context=context, math_mode="verbatim", strict_latex_spaces=True)


def equal(found, wanted, what):
    assert found == wanted, f"{what}: {found!r} instead of {wanted!r}"


def bibtex(papers, path):
    middleware = [SeparateCoAuthors(), LatexDecodingMiddleware(decoder=decoder())]
    plain = bibtexparser.parse_file(path, encoding="utf-8")
    library = bibtexparser.parse_file(path, encoding="utf-8", append_middleware=middleware[1:])
    apart = bibtexparser.parse_file(path, encoding="utf-8", append_middleware=middleware[:1])
    equal(library.failed_blocks, [], "blocks that cannot be parsed")
    equal(len(library.entries), len(papers), "entries")
    equal(len({entry.key for entry in library.entries}), len(papers), "keys")
    for paper, entry, raw, people in zip(papers, library.entries, plain.entries, apart.entries):
        assert re.fullmatch(r"[a-z0-9]+(-[a-z]+)?", entry.key), entry.key
        equal(entry["title"], one_line(paper["title"]), "title")
        equal(entry.get("abstract") and entry["abstract"], one_line(paper["abstract"]) or None, "abstract")
        equal(len(people["author"]) if people.get("author") else 0, len(paper["authors"]), "authors")
        if paper["id"].startswith("10."):
            equal((entry.entry_type, raw["doi"]), ("misc", paper["id"]), "DOI")
        elif not paper["id"].startswith("title:"):
            equal((raw["eprint"], raw["archivePrefix"]), (paper["id"], "arXiv"), "eprint")


def ris(papers, path):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    assert text.count("\r\n") == text.count("\n")
    records = rispy.loads(text)
    equal(len(records), len(papers), "records")
    for paper, record in zip(papers, records):
        equal(record["id"], paper["id"], "id")
        equal(record["title"], one_line(paper["title"]), "title")
        equal(record.get("abstract", ""), one_line(paper["abstract"]), "abstract")
        equal(len(record.get("authors", [])), len(paper["authors"]), "authors")
        equal(record.get("keywords", []), paper["categories"], "keywords")
        equal(record.get("doi"), paper["id"] if paper["id"].startswith("10.") else None, "DOI")
        equal(record.get("year"), paper["published"] and paper["published"][:4], "year")
        equal(len(record.get("urls", [])) <= 1, True, "addresses")


def csl(papers, path):
    with open(path, encoding="utf-8") as file:
        items = json.load(file)
    equal([item["id"] for item in items], [paper["id"] for paper in papers], "ids")
    for paper, item in zip(papers, items):
        rest = set(item) - CSL_TEXTS - {"type", "author", "issued", "categories"}
        equal(rest, set(), "properties that are not in the schema")
        assert item["type"] in CSL_TYPES
        assert all(isinstance(item[name], str) for name in CSL_TEXTS & set(item))
        equal(item["title"], one_line(paper["title"]), "title")
        equal(item.get("abstract", ""), one_line(paper["abstract"]), "abstract")
        for author in item.get("author", []):
            assert set(author) in ({"family", "given"}, {"literal"}), author
        if "issued" in item:
            date = "-".join(f"{part:02}" for part in item["issued"]["date-parts"][0])
            equal(date, paper["published"], "date")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as lines:
        wanted = [json.loads(line) for line in lines]
    bibtex(wanted, sys.argv[2])
    ris(wanted, sys.argv[3])
    csl(wanted, sys.argv[4])
