"""Calls every method of the package in `python`, over a service of the program.

usage: paperkin_client.py PROGRAM MODEL PAPERS.jsonl FOLDER
"""

import contextlib
import datetime
import json
import math
import os
import pathlib
import pickle
import re
import socket
import subprocess
import sys
import threading
import warnings
import xml.etree.ElementTree as ElementTree

import paperkin
from paperkin import Client, PaperkinError, metrics

warnings.simplefilter("error")
program, model, papers, folder = sys.argv[1:]
with open(papers, encoding="utf-8") as lines:
    papers = [json.loads(line) for line in lines]
ids = [paper["id"] for paper in papers]
QUESTION = "folding images"


def rejected(status, detail, call):
    try:
        call()
    except PaperkinError as error:
        assert error.status == status and detail in error.detail, error
        assert error.title and str(error).startswith(error.title)
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
        return error
    raise AssertionError(f"an error with `{detail}` was expected")


def raises(kind, text, call):
    try:
        call()
    except kind as error:
        assert text in str(error), error
        return
    raise AssertionError(f"a {kind.__name__} with `{text}` was expected")


def add(client):
    rejected(404, "", client.map)
    # Several batches, from a generator.
    written = list(client.add((paper for paper in papers), batch=50))
    assert [line["line"] for line in written] == list(range(1, len(papers) + 1))
    assert [line["id"] for line in written] == ids
    assert {line["outcome"] for line in written} == {"added"}
    sent = client.add(papers[:70])
    assert next(sent)["outcome"] == "unchanged"
    assert sent.finish() == {"added": 0, "updated": 0, "merged": 0, "unchanged": 70, "refused": 0} == sent.counts

    # Rows of a data frame.
    rows = [
        {"title": "Of rows", "abstract": math.nan, "published": datetime.date(2024, 6, 12), "comments": 3.0},
        {"abstract": "No title."},
        {"title": "x" * (1 << 20)},
    ]
    written = list(client.add(rows))
    assert [line["outcome"] for line in written] == ["added", "refused", "refused"]
    assert "title" in written[1]["reason"] and "1024 KiB" in written[2]["reason"]
    found = client.paper(written[0]["id"])
    assert (found["published"], found["abstract"], found["comments"]) == ("2024-06-12", "", 3)
    client.remove(found["id"])
    rejected(404, found["id"], lambda: client.paper(found["id"]))
    rejected(404, found["id"], lambda: client.remove(found["id"]))
    assert client.add([]).finish()["added"] == 0

    # Two records of one title become papers of their own again.
    for key in ("a", "b"):
        client.add([{"id": key, "title": "Introduction", "abstract": f"Of {key}."}]).finish()
    assert len(client.split("a")) == 2
    rejected(409, "cannot be split", lambda: client.split("a"))
    assert client.paper("b")["abstract"] == "Of b."
    for key in ("a", "b"):
        client.remove(key)
    raises(TypeError, "JSON", lambda: client.add([{"title": object()}]).finish())
    # Nothing was sent.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client.add(papers)
    assert "no paper was sent" in str(caught[0].message)

    for token in [None, "wrong"]:
        other = Client(client.url, token)
        error = rejected(401, "token", other.add({"title": "x", "abstract": "y" * 4000} for _ in range(2000)).finish)
        assert error.hint
        rejected(401, "token", lambda other=other: other.remove(ids[0]))
    assert client.status()["papers"] == len(papers)


def search(client):
    hits = client.search(QUESTION)
    assert (hits.query, hits.mode, hits.among) == (QUESTION, "hybrid", len(papers)) and hits.took_ms >= 0
    assert [hit["rank"] for hit in hits] == list(range(1, 11))
    assert set(hits[0]) == paperkin.types.Hit.__required_keys__ and hits[0]["highlight"]
    assert client.search(QUESTION, highlight=False)[0]["highlight"] is None

    # The pages of one ranking are the ranking of one request.
    for options in [{"mode": "dense"}, {"mode": "lexical"}, {"fusion": "rank"}, {"feedback": False}, {"diverse": 0.3}]:
        ten = client.search(QUESTION, fields=["id"], **options)
        assert set(ten[0]) == {"id"}
        assert list(client.iter_search(QUESTION, page=3, fields="id", **options))[:10] == ten
    many = client.search(QUESTION, 150, mode="dense", fields=["id", "rank"])
    assert [hit["rank"] for hit in many] == list(range(1, 151)) and len({hit["id"] for hit in many}) == 150
    everything = list(client.iter_search(QUESTION, mode="dense"))
    assert [hit["id"] for hit in everything][:150] == [hit["id"] for hit in many]
    assert len(client.search(QUESTION, 1000, mode="dense")) == len(everything) == min(len(papers), 200)

    # Filters.
    year = datetime.date(2020, 1, 1)
    assert client.search(QUESTION, ids=ids[3]).among == 1
    assert client.search(QUESTION, ids=ids[3:5], author=["someone", "author"], category="math.*").among == 2
    for absent in [{"from_": year}, {"to": 2020}, {"organisation": "x"}, {"min_comments": 1}, {"category": ("cs.LG",)}]:
        assert client.search(QUESTION, **absent) == [], absent
    assert client.search(QUESTION, from_=None).among == len(papers)
    raises(TypeError, "unknown argument `year`", lambda: client.search(QUESTION, year=2020))

    error = rejected(400, "query", lambda: client.search(""))
    assert error.hint and error.title == "Bad Request"
    rejected(400, "k must be", lambda: client.search(QUESTION, 0))
    rejected(400, "fields", lambda: client.search(QUESTION, fields="score,colour"))
    assert "rerank" in rejected(400, "", lambda: client.search(QUESTION, rerank=True)).hint
    rejected(400, "reranker", lambda: client.search(QUESTION, rerank_ms=50))
    rejected(400, "201", lambda: client.search(QUESTION, rerank_depth=201))
    assert client.search(QUESTION, rerank=False, rerank_depth=20).reranked is None

    # From several threads.
    wanted = client.search(QUESTION, fields="id")
    found = []
    threads = [threading.Thread(target=lambda: found.append(client.search(QUESTION, fields="id"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 8


def related(client):
    near = client.related(ids[1])
    assert near.mode == "hybrid" and near[0]["why"]["bm25"] is not None and len(near) == 10 and ids[1] not in [hit["id"] for hit in near]
    assert client.related([ids[1]], fields="id") == [{"id": hit["id"]} for hit in near]
    far = client.related(ids[:2], 5, unlike=ids[2], text="oceans", highlight=False, diverse=0.1)
    assert len(far) == 5 and not {*ids[:3]} & {hit["id"] for hit in far}
    assert len(client.related(ids[0], 120)) == 120
    assert [hit["id"] for hit in client.related(ids[0], only=ids[5], author="else")] == [ids[5]]
    assert len(client.related(text="oceans", k=3)) == 3
    dense = client.related(ids[1], mode="dense")
    assert dense.mode == "dense" and dense[0]["why"]["bm25"] is None
    assert client.related(ids[1], fusion="rank", feedback=False)[0]["score"] < 0.04
    rejected(400, "", client.related)
    rejected(404, "2401.00001", lambda: client.related("2401.00001"))


def read(client):
    for paper in papers[:4]:  # arXiv ids of both kinds, a DOI and a hash
        found = client.paper(paper["id"])
        assert set(found) == paperkin.types.Paper.__required_keys__
        assert all(found[name] == paper[name] for name in ["id", "title", "abstract", "authors", "categories"])
        assert paper["title"].split(",")[0] in client.citation(paper["id"], "ris")
    rejected(404, "nonsense", lambda: client.paper("nonsense"))
    compared = client.compare(ids[0], ids[1])
    assert [paper["id"] for paper in compared["papers"]] == ids[:2] and 0 < compared["cosine"] <= 1.0001
    rejected(400, "both ids", lambda: client.compare(ids[0], ids[0]))
    assert sorted(ids) == [paper["id"] for paper in client.papers(page=7, fields=["id"])]
    assert [paper["id"] for paper in client.papers(ids=ids[:2])] == sorted(ids[:2])
    bibliography = client.bibliography(QUESTION, 20, mode="dense", ids=ids[:20])
    assert bibliography.count("\n@") + bibliography.startswith("@") == 20
    assert len(json.loads(client.bibliography(QUESTION, format="csl-json"))) == 10

    answer = client.search("author:author part", k=3)
    assert answer.notes == ["papers must meet: author:author"] and answer[0]["why"]["words"], answer.notes
    assert client.search("part", k=1).notes == []
    suggested = client.suggest("part author:auth")
    assert suggested and suggested[0]["query"].startswith('part author:"Author '), suggested
    facets = client.facets(author="author")
    assert facets == {"papers": len(papers), "categories": [{"category": "math.CO", "papers": len(papers)}], "years": []}
    overview = client.overview()
    assert set(overview) == {*paperkin.types.Overview.__annotations__} and overview["papers"] == len(papers)
    assert client.search(overview["examples"][0], 1)
    points = client.map()
    assert sorted(point["id"] for point in points) == sorted(ids)
    assert all(abs(point["x"]) <= 1 and abs(point["y"]) <= 1 and point["category"] == "math.CO" for point in points)
    status = client.status()
    assert set(status) == {*paperkin.types.Status.__annotations__} - {"server"} and status["papers"] == len(papers)


def embed(client):
    texts = ["On folding images", "naïve 姚期智 <b>", "long " * 2_000]
    found = client.embed(texts)
    dimensions = client.status()["dimension"]
    assert [len(embedding) for embedding in found] == [dimensions] * 3
    assert all(abs(math.fsum(x * x for x in embedding) - 1) < 1e-4 for embedding in found)
    # In several requests, in their order.
    many = client.embed((texts[number % 2] for number in range(2500)), role="query", dimensions=dimensions)
    assert len(many) == 2500 and many[0] == many[2498] and many[1] == many[2499] and many[0] != many[1]
    assert client.embed([]) == []
    raises(TypeError, "several texts", lambda: client.embed("a text"))
    rejected(400, "empty", lambda: client.embed(["a text", ""]))


def evaluate(client):
    # By hand, as in the tests of the program.
    log3 = math.log2(3)
    assert metrics.ndcg(["b", "a"], {"a": 2, "b": 1}) == (1 + 2 / log3) / (2 + 1 / log3)
    assert metrics.ndcg(["c", "a"], {"a": 1, "b": 1, "c": -2}) == 1 / log3 / (1 + 1 / log3)
    assert metrics.recall(["c", "a"], {"a": 1, "b": 1, "c": -2}) == 0.5
    assert metrics.reciprocal_rank(["x", "a"], {"a": 1}) == 0.5
    assert metrics.reciprocal_rank(["x", "a"], {"a": 1}, 1) == metrics.ndcg([], {"a": 1}) == metrics.ndcg(["a"], {}) == 0

    ranking = [hit["id"] for hit in client.search(QUESTION, 20)]
    text = f"{papers[0]['title']} {papers[0]['abstract']}"
    others = [hit["id"] for hit in client.search(text, 20) if hit["id"] != ids[0]]
    queries = {"first": QUESTION, "later": QUESTION, "none": QUESTION, "not relevant": QUESTION, ids[0]: text}
    judgements = {
        "first": {ranking[0]: 2, ranking[1]: 1},
        "later": {ranking[1]: 1, ranking[12]: 1},
        "not relevant": {ranking[0]: 0, ranking[1]: -1},
        # The query is a paper itself, which does not count.
        ids[0]: {others[0]: 1},
    }
    found = client.evaluate(queries, judgements)
    scores = {score.pop("query"): score for score in found["per_query"]}
    assert (found["k"], found["queries"], list(scores)) == (10, 3, ["first", "later", ids[0]])
    assert scores["first"] == scores[ids[0]] == {"ndcg": 1, "mrr": 1, "recall": 1}, scores
    assert scores["later"] == {"ndcg": 1 / log3 / (1 + 1 / log3), "mrr": 0.5, "recall": 0.5}
    for name in ["ndcg", "mrr", "recall"]:
        assert math.isclose(found[name], (2 + scores["later"][name]) / 3)
    assert client.evaluate(queries, {"later": judgements["later"]}, k=13)["recall"] == 1
    hidden = client.evaluate(queries, {"first": judgements["first"]}, mode="dense", from_=2020)
    assert hidden["ndcg"] == hidden["mrr"] == hidden["recall"] == 0
    raises(ValueError, "`other`", lambda: client.evaluate(queries, {"other": {ids[0]: 1}}))


def unreachable():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d/" % silent.getsockname()[1]
        rejected(None, "cannot be reached", Client(url).status)
        rejected(None, "cannot be reached", Client(url).add(papers).finish)
        silent.listen()
        error = rejected(None, "did not respond within 0.2 s", Client(url, timeout=0.2).status)
        assert "timeout" in error.hint
    raises(ValueError, "`url`", lambda: Client("127.0.0.1:7373"))


def busy():
    """A service that is busy once, and closes the connection after each response."""
    sent = []

    def respond(listener):
        bodies = ["503 Service Unavailable\r\nRetry-After: 0", "200 OK", "429 Too Many Requests\r\nRetry-After: 99"]
        for head in bodies:
            connection, _ = listener.accept()
            with connection:
                sent.append(connection.recv(65536))
                connection.sendall(f"HTTP/1.1 {head}\r\nContent-Length: 2\r\n\r\n{{}}".encode())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=respond, args=(listener,))
        thread.start()
        with Client("http://127.0.0.1:%d/below/" % listener.getsockname()[1], token="secret") as client:
            assert client.status() == {}
            rejected(429, "not of paperkin", client.status)
        thread.join()
    assert len(sent) == 3 and sent[0].startswith(b"GET /below/api/v1/status HTTP/1.1\r\n")
    assert b"Authorization: Bearer secret\r\n" in sent[0]


def guide():
    """The examples of the manual, over the sample."""
    with open("docs/src/guide/python.md", encoding="utf-8") as page:
        blocks = re.findall("^```python\n(.*?)^```$", page.read(), re.DOTALL | re.MULTILINE)
    assert len(blocks) > 5
    with paperkin.serve(os.path.join(folder, "sample"), "--model", model, program=program) as client:
        names = {"client": client}
        for block in blocks:
            # Where the manual starts a service or connects to one, this one answers.
            block = re.sub(r"\bClient\(.*\)", "client", block)
            block = re.sub(r"paperkin\.serve\(.*\)", "contextlib.nullcontext(client)", block)
            with contextlib.redirect_stdout(None):
                exec(compile(f"import contextlib\n{block}", "python.md", "exec"), names)


def example(client):
    environment = {**os.environ, "PAPERKIN_URL": client.url}
    script = pathlib.Path("examples/reading_list.py").resolve()
    python = [sys.executable, "-B", script]
    environment["PYTHONPATH"] = str(pathlib.Path(paperkin.__file__).parent.parent)
    subprocess.run(python, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    output = pathlib.Path(folder)
    drawn = ElementTree.parse(output / "map.svg").getroot()
    listed = (output / "reading-list.md").read_text(encoding="utf-8")
    entries = (output / "reading-list.bib").read_text(encoding="utf-8")
    circles = list(drawn.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == len(papers) + 1 and listed.count("\n## ") == 3
    titles = list(drawn.iter("{http://www.w3.org/2000/svg}title"))
    assert 8 <= len(titles) <= 24 and entries.count("title = {") == len(titles)


assert paperkin.__version__
environment = {**os.environ, "PATH": os.path.dirname(program)}
for arguments, status in [(["--version"], 0), (["search"], 2)]:
    ran = subprocess.run([sys.executable, "-B", "-m", "paperkin", *arguments], env=environment, capture_output=True)
    assert ran.returncode == status, ran
unreachable()
busy()
store = os.path.join(folder, "store")
with paperkin.serve(store, "--model", model, "--no-sample", program=program) as client:
    for check in [add, search, related, read, embed, evaluate, example]:
        check(client)
    address = client.url
guide()
rejected(None, "cannot be reached", Client(address).status)
with Client(address) as closed:
    assert repr(closed) == f"Client({address!r})"
with open(os.devnull, "w") as quiet:
    kept, sys.stderr = os.dup(2), quiet
    os.dup2(quiet.fileno(), 2)
    try:
        rejected(None, "did not start", lambda: paperkin.serve(store, "--nonsense", program=program).__enter__())
    finally:
        os.dup2(kept, 2)
        sys.stderr = sys.__stderr__

# A server that is not paperkin.
import http.server


class Foreign(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>hello</html>")

    def log_message(self, *_):
        pass


with http.server.HTTPServer(("127.0.0.1", 0), Foreign) as foreign:
    threading.Thread(target=foreign.serve_forever, daemon=True).start()
    with Client(f"http://127.0.0.1:{foreign.server_port}") as client:
        rejected(200, "not of paperkin: <html>", client.status)
    foreign.shutdown()
try:
    Client("http://127.0.0.1:1", token="geheim\u2026")
    raise AssertionError("a token outside of ASCII was accepted")
except ValueError as error:
    assert "ASCII" in str(error), error
