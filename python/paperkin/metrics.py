"""Metrics of a ranking by relevance judgements, as trec_eval computes them.

A paper is relevant if its grade is 1 or more. Papers without a judgement are not relevant. Each metric is between
0 and 1, and 0 for an empty ranking.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log2


def ndcg(ranking: Sequence[str], judged: Mapping[str, int], k: int = 10) -> float:
    """Normalised discounted cumulative gain of the first `k` papers (trec_eval: `ndcg_cut`).

    The gain is the grade, the discount log2(rank + 1). The ideal ranking has all judged papers.
    """
    ideal = _discounted(sorted(judged.values(), reverse=True)[:k])
    return _discounted(judged.get(id, 0) for id in ranking[:k]) / ideal if ideal > 0 else 0.0


def reciprocal_rank(ranking: Sequence[str], judged: Mapping[str, int], k: int = 10) -> float:
    """1 / rank of the first relevant paper, 0 if none is among the first `k` (trec_eval: `recip_rank`)."""
    ranks = (rank for rank, id in enumerate(ranking[:k], 1) if judged.get(id, 0) > 0)
    first = next(ranks, None)
    return 1 / first if first else 0.0


def recall(ranking: Sequence[str], judged: Mapping[str, int], k: int = 10) -> float:
    """Share of the relevant papers that are among the first `k` (trec_eval: `recall`)."""
    relevant = {id for id, grade in judged.items() if grade > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else 0.0


def mean(values: Sequence[float]) -> float:
    """The mean; 0 without values."""
    return sum(values) / max(len(values), 1)


def _discounted(gains: Iterable[int]) -> float:
    return sum(max(gain, 0) / log2(rank + 1) for rank, gain in enumerate(gains, 1))
