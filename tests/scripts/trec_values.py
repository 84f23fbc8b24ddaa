#!/usr/bin/env python3
"""Regenerate tests/data/judged: two made-up runs, judgements, and what trec_eval makes of them.

The judgements are graded, some below zero; documents of equal score, scores that differ in
64 bits only, documents that nobody judged, ids that sort differently as text and as numbers,
queries without a relevant document or without an answer, and answers to queries that nobody
judged: everything on which ways of counting differ. Run twice, it writes the same bytes.

    pip install pytrec-eval-terrier==0.5.11 numpy
    python tests/scripts/trec_values.py

trec_eval has no reciprocal rank of the first ten documents: it is the one of the ranking cut
after ten, in trec_eval's own order. p of the randomisation test is of one million exchanges.
"""

import json
import random
from importlib.metadata import version
from pathlib import Path

import numpy
import pytrec_eval

FOLDER = Path(__file__).resolve().parent.parent / "data" / "judged"
MEASURES = {
    "ndcg@10": "ndcg_cut_10",
    "ndcg@20": "ndcg_cut_20",
    "map": "map",
    "recall@10": "recall_10",
    "recall@100": "recall_100",
    "p@10": "P_10",
}
DOCUMENTS = [str(n) for n in range(1, 90)] + [f"doc-{n}" for n in range(60)] + ["Z", "a", "B", "b", "é", "z9", "z10"]


def judgements(rng):
    qrels = {}
    for number in range(1, 25):
        judged = rng.sample(DOCUMENTS, rng.choice([3, 8, 30]))
        qrels[f"q{number}"] = {document: rng.choice([-1, 0, 0, 1, 1, 2, 3]) for document in judged}
    qrels["nothing-relevant"] = {"1": 0, "2": -1}
    qrels["nothing-found"] = {"1": 1, "2": 2}
    qrels["found-late"] = {"doc-3": 1}
    return qrels


def answers(rng, qrels, skill):
    run = {}
    for query, judged in qrels.items():
        if query == "nothing-found":
            continue
        found = rng.sample(DOCUMENTS, rng.choice([5, 25, 140]))
        if query == "found-late":
            found = ["doc-3"] + [d for d in rng.sample(DOCUMENTS, 40) if d != "doc-3"]
        # A few scores for many documents, so that there are ties.
        score = {d: round(rng.random() + skill * max(judged.get(d, 0), 0), 1) for d in found}
        # A tie in 32 bits, not in 64.
        score.update({d: score[d] + 1e-12 * (n + 1) for n, d in enumerate(found[:3])})
        if query == "found-late":
            score["doc-3"] = 0.05
        run[query] = score
    run["nobody-judged"] = {"1": 1.0, "2": 0.5}
    return run


def write_run(path, run, rng):
    lines = [
        f"{query} Q0 {document} 1 {score!r} made-up\n" for query, found in run.items() for document, score in found.items()
    ]
    rng.shuffle(lines)
    path.write_text("".join(lines), encoding="utf-8")


def cut(found, k):
    order = sorted(found, key=lambda d: (numpy.float32(found[d]), d.encode()), reverse=True)
    return {document: found[document] for document in order[:k]}


def values(qrels, run):
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10,20", "map", "recall.10,100", "P.10"})
    whole = evaluator.evaluate(run)
    first = pytrec_eval.RelevanceEvaluator(qrels, {"recip_rank"}).evaluate({q: cut(found, 10) for q, found in run.items()})
    by_query = {}
    for query in qrels:
        found = whole.get(query, dict.fromkeys(MEASURES.values(), 0.0))
        by_query[query] = {name: found[measure] for name, measure in MEASURES.items()}
        by_query[query]["mrr@10"] = first.get(query, {"recip_rank": 0.0})["recip_rank"]
    return by_query


def p_value(a, b, rng):
    differences = numpy.array(b) - numpy.array(a)
    sums = [
        numpy.abs(rng.choice([-1.0, 1.0], size=(10_000, len(differences))) @ differences) for _ in range(100)
    ]
    return float(numpy.mean(numpy.concatenate(sums) >= abs(differences.sum()) - 1e-9))


def main():
    rng = random.Random(20)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "qrels").mkdir(exist_ok=True)
    qrels = judgements(rng)
    rows = [f"{query}\t{document}\t{grade}\n" for query, judged in qrels.items() for document, grade in judged.items()]
    (FOLDER / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(rows), encoding="utf-8")
    runs = {"a": answers(rng, qrels, 0.1), "b": answers(rng, qrels, 0.5)}
    expected = {"made_by": {name: version(name) for name in ["pytrec-eval-terrier", "numpy"]}, "runs": {}, "p": {}}
    for name, run in runs.items():
        write_run(FOLDER / f"{name}.run", run, rng)
        expected["runs"][name] = values(qrels, run)
    relevant = [query for query, judged in qrels.items() if max(judged.values()) > 0]
    generator = numpy.random.default_rng(20)
    for name in [*MEASURES, "mrr@10"]:
        columns = [[expected["runs"][run][query][name] for query in relevant] for run in runs]
        expected["p"][name] = p_value(*columns, generator)
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (FOLDER / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
