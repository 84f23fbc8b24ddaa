"""Client of a running service."""

import base64
import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional, cast

from paperkin import _wire as wire
from paperkin import metrics
from paperkin._http import Transport
from paperkin.errors import PaperkinError, json_of
from paperkin.types import (
    Comparison,
    Counts,
    Criteria,
    Evaluation,
    Facets,
    Filters,
    Format,
    Fusion,
    Hit,
    MapPoint,
    Mode,
    Overview,
    Paper,
    QueryScores,
    Role,
    SearchOptions,
    Status,
    Suggestion,
    Texts,
    Written,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

AGAIN = "add the same papers again; those that were stored are unchanged"
Request = Callable[[Mapping[str, Any]], bytes]
MAX_K = 100
"""Hits and papers of one response."""
TEXTS = 1024
"""Texts of one request."""


class Hits(list[Hit]):
    """A list of hits, with facts about the response.

    Attributes:
        query: the query, or the ids of the examples.
        mode: the mode that was used.
        among: number of papers that pass the filters.
        took_ms: time in the service in milliseconds, summed over pages.
        reranked: number of papers that the cross-encoder has read; `None` without reranking.
        named: the id of a paper, if the query is one; this paper is first, its related papers follow.
        notes: how the query was read, where that is not obvious, and why nothing was found.
    """

    query: str = ""
    mode: str = ""
    among: int = 0
    took_ms: float = 0.0
    reranked: Optional[int] = None
    named: Optional[str] = None
    notes: Sequence[str] = ()


class Additions(Iterator[Written]):
    """The outcomes of `Client.add`, one per paper, in the order of the papers.

    Papers are sent while you iterate. `finish` sends all that are left and returns the counts.

    Attributes:
        counts: number of papers by outcome, up to now.
    """

    def __init__(self, written: Iterator[Written]) -> None:
        self._written = written
        self._started = False
        self.counts: Counts = {"added": 0, "updated": 0, "merged": 0, "unchanged": 0, "refused": 0}

    def __iter__(self) -> "Additions":
        return self

    def __next__(self) -> Written:
        self._started = True
        written = next(self._written)
        self.counts[written["outcome"]] += 1
        return written

    def finish(self) -> Counts:
        """Sends all papers that are left. Returns the number of papers by outcome."""
        for _ in self:
            pass
        return self.counts

    def __del__(self) -> None:
        if not self._started:
            message = "the result of `Client.add` was not iterated, so no paper was sent; call `finish()`"
            warnings.warn(message, RuntimeWarning, stacklevel=2)


class Client:
    """Client of a service that `paperkin serve` started.

    Args:
        url: the address of the service.
        token: the token of the service, which `add` and `remove` need.
        timeout: seconds to wait for each response.

    Requests that change nothing are sent again while the service is busy (429 and 503), within the timeout.
    A client keeps connections open, and may be used from several threads.

    Filters are keyword arguments of all methods that find papers: `from_`, `to`, `category`, `author`,
    `organisation`, `min_comments` and `ids`. A date is a `datetime.date`, or a year, month or day as text.
    All but dates and `min_comments` take one text or several.

    Raises:
        PaperkinError: by all methods, if a request fails.
    """

    def __init__(self, url: str = "http://127.0.0.1:7373", token: Optional[str] = None, timeout: float = 30.0) -> None:
        self._token = token
        self._http = Transport(url, token, timeout)

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections. They open again with the next request."""
        self._http.close()

    @property
    def url(self) -> str:
        """The address of the service."""
        return self._http.url

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        mode: Mode = "hybrid",
        fusion: Fusion = "sum",
        feedback: bool = True,
        rerank: Optional[bool] = None,
        rerank_depth: Optional[int] = None,
        rerank_ms: Optional[int] = None,
        diverse: float = 0.0,
        highlight: bool = True,
        fields: Optional[Texts] = None,
        **filters: "Unpack[Filters]",
    ) -> Hits:
        """The papers that answer a query, the best first.

        Args:
            question: the query, up to 20,000 characters, with operators such as `author:hinton`.
            k: number of hits. More than 100 are requested in pages. The ranking ends with the candidates, the
                best 200 of dense and of lexical search.
            mode: `hybrid`, `dense` or `lexical`.
            fusion: for `hybrid`: the weighted `sum`, or reciprocal rank fusion (`rank`).
            feedback: for `hybrid` with `sum`: pseudo-relevance feedback.
            rerank: rerank the first hits with a cross-encoder; by default as the service was started.
            rerank_depth: number of hits to rerank, from 1 to 200; by default 50.
            rerank_ms: time for reranking in milliseconds; by default there is no limit.
            diverse: diversity (maximal marginal relevance), from 0 to 1.
            highlight: find the best-matching sentence of each abstract, for the first 20 hits of a page.
            fields: fields of the hits, such as `["id", "title", "score"]`; by default all.
            **filters: see `Client`.
        """
        options: dict[str, Any] = {"mode": mode, "fusion": fusion, "feedback": feedback, "diverse": diverse, "highlight": highlight}
        limits = {"rerank": rerank, "rerank_depth": rerank_depth, "rerank_ms": rerank_ms}
        options.update({name: value for name, value in limits.items() if value is not None})
        return self._first(self._searches(question, k, {**options, **wire.fields(fields), **wire.filters(filters)}), k)

    def iter_search(
        self,
        question: str,
        *,
        page: int = MAX_K,
        highlight: bool = False,
        fields: Optional[Texts] = None,
        **options: "Unpack[SearchOptions]",
    ) -> Iterator[Hit]:
        """All hits of a query up to the end of the candidates. Pages are requested while you iterate.

        Args:
            question: the query.
            page: hits per request, from 1 to 100.
            highlight: find the best-matching sentence, for the first 20 hits of a page.
            fields: fields of the hits; by default all.
            **options: `mode`, `fusion`, `feedback`, `rerank`, `rerank_depth`, `rerank_ms` and `diverse` of `search`,
                and filters.
        """
        body = {"highlight": highlight, **wire.fields(fields), **wire.options(options)}
        pages = self._searches(question, None, body, page)
        return (hit for answer in pages for hit in answer)

    def related(
        self,
        ids: Texts = (),
        k: int = 10,
        *,
        unlike: Texts = (),
        text: Optional[str] = None,
        mode: Mode = "hybrid",
        fusion: Fusion = "sum",
        feedback: bool = True,
        diverse: float = 0.0,
        highlight: bool = True,
        fields: Optional[Texts] = None,
        only: Optional[Texts] = None,
        **filters: "Unpack[Criteria]",
    ) -> Hits:
        """The papers related to one or several, the best first. The examples are not among them.

        Args:
            ids: id of an example, or several.
            k: number of hits. More than 100 are requested in pages.
            unlike: papers whose neighbourhood is avoided.
            text: words that describe what is wanted, beside or instead of examples.
            mode, fusion, feedback, diverse, highlight, fields: as in `search`.
            only: the filter `ids`: hits are only papers with these ids.
            **filters: the other filters, see `Client`.
        """
        body: dict[str, Any] = {
            "id": wire.texts(ids),
            "unlike": wire.texts(unlike),
            "mode": mode,
            "fusion": fusion,
            "feedback": feedback,
            "diverse": diverse,
            "highlight": highlight,
        }
        if text is not None:
            body["text"] = text
        parameters = wire.parameters({**body, **wire.fields(fields), **wire.filters({**filters, "ids": only})})
        pages = self._pages(
            k, MAX_K, lambda more: self._http.get("/api/v1/related", [*parameters, *wire.parameters(more)])
        )
        return self._first(pages, k)

    def paper(self, id: str) -> Paper:
        """One paper, by its id."""
        return cast(Paper, json_of(self._http.get(wire.path(id))))

    def compare(self, first: str, second: str) -> Comparison:
        """What two papers share and where they differ, by the sentences of their abstracts."""
        return cast(Comparison, json_of(self._http.get("/api/v1/compare", [("id", first), ("id", second)])))

    def papers(
        self,
        *,
        page: int = MAX_K,
        fields: Optional[Texts] = None,
        **filters: "Unpack[Filters]",
    ) -> Iterator[Paper]:
        """All papers that pass the filters, in the order of their ids. Pages are requested while you iterate.

        Args:
            page: papers per request, from 1 to 100.
            fields: fields of the papers; by default all.
            **filters: see `Client`.
        """
        return self._papers(page, {**wire.fields(fields), **wire.filters(filters)})

    def citation(self, id: str, format: Format = "bibtex") -> str:
        """The bibliography entry of one paper, as `bibtex`, `ris` or `csl-json`."""
        return self._http.get(wire.path(id), [("format", format)]).decode()

    def bibliography(
        self, question: str, k: int = 10, format: Format = "bibtex", **options: "Unpack[SearchOptions]"
    ) -> str:
        """The hits of a query as a bibliography file, each with a key of its own.

        Args:
            question: the query.
            k: number of hits, up to 100.
            format: `bibtex`, `ris` or `csl-json`.
            **options: as in `iter_search`. With `ids` and `mode="dense"`, the bibliography of these papers.
        """
        body = {"q": question, "k": k, "format": format, **wire.options(options)}
        return self._http.post("/api/v1/search", body).decode()

    def facets(self, **filters: "Unpack[Filters]") -> Facets:
        """Number of papers that pass the filters, by category and by year."""
        return cast(Facets, json_of(self._http.get("/api/v1/facets", wire.parameters(wire.filters(filters)))))

    def suggest(self, question: str) -> list[Suggestion]:
        """Completions of the operator at the end of a query, such as `author:hin`: values of the collection."""
        return cast(list[Suggestion], json_of(self._http.get("/api/v1/suggest", [("q", question)]))["values"])

    def overview(self) -> Overview:
        """What the collection holds, with example queries and the newest papers."""
        return cast(Overview, json_of(self._http.get("/api/v1/overview")))

    def map(self) -> list[MapPoint]:
        """The map of the collection: two coordinates and the primary category of each paper."""
        return wire.decode_map(self._http.get("/api/v1/map"))

    def status(self) -> Status:
        """Facts about the store and the model."""
        return cast(Status, json_of(self._http.get("/api/v1/status")))

    def embed(
        self, texts: Iterable[str], role: Role = "passage", dimensions: Optional[int] = None
    ) -> list[list[float]]:
        """The embeddings of texts, in their order, at unit length.

        Args:
            texts: the texts; none is empty. A text that is longer than the model reads is truncated.
            role: `query` for queries, `passage` for papers; some models distinguish them.
            dimensions: truncate to N dimensions; only for models that were trained for it (Matryoshka).
        """
        if isinstance(texts, str):
            raise TypeError("`texts` must be several texts; pass `[text]` for one")
        model = json_of(self._http.get("/v1/models"))["data"][0]["id"]
        request: dict[str, Any] = {"model": model, "role": role, "encoding_format": "base64"}
        if dimensions is not None:
            request["dimensions"] = dimensions
        embeddings: list[list[float]] = []
        for batch in wire.batches(((text, len(json.dumps(text))) for text in texts), TEXTS):
            answer = json_of(self._http.post("/v1/embeddings", {**request, "input": batch}))
            embeddings.extend(wire.floats(base64.b64decode(item["embedding"])) for item in answer["data"])
        return embeddings

    def add(self, papers: Iterable[Mapping[str, Any]], *, batch: int = 1000, timeout: float = 300.0) -> Additions:
        """Adds papers, or changes those with the same id. Needs the token.

        A paper has a `title`, and optionally `id`, `abstract`, `authors`, `categories`, `published`, `url` and
        the other fields of `Paper`. Values that are `None` or NaN are left out, as in rows of a data frame.

        Papers are sent as JSON Lines while you iterate over the result, in batches. Each outcome means that the
        paper is durable and can be found, or why it was refused:

            for written in client.add(papers):
                print(written["line"], written["outcome"])

            client.add(papers).finish()  # sends all, returns the counts

        After an error, add the same papers again: those that were stored are `unchanged`.

        Args:
            papers: the papers; any number.
            batch: papers per request; a request is sent when it is full.
            timeout: seconds to wait for the next outcome.
        """
        return Additions(self._add(papers, batch, timeout))

    def remove(self, id: str) -> None:
        """Deletes a paper. Needs the token."""
        self._http.delete(wire.path(id))

    def split(self, id: str) -> list[str]:
        """Undoes a wrong merge: the records of a paper become papers of their own. Needs the token.

        Returns:
            The ids of the papers, the first with the id that the paper had.
        """
        return json_of(self._http.post(wire.path(id) + "/split", {}))

    def evaluate(
        self,
        queries: Mapping[str, str],
        judgements: Mapping[str, Mapping[str, int]],
        k: int = 10,
        **options: "Unpack[SearchOptions]",
    ) -> Evaluation:
        """nDCG@k, MRR@k and Recall@k over the papers of the store, computed as trec_eval does.

        Each query is searched with `options`. A query without a relevant paper is left out, one without a hit
        counts as 0. A paper that is the query itself, with the same id and text, is not counted as a hit.

        Args:
            queries: the text of each query, by its id.
            judgements: for each query id, the grade of each judged paper by the paper's id in the store; 1 or
                more is relevant.
            k: number of hits that count.
            **options: as in `iter_search`.
        """
        unknown = sorted(set(judgements) - set(queries))
        if unknown:
            raise ValueError(f"there are judgements of the query `{unknown[0]}`, which is not among the queries")
        body = {"highlight": False, "fields": ["id"], **wire.options(options)}
        scores: list[QueryScores] = []
        for query, text in queries.items():
            judged = judgements.get(query, {})
            if not any(grade > 0 for grade in judged.values()):
                continue
            ranking = self._ranking(text, k, body)
            if query in ranking and self._is_paper(query, text):
                ranking = [id for id in self._ranking(text, k + 1, body) if id != query][:k]
            scores.append(
                {
                    "query": query,
                    "ndcg": metrics.ndcg(ranking, judged, k),
                    "mrr": metrics.reciprocal_rank(ranking, judged, k),
                    "recall": metrics.recall(ranking, judged, k),
                }
            )
        return {
            "k": k,
            "queries": len(scores),
            "ndcg": metrics.mean([score["ndcg"] for score in scores]),
            "mrr": metrics.mean([score["mrr"] for score in scores]),
            "recall": metrics.mean([score["recall"] for score in scores]),
            "per_query": scores,
        }

    def _ranking(self, text: str, k: int, body: Mapping[str, Any]) -> list[str]:
        return [hit["id"] for hit in self._first(self._searches(text, k, body), k)]

    def _is_paper(self, id: str, text: str) -> bool:
        paper = self.paper(id)
        title, abstract = paper["title"].strip(), paper["abstract"].strip()
        return text.strip() in (abstract, f"{title} {abstract}".strip())

    def _searches(
        self, question: str, k: Optional[int], options: Mapping[str, Any], page: int = MAX_K
    ) -> Iterator[Hits]:
        """The pages of a search; all for `k` of `None`."""
        body = {"q": question, **options}
        return self._pages(k, page, lambda more: self._http.post("/api/v1/search", {**body, **more}))

    def _pages(self, k: Optional[int], page: int, request: Request) -> Iterator[Hits]:
        more: dict[str, Any] = {"k": page if k is None else min(k, page)}
        while True:
            answer = json_of(request(more))
            hits = Hits(answer["hits"])
            hits.query, hits.mode = answer["query"], answer["mode"]
            hits.among, hits.took_ms = answer["among"], answer["took_ms"]
            hits.reranked, hits.named = answer.get("reranked"), answer.get("named")
            hits.notes = answer.get("notes", [])
            yield hits
            if k is not None:
                k -= len(hits)
            if answer["next"] is None or not hits or k == 0:
                return
            more = {"k": page if k is None else min(k, page), "cursor": answer["next"]}

    def _first(self, pages: Iterator[Hits], k: int) -> Hits:
        """The hits of all pages in one list."""
        hits = next(pages)
        for page in pages:
            hits.extend(page)
            hits.took_ms += page.took_ms
        return hits

    def _papers(self, page: int, options: Mapping[str, Any]) -> Iterator[Paper]:
        cursor: dict[str, Any] = {}
        while True:
            answer = json_of(self._http.get("/api/v1/papers", wire.parameters({"k": page, **options, **cursor})))
            yield from cast(list[Paper], answer["papers"])
            if answer["next"] is None:
                return
            cursor = {"cursor": answer["next"]}

    def _add(self, papers: Iterable[Mapping[str, Any]], count: int, timeout: float) -> Iterator[Written]:
        sent = 0
        lines = (wire.json_line(paper) for paper in papers)
        for batch in wire.batches(((line, len(line)) for line in lines), count):
            answered = 0
            for raw in self._http.stream("/api/v1/papers", b"".join(batch), "application/x-ndjson", timeout):
                written = json_of(raw)
                if written["outcome"] == "stopped":
                    raise PaperkinError(None, "Stopped", written["reason"], AGAIN)
                answered += 1
                written["line"] += sent
                yield cast(Written, written)
            if answered < len(batch):
                detail = f"the outcome of {len(batch) - answered} papers did not arrive"
                raise PaperkinError(None, "Stopped", detail, AGAIN)
            sent += len(batch)
