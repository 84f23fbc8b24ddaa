"""Types of arguments and results. At run time all results are plain dicts."""

from collections.abc import Iterable
from datetime import date
from typing import Literal, Optional, TypedDict, Union

Mode = Literal["hybrid", "dense", "lexical"]
Fusion = Literal["sum", "rank"]
Role = Literal["passage", "query"]
Format = Literal["bibtex", "ris", "csl-json", "csv"]
Texts = Union[str, Iterable[str]]
"""One text, or several."""
Date = Union[str, int, date]
"""A day, a month or a year: `date(2024, 6, 12)`, `"2024-06-12"`, `"2024-06"`, `"2024"` or `2024`."""


class Criteria(TypedDict, total=False):
    """Keyword arguments that restrict the papers, beside `ids`."""

    from_: Date
    """Papers from this day, month or year."""
    to: Date
    """Papers up to this day, month or year, inclusive."""
    category: Texts
    """Papers of any of these categories, `cs.LG`, or archives, `cs.*`."""
    author: Texts
    """Papers with authors whose names contain all of these."""
    organisation: Texts
    """Papers of organisations whose names contain any of these."""
    venue: Texts
    """Papers of journals, conferences or books whose names contain any of these."""
    type: Texts
    """Papers of any of these types of publication, such as `article`, `preprint` or `review`."""
    min_citations: int
    """Papers with at least N citations."""
    min_comments: int
    """Papers with at least N readers' comments."""


class Filters(Criteria, total=False):
    """Keyword arguments that restrict the papers."""

    ids: Texts
    """Only papers with these ids."""


class SearchOptions(Filters, total=False):
    """Keyword arguments that determine the ranking of a search, and the filters."""

    mode: Mode
    """`hybrid` (default), `dense` or `lexical`."""
    fusion: Fusion
    """For `hybrid`: the weighted `sum` (default), or reciprocal rank fusion (`rank`)."""
    feedback: bool
    """For `hybrid` with `sum`: pseudo-relevance feedback (default: true)."""
    rerank: Optional[bool]
    """Rerank the first hits; `None` (default): as the service was started."""
    rerank_depth: Optional[int]
    """Number of hits to rerank, from 1 to 200; `None` (default): 50."""
    rerank_ms: Optional[int]
    """Time for reranking in milliseconds; `None` (default): no limit."""
    diverse: float
    """Diversity (maximal marginal relevance), from 0 (default) to 1."""


class MatchedWord(TypedDict):
    """A word of the query that a paper has."""

    word: str
    score: float
    """Its share of the BM25 score."""


class _Named(TypedDict, total=False):
    named: list[str]
    """What the query names of the paper: `id`, `title`, `author` or `year`. Left out if nothing."""


class Why(_Named):
    """Why a paper is a hit. What its mode does not compute is `None`."""

    cosine: Optional[float]
    meaning_rank: Optional[int]
    bm25: Optional[float]
    word_rank: Optional[int]
    rerank: Optional[float]
    words: list[MatchedWord]


class _Details(TypedDict, total=False):
    """Bibliographic details; those that are not known are left out."""

    ids: list[str]
    """Other ids, by which the paper can be found as well."""
    keywords: list[str]
    type: str
    """Type of publication: `article`, `preprint`, `review` and so on."""
    venue: str
    """Journal, conference or book."""
    volume: str
    number: str
    pages: str
    publisher: str
    language: str
    citations: int
    """Number of papers that cite this one."""
    open_access: str
    """Address of a freely accessible full text."""


class _Described(_Details):
    """The fields that hits and papers share."""

    id: str
    """arXiv id, DOI, or `title:` and a hash of the title."""
    title: str
    abstract: str
    authors: list[str]
    author_count: Optional[int]
    """Number of authors, where not all names are known."""
    organisation: Optional[str]
    categories: list[str]
    """The primary one first."""
    published: Optional[str]
    """A day, a month or a year: `2017-06-12`, `2017-06` or `2017`."""
    url: Optional[str]


class Hit(_Described):
    """A search result. With `fields`, only those fields are present."""

    rank: int
    """From 1."""
    score: float
    """The cosine in mode `dense`, BM25 in `lexical`, the fused score in `hybrid`."""
    why: Why
    highlight: Optional[str]
    """The best-matching sentence of the abstract; only of the first 20 hits of a page of 100."""


class Paper(_Described):
    """A paper as stored. With `fields`, only those fields are present."""

    comments: Optional[int]
    """Number of readers' comments, where the source has it."""


class _Line(TypedDict):
    line: int
    id: Optional[str]
    outcome: Literal["added", "updated", "merged", "unchanged", "refused"]


class Written(_Line, total=False):
    """The outcome for one paper that was sent: its number from 1, its id, the outcome."""

    reason: str
    """Why it was refused; present for `refused` only."""
    notes: list[str]
    """Values of the paper that could not be used; the rest was stored."""


class Counts(TypedDict):
    """Number of papers by outcome."""

    added: int
    updated: int
    merged: int
    """Records that joined papers which were stored separately."""
    unchanged: int
    refused: int


class CategoryCount(TypedDict):
    category: str
    papers: int


class YearCount(TypedDict):
    year: int
    papers: int


class Facets(TypedDict):
    """Number of papers that pass the filters, by category and by year."""

    papers: int
    categories: list[CategoryCount]
    """The 100 most frequent ones, the most frequent first, counted without the filter `category`."""
    years: list[YearCount]
    """In their order, counted without the filters `from_` and `to`."""


class ComparedPaper(TypedDict):
    """A paper that is compared."""

    id: str
    title: str
    authors: list[str]
    published: Optional[str]


class SimilarSentences(TypedDict):
    """Two sentences with a similar meaning."""

    first: str
    second: str
    cosine: float


class Comparison(TypedDict):
    """What two papers share, and where they differ."""

    papers: list[ComparedPaper]
    cosine: Optional[float]
    """The cosine of the embeddings of the papers."""
    authors: list[str]
    """Authors of both, as `categories` and `keywords`."""
    categories: list[str]
    keywords: list[str]
    similar: list[SimilarSentences]
    only_in_first: list[str]
    """Sentences without a counterpart in the other abstract."""
    only_in_second: list[str]
    not_compared: list[int]
    """Number of sentences at the end of each abstract that were not compared."""


class Suggestion(TypedDict):
    """A value of an operator that is being typed."""

    value: str
    papers: int
    query: str
    """The whole query with this value."""


class Overview(TypedDict):
    """What the collection holds."""

    papers: int
    first_year: Optional[int]
    last_year: Optional[int]
    categories: list[CategoryCount]
    """The 5 most frequent ones."""
    examples: list[str]
    """Up to 8 example queries made from the collection."""
    newest: list[Paper]
    """The 5 papers published last, the newest first."""


class Audit(TypedDict):
    nodes: int
    reached: int
    found: int


class Tuning(TypedDict):
    ef: int
    k: int
    wanted: float
    recall: float
    papers: int


class Unfinished(TypedDict):
    model: str
    dimension: int
    embedded: int


class ServerFacts(TypedDict):
    """What the server of a collection says of itself."""

    address: str
    version: str


class _AnyStatus(TypedDict):
    papers: int
    dimension: int
    model: str
    revision: str
    kernel: str


class Status(_AnyStatus, total=False):
    """Facts about the collection and the model; of a store in a folder also about its files, of others about the server."""

    server: ServerFacts
    dead_rows: int
    older_text: int
    """Papers whose markup was turned into text by older rules, until `paperkin reindex`."""
    format: int
    graph_rows: int
    graph_bytes: int
    graph_audit: Optional[Audit]
    graph_candidates: int
    tuning: Optional[Tuning]
    lexical_rows: int
    unfinished: Optional[Unfinished]
    store_bytes: int


class MapPoint(TypedDict):
    """A paper on the map of the collection."""

    id: str
    x: float
    """From -1 to 1."""
    y: float
    """From -1 to 1, upwards."""
    category: Optional[str]
    """The primary category."""


class QueryScores(TypedDict):
    """The metrics of one query."""

    query: str
    ndcg: float
    mrr: float
    recall: float


class Evaluation(TypedDict):
    """Means over the queries that have a relevant paper, and the metrics of each."""

    k: int
    queries: int
    ndcg: float
    mrr: float
    recall: float
    per_query: list[QueryScores]
