#!/usr/bin/env python3
"""Tables and charts of the measurements in benches/results.

    python3 benches/report.py             # write all charts and tables
    python3 benches/report.py --check     # exit 1 and name each file that would change
    cargo bench --bench search -- --json | python3 benches/report.py --add

Each file of benches/results has the question that it answers, and records with `date`, `run`, `machine`, `command`,
`parameters`, `system` and `values`. Records of one run have the same `run`, which sorts by time. Tables show the
latest run. `--add` reads records, one JSON object per line, gives them `date` and `run`, and appends each to the file
of benches/results that its field `results` names. A table stands in a Markdown file between `<!-- table: NAME -->` and
`<!-- end -->`. Python's standard library is enough.
"""

import argparse
import datetime
import json
import re
import sys
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benches" / "results"
IMAGES = ROOT / "docs" / "src" / "images"
PAGES = ("benches/RESULTS.md", "docs/src/performance.md", "README.md")
MARKED = re.compile(r"(<!-- table: ([a-z0-9-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
AMX, AVX512, AVX2 = "Intel Xeon, AMX", "Intel Xeon, AVX-512", "AMD EPYC, AVX2"


# Records.


def load(name):
    """A file of results. Numbers keep their digits."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"), parse_float=Decimal)


def dump(value, indent=0):
    """JSON that keeps the digits of numbers. A value that fits on one line stands on one line."""
    if isinstance(value, Decimal):
        return str(value)
    if not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    opening, closing = "{}" if isinstance(value, dict) else "[]"

    def parts(depth):
        if isinstance(value, dict):
            return [f"{json.dumps(key, ensure_ascii=False)}: {dump(part, depth)}" for key, part in value.items()]
        return [dump(part, depth) for part in value]

    flat = opening + ", ".join(parts(0)) + closing
    nested = isinstance(value, dict) and any(isinstance(part, dict) for part in value.values())
    if "\n" not in flat and not nested and len(flat) + indent <= 150:
        return flat
    pad = "\n" + " " * (indent + 1)
    return opening + pad + ("," + pad).join(parts(indent + 1)) + "\n" + " " * indent + closing


def records(name, **wanted):
    """The records of a file with these fields or parameters, in the order of the file."""
    found = load(name)["records"]
    return [r for r in found if all({**r["parameters"], **r}.get(key) == value for key, value in wanted.items())]


def own(record):
    return record["system"].startswith("paperkin")


def machine(record):
    """Short name of a machine: the processor and its widest instructions."""
    of = record["machine"]
    processor = of["processor"].replace("(R)", "")
    name = next((known for known in ("AMD EPYC", "Intel Xeon") if known in processor), processor)
    return f"{name}, {'AMX' if of.get('amx') else 'AVX-512' if of.get('avx512') else 'AVX2'}"


def on(name, found):
    return [r for r in found if machine(r) == name]


def latest(found):
    """The records of the latest run."""
    last = max((r["run"] for r in found), default="")
    return [r for r in found if r["run"] == last]


def beside_peers(found):
    """The records of runs that measured another program beside paperkin."""
    found = [r for r in found if r["parameters"].get("kind") != "kernels"]
    runs = {r["run"] for r in found if not own(r)} & {r["run"] for r in found if own(r)}
    return [r for r in found if r["run"] in runs]


# Cells and tables.


def text(value, digits=None):
    """A cell: the digits that were measured, at most `digits` of them behind the point."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list):
        return " / ".join(text(part, digits) for part in value)
    value = Decimal(value)
    if digits is not None and -value.as_tuple().exponent > digits:
        # Large numbers need fewer digits: 4 behind the point below 1, 2 below 100, 1 below 1,000, else none.
        most = next((most for limit, most in ((1, digits), (100, 2), (1000, 1)) if abs(value) < limit), 0)
        value = value.quantize(Decimal(1).scaleb(-min(digits, most)), ROUND_HALF_UP)
    return f"{value:,f}"


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("|" + "|".join(f" {cell} " if cell else " " for cell in line) + "|\n" for line in lines)


def columns(found, *wanted, digits=4):
    """A table with a row per record. A column is a heading, and the name of a value or a function of a record."""

    def cell(record, what):
        return text(what(record) if callable(what) else record["values"].get(what), digits)

    return table([head for head, _ in wanted], [[cell(record, what) for _, what in wanted] for record in found])


def pivot(found, row, column, cell, head):
    """A table with a row per value of `row`, a column per value of `column`, and `cell` of all records of both."""
    rows, names = list(dict.fromkeys(map(row, found))), list(dict.fromkeys(map(column, found)))
    cells = [[cell([r for r in found if (row(r), column(r)) == (key, name)]) for name in names] for key in rows]
    return table([head, *names], [[text(key), *found] for key, found in zip(rows, cells)])


def of(parameter):
    return lambda record: record["parameters"].get(parameter)


def all_of(value, digits=None):
    """A cell with one value of all records."""
    return lambda found: " / ".join(text(r["values"][value], digits) for r in found if value in r["values"])


def system(record):
    note = record["parameters"].get("note")
    return short(record["system"]) + (f" ({note})" if note else "")


def short(name):
    return name.replace(", sentence-transformers 6.2.0", "")


def date(record):
    return record["date"]


def shares(found, value):
    """paperkin's value as a multiple of a record's, from the least to the largest that was measured in the run."""
    mine = sorted(r["values"][value] for r in found if own(r))

    def cell(record):
        if own(record):
            return ""
        ratios = [rate / record["values"][value] for rate in (mine[0], mine[-1])]
        return "–".join(dict.fromkeys(text(ratio, 2 if ratio < 5 else 1) for ratio in ratios))

    return cell


def peers(name):
    run = latest(on(name, beside_peers(records("embedding"))))
    # Kernels that paperkin does not choose on this processor are in the table of kernels.
    first = next(r for r in run if own(r))["system"]
    return [r for r in run if not own(r) or r["system"] == first]


def embedding_peers(name):
    found = peers(name)
    return columns(
        found,
        ("system", system),
        ("abstracts/s", "texts_per_s"),
        ("batch size", "batch"),
        ("paperkin faster by (factor)", shares(found, "texts_per_s")),
        ("query p50 (ms)", "query_p50_ms"),
        ("p95 (ms)", "query_p95_ms"),
    )


KERNELS = (
    ("machine", machine),
    ("kernel", lambda r: r["system"].removeprefix("paperkin ")),
    ("abstracts/s", "texts_per_s"),
    ("GFLOP/s", "gflops"),
    ("limit (GFLOP/s)", "limit_gflops"),
    ("query p50 (ms)", "query_p50_ms"),
    ("start-up (ms)", "start_up_ms"),
    ("peak (MB)", "peak_mb"),
)


def kernels():
    found = records("embedding", kind="kernels")
    return columns([r for name in (AMX, AVX2) for r in latest(on(name, found)) if own(r)], *KERNELS, digits=2)


def accuracy():
    found = records("accuracy")
    return columns(
        [r for name in (AMX, AVX2) for r in latest(on(name, found))],
        ("system", system),
        ("machine", machine),
        ("compared with", of("reference")),
        ("least cosine", "least_cosine"),
        ("mean cosine", "mean_cosine"),
        ("nDCG@10 on SciFact", "ndcg_at_10"),
        digits=7,
    )


def precision():
    return columns(
        records("precision", kind=None),
        ("model", of("model")),
        ("operands", system),
        ("least cosine with f32", "least_cosine"),
        ("mean", "mean_cosine"),
        ("SciFact", "scifact"),
        ("Cranfield", "cranfield"),
        ("CISI", "cisi"),
        ("NPL", "npl"),
        ("mean of the sets", "mean"),
        digits=5,
    )


def precision_speed():
    def rates(record):
        return [record["values"][name] for name in ("texts_per_s", "texts_per_s_after") if name in record["values"]]

    return columns(
        records("precision", kind="speed"),
        ("program", lambda record: record["system"]),
        ("abstracts/s", rates),
        ("query p50 (ms)", "query_p50_ms"),
    )


def adding():
    return columns(
        records("adding"),
        ("what", lambda r: r["system"]),
        ("machine", machine),
        ("time (s)", "total_s"),
        ("papers/s", "papers_per_s"),
        ("peak memory (MB)", "peak_mb"),
    )


def spark():
    return columns(
        records("spark"),
        ("what", lambda r: r["system"]),
        ("papers", of("papers")),
        ("time (s)", "total_s"),
        ("papers/s", "papers_per_s"),
    )


def graph_wanted():
    found = latest([r for r in records("graph-recall") if "wanted" in r["parameters"]])
    rows = []
    for wanted in dict.fromkeys(r["parameters"]["wanted"] for r in found):
        here = [r for r in found if r["parameters"]["wanted"] == wanted]
        mine, other = [r for r in here if own(r)], [r for r in here if not own(r)]
        ratios = [r["values"]["queries_per_s"] / Decimal(other[0]["values"]["queries_per_s"]) for r in mine]
        rows.append([text(wanted), *(
            cell
            for group in (mine, other)
            for cell in (
                f"{text(group[0]['values']['recall_at_10'], 4)} ({group[0]['parameters']['ef']})",
                all_of("queries_per_s", 0)(group),
            )
        ), text(ratios, 1)])
    return table(
        ["target recall@10", "paperkin (ef)", "queries/s", "hnswlib (ef)", "queries/s", "factor"],
        rows,
    )


def sweep():
    """The latest run beside peers in which every system was measured at several sizes of the candidate list."""
    found = [r for r in records("graph-recall") if "ef" in r["parameters"] and "wanted" not in r["parameters"]]
    return latest(beside_peers(found))


def graph_peers():
    def cell(here):
        return f"{text(here[0]['values']['recall_at_10'], 4)}: {all_of('queries_per_s', 0)(here)}" if here else ""

    found = sorted(sweep(), key=of("ef"))
    sizes = [{of("ef")(r) for r in found if r["system"] == name} for name in {r["system"] for r in found}]
    found = [r for r in found if all(of("ef")(r) in size for size in sizes)]
    return pivot(found, of("ef"), lambda r: r["system"].replace(" HNSW", ""), cell, "ef")


def graph_avx512():
    def search(record):
        return f"ef {of('ef')(record)}" if of("ef")(record) else record["system"].removeprefix("paperkin, ")

    found = [r for r in records("graph-recall") if "recall_at_1" in r["values"]]
    return columns(
        latest(found),
        ("search", search),
        ("recall@1", "recall_at_1"),
        ("recall@10", "recall_at_10"),
        ("recall@100", "recall_at_100"),
        ("queries/s", "queries_per_s"),
        ("p50 (ms)", "p50_ms"),
        ("p99 (ms)", "p99_ms"),
    )


def graph_build():
    found = beside_peers(records("growth"))
    found = [r for r in found if "memory_mb" in r["values"] and "scan_codes_ms" not in r["values"]]
    first = min(r["run"] for r in found)
    return columns(
        [r for r in found if r["run"] == first],
        ("index", system),
        ("build (s)", "build_s"),
        ("memory while searching (MB)", "memory_mb"),
    )


def filters():
    heads = (("papers that pass", of("kept")), ("one query (ms)", "query_ms"), ("recall@10", "recall_at_10"))
    return columns(latest(records("filters")), *heads)


def growth():
    found = [r for r in records("growth") if own(r) and "scan_codes_ms" in r["values"]]
    found = latest(on(AVX2, found))
    measured = (
        ("build (s)", "build_s"),
        ("audit (s)", "audit_s"),
        ("open (ms)", "open_ms"),
        ("recall@10", "recall_at_10"),
        ("queries/s", "queries_per_s"),
        ("exact scan of codes, then f32 (ms)", "scan_codes_ms"),
        ("exact scan in f32 (ms)", "scan_f32_ms"),
        ("memory while searching (MB)", "memory_mb"),
    )
    heads = ["measured", *(f"{text(r['parameters']['vectors'])} vectors" for r in found)]
    return table(heads, [[head, *(text(r["values"].get(value)) for r in found)] for head, value in measured])


def reading():
    found = latest(records("reading"))
    return columns(
        found,
        ("format", of("format")),
        ("file (MB)", of("megabytes")),
        ("papers/s", lambda r: text(r["values"]["papers_per_second"], 0)),
        ("peak memory so far (MB)", lambda r: text(r["values"]["peak_megabytes"], 0)),
    )


def building():
    return columns(
        records("building"),
        ("version", system),
        ("time (min)", "minutes"),
        ("processor time (min)", "processor_minutes"),
        ("crates and build scripts", "units"),
        ("program (MB)", "program_mb"),
    )


def crates():
    return columns(
        latest(records("building-crates")),
        ("crate", system),
        ("time of its compilation (s)", "seconds"),
        ("what it is for", lambda r: r["parameters"]["purpose"]),
    )


def memory():
    return columns(
        records("memory"),
        ("program", system),
        ("machine", machine),
        ("papers or texts", lambda r: r["parameters"].get("papers", r["parameters"].get("texts"))),
        ("at the start (MB)", "begin_mb"),
        ("at the end (MB)", "end_mb"),
        ("peak (MB)", "peak_mb"),
    )


def search():
    """The latest state on one machine, and the latest run on another, which has p99."""
    newest = latest(on(AVX512, records("search", system="paperkin")))
    shown = {of("part")(r) for r in newest}
    view = latest([r for r in on(AVX512, records("search")) if of("part")(r).startswith("opening")])
    old = latest(on(AVX2, records("search")))
    rows = [*newest, *(r for r in old if of("part")(r) not in shown), *view]

    def value(found, name):
        return lambda record: all_of(name, 3)([r for r in found if of("part")(r) == of("part")(record)])

    return columns(
        rows,
        ("part", of("part")),
        (f"{AVX512}, p50 (ms)", value([*newest, *view], "p50_ms")),
        (f"{AVX2}, p50 (ms)", value(old, "p50_ms")),
        ("p99 (ms)", value(old, "p99_ms")),
    )


def search_earlier():
    """Some parts before the first change, after each, and before the last one."""
    parts = ("HTTP, hybrid with highlights", "in process, hybrid", "first search after a commit")
    found = [r for r in on(AVX512, records("search")) if "change" in r["parameters"] and of("part")(r) in parts]
    newest = latest(on(AVX512, records("search", system="paperkin")))
    last = latest(found)[0]["run"]

    def column(record):
        return f"{record['run'].split('#')[1]} {'before' if record['system'].endswith('before') else 'after'}"

    def shown(record):
        if record["system"] == "paperkin":
            return record not in newest
        return record["run"] == last or column(record) == "1 before"

    return pivot(list(filter(shown, found)), of("part"), column, all_of("p50_ms", 3), "p50 (ms)")


def clients():
    found = latest(records("clients"))
    heads = {"paperkin": "searches/s", "paperkin, before": "before the change (searches/s)"}
    order = [r for name in heads for r in found if r["system"] == name]
    return pivot(order, of("clients"), lambda r: heads[r["system"]], all_of("searches_per_s"), "clients")


def service():
    found = records("service", kind="load")
    last = max(r["date"] for r in found)
    return columns(
        [r for r in found if r["date"] == last],
        ("date", date),
        ("run", of("note")),
        ("requests/s", "requests_per_s"),
        ("p50 (ms)", "p50_ms"),
        ("p99 (ms)", "p99_ms"),
        ("max (ms)", "max_ms"),
        ("memory, start / end (MB)", lambda r: [r["values"]["memory_begin_mb"], r["values"]["memory_end_mb"]]),
        ("live recall@10", "live_recall_at_10"),
    )


def service_latency():
    found = [*latest(records("service", kind="healthz")), *latest(records("service", kind="adding"))]
    heads = (("p50 (ms)", "p50_ms"), ("p99 (ms)", "p99_ms"), ("max (ms)", "max_ms"))
    return columns(found, ("request", lambda r: r["system"]), *heads)


def page_paint():
    found = latest(records("page", kind="paint"))
    heads = (("median (ms)", "median_ms"), ("max (ms)", "max_ms"), ("weight (kB)", "weight_kb"))
    return columns(found, ("page", system), *heads)


def interval(metric):
    def cell(found):
        values = found[0]["values"]
        low, high = values[f"{metric} 95 %"]
        return f"{text(values[metric])} [{text(low)}, {text(high)}]"

    return cell


def quality():
    found = latest(records("quality", kind="metrics"))

    def row(record):
        return f"{record['parameters']['set']}, {record['parameters']['queries']} queries"

    return pivot(found, row, of("mode"), interval("nDCG@10"), "nDCG@10 (0 to 1)")


def quality_metrics():
    return columns(
        latest(records("quality", kind="metrics")),
        ("test set", of("set")),
        ("mode", of("mode")),
        ("nDCG@10", lambda r: interval("nDCG@10")([r])),
        *((metric, metric) for metric in ("MRR@10", "MAP", "Recall@10", "Recall@100", "P@10")),
    )


def fusion():
    def row(record):
        return f"{of('set')(record)}, {of('split')(record)}, {of('queries')(record)} queries"

    found = latest(records("quality", kind="fusion"))
    return pivot(found, row, of("mode"), all_of("ndcg_at_10_percent", 2), "nDCG@10 (%)")


def feedback():
    return columns(
        records("feedback"),
        ("nDCG@10 (%)", of("set")),
        ("model", of("model")),
        *((name, name) for name in ("dense", "lexical")),
        ("best sum", "best_sum"),
        ("before", "before"),
        ("simulated", "simulated"),
        ("now", "now"),
    )


def readme():
    """One row per claim: paperkin beside the fastest other program of the same run, and the quality of its modes."""
    rows = []
    for name in (AMX, AVX2):
        run = peers(name)
        mine = [r for r in run if own(r)]
        others = [r for r in run if not own(r)]
        for what, value, best in (("embedding, abstracts/s", "texts_per_s", max), ("embedding a query, p50 (ms)", "query_p50_ms", min)):
            other = best((r for r in others if value in r["values"]), key=lambda r: r["values"][value])
            rows.append([f"{what}, {name}", all_of(value)(mine), f"{text(other['values'][value])} ({other['system'].split(',')[0]})"])
    wanted = latest([r for r in records("graph-recall") if "wanted" in r["parameters"]])
    at = [r for r in wanted if r["parameters"]["wanted"] == Decimal("0.99")]
    mine, other = [r for r in at if own(r)], [r for r in at if not own(r)]
    name = machine(mine[0])
    rates = [all_of("queries_per_s", 0)(group) for group in (mine, other)]
    rows.append([f"vector search at recall@10 0.99, queries/s, {name}", rates[0], f"{rates[1]} (hnswlib)"])
    quality = latest(records("quality", kind="metrics"))
    for name in dict.fromkeys(r["parameters"]["set"] for r in quality):
        by_mode = {r["parameters"]["mode"]: text(r["values"]["nDCG@10"], 3) for r in quality if r["parameters"]["set"] == name}
        rows.append([f"nDCG@10 on {name}", by_mode["hybrid"], f"{by_mode['dense']} (dense), {by_mode['lexical']} (BM25F)"])
    return table(["", "paperkin", "for comparison"], rows)


TABLES = {
    "accuracy": accuracy,
    "adding": adding,
    "building": building,
    "clients": clients,
    "crates": crates,
    "embedding-amx": lambda: embedding_peers(AMX),
    "embedding-avx2": lambda: embedding_peers(AVX2),
    "feedback": feedback,
    "filters": filters,
    "fusion": fusion,
    "graph-avx512": graph_avx512,
    "graph-build": graph_build,
    "graph-peers": graph_peers,
    "graph-recall": graph_wanted,
    "growth": growth,
    "kernels": kernels,
    "memory": memory,
    "page-paint": page_paint,
    "precision": precision,
    "precision-speed": precision_speed,
    "quality": quality,
    "quality-metrics": quality_metrics,
    "reading": reading,
    "readme": readme,
    "search": search,
    "search-earlier": search_earlier,
    "service": service,
    "service-latency": service_latency,
    "spark": spark,
}


def filled(page):
    """The text of a page with all its tables."""
    path = ROOT / page

    def put(match):
        if match[2] not in TABLES:
            sys.exit(f"{page}: no table is called {match[2]}")
        return match[1] + TABLES[match[2]]() + match[3]

    return MARKED.sub(put, path.read_text(encoding="utf-8"))


# Charts.


STYLE = """text{font:13px system-ui,sans-serif;fill:#333}.small{font-size:12px}.title{font-size:15px;font-weight:600}
.page{fill:#fff;stroke:#ddd}.grid{stroke:#e4e4e4}.axis{stroke:#888}.bound{stroke:#333}
.a{fill:#0b63b0}.b{fill:#8a8f98}.c{fill:#c5c9d0}.la{stroke:#0b63b0}.lb{stroke:#c2541b}.pb{fill:#c2541b}
.la,.lb{fill:none;stroke-width:2}
@media(prefers-color-scheme:dark){text{fill:#ddd}.page{fill:#1d2027;stroke:#3a3f4a}.grid{stroke:#343944}
.axis{stroke:#8a8f98}.bound{stroke:#ddd}.a{fill:#5aa9f0}.b{fill:#8a8f98}.c{fill:#5b616c}
.la{stroke:#5aa9f0}.lb{stroke:#f08a4f}.pb{fill:#f08a4f}}"""


def svg(width, height, title, parts):
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    page = f'<rect class="page" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6"/>'
    intro = [f"<title>{escaped(title)}</title>", f"<style>{STYLE}</style>", page, label(20, 28, title, "title")]
    return "\n".join([head, *intro, *parts, "</svg>\n"])


def escaped(words):
    return words.replace("&", "&amp;").replace("<", "&lt;")


def label(x, y, words, kind="", anchor="start"):
    kind = f' class="{kind}"' if kind else ""
    anchor = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{place(x)}" y="{place(y)}"{kind}{anchor}>{escaped(words)}</text>'


def line(x1, y1, x2, y2, kind):
    return f'<line class="{kind}" x1="{place(x1)}" y1="{place(y1)}" x2="{place(x2)}" y2="{place(y2)}"/>'


def bar(x, y, width, height, kind):
    return f'<rect class="{kind}" x="{place(x)}" y="{place(y)}" width="{place(width)}" height="{place(height)}"/>'


def place(number):
    return f"{float(number):.1f}".removesuffix(".0")


def chart_embedding():
    """Abstracts per second beside peers, a group of bars per processor."""
    width, left, right, y, parts = 640, 250, 560, 50, []
    for name in (AMX, AVX2):
        rates = {}
        for record in peers(name):
            rates.setdefault(short(record["system"]), []).append(record)
        most = max(r["values"]["texts_per_s"] for found in rates.values() for r in found)
        cores = peers(name)[0]["machine"]["cores"]
        parts.append(label(20, y + 10, f"{name}, {cores} cores", "title small"))
        y += 20
        for shown, found in rates.items():
            values = [r["values"]["texts_per_s"] for r in found]
            long = (right - left) * float(min(values)) / float(most)
            parts += [
                label(left - 8, y + 14, shown, "small", "end"),
                bar(left, y + 2, long, 16, "a" if own(found[0]) else "b"),
                label(left + long + 6, y + 14, "–".join(text(value) for value in dict.fromkeys(sorted(values))), "small"),
            ]
            y += 22
        y += 18
    note = "Bars of paperkin show its slower run. Each group has a scale of its own."
    parts.append(label(20, y + 2, note, "small"))
    return svg(width, y + 18, "Abstracts embedded per second", parts)


def chart_recall():
    """recall@10 against queries per second, beside hnswlib."""
    width, height, left, right, top, bottom = 640, 370, 70, 610, 68, 310
    found = [r for r in sweep() if r["system"] in ("paperkin", "hnswlib")]
    least, fast = Decimal("0.91"), Decimal(20000)

    def at(record):
        values = record["values"]
        x = left + (right - left) * float((Decimal(values["recall_at_10"]) - least) / (1 - least))
        return x, bottom - (bottom - top) * float(values["queries_per_s"] / fast)

    parts = []
    for rate in range(0, 20001, 5000):
        y = bottom - (bottom - top) * rate / 20000
        parts.append(line(left, y, right, y, "axis" if rate == 0 else "grid"))
        parts.append(label(left - 8, y + 4, f"{rate:,}", "small", "end"))
    for hundredths in range(92, 101, 2):
        x = left + (right - left) * (hundredths - 91) / 9
        parts += [line(x, top, x, bottom, "grid"), label(x, bottom + 18, f"{hundredths / 100:.2f}", "small", "middle")]
    parts.append(label((left + right) / 2, bottom + 40, "recall@10", "small", "middle"))
    parts.append(label(20, top - 20, "queries/s, one thread", "small"))
    rounds = {}
    for record in found:
        rounds.setdefault((record["system"], record["parameters"].get("note", "")), []).append(record)
    for (name, _), points in rounds.items():
        kind = "a" if name == "paperkin" else "b"
        places = [tuple(map(place, at(r))) for r in points]
        parts.append(f'<polyline class="l{kind}" points="{" ".join(",".join(point) for point in places)}"/>')
        dot = "a" if kind == "a" else "pb"
        parts += [f'<circle class="{dot}" cx="{x}" cy="{y}" r="3"/>' for x, y in places]
    # Nothing is both slow and inexact: the legend has room there.
    for y, dot, words in ((bottom - 38, "a", "paperkin, before and after hnswlib"), (bottom - 18, "pb", "hnswlib")):
        parts += [f'<circle class="{dot}" cx="{left + 20}" cy="{y - 4}" r="4"/>', label(left + 30, y, words, "small")]
    title = f"Graph search: recall and speed, {text(found[0]['parameters']['vectors'])} vectors, {machine(found[0])}"
    return svg(width, height, title, parts)


def chart_quality():
    """nDCG@10 by test set and mode, with intervals."""
    found = latest(records("quality", kind="metrics"))
    sets = dict.fromkeys(map(of("set"), found))
    width, height, left, top, bottom = 80 + 240 * len(sets), 336, 60, 52, 260
    parts, x = [], left + 30
    for tenths in range(0, 10, 2):
        y = bottom - (bottom - top) * tenths / 8
        parts.append(line(left, y, width - 20, y, "axis" if tenths == 0 else "grid"))
        parts.append(label(left - 8, y + 4, f"0.{tenths}", "small", "end"))
    for name in sets:
        group = [r for r in found if of("set")(r) == name]
        parts.append(label(x + 100, bottom + 40, f"{name}, {group[0]['parameters']['queries']} queries", "", "middle"))
        for record, kind in zip(group, ("c", "b", "a")):
            values = record["values"]
            low, high = (bottom - (bottom - top) * float(v) / 0.8 for v in values["nDCG@10 95 %"])
            y = bottom - (bottom - top) * float(values["nDCG@10"]) / 0.8
            parts += [
                bar(x, y, 60, bottom - y, kind),
                line(x + 30, low, x + 30, high, "bound"),
                line(x + 25, low, x + 35, low, "bound"),
                line(x + 25, high, x + 35, high, "bound"),
                label(x + 30, high - 6, text(values["nDCG@10"]), "small", "middle"),
                label(x + 30, bottom + 18, record["parameters"]["mode"], "small", "middle"),
            ]
            x += 70
        x += 30
    parts.append(label(20, height - 12, "Lines are 95 % intervals of the bootstrap over queries.", "small"))
    return svg(width, height, "Quality of search results, nDCG@10", parts)


CHARTS = {"embedding.svg": chart_embedding, "quality.svg": chart_quality, "recall.svg": chart_recall}


# Files.


def wanted_files():
    """What each file should contain."""
    for page in PAGES:
        if (ROOT / page).exists():
            yield ROOT / page, filled(page)
    for name, chart in CHARTS.items():
        yield IMAGES / name, chart()


def add():
    """Appends the records on standard input to the files of results."""
    now = datetime.datetime.now(datetime.timezone.utc)
    found = [json.loads(row, parse_float=Decimal) for row in sys.stdin if row.startswith("{")]
    if not found:
        sys.exit("standard input has no records: pass --json to the bench")
    fields = ("date", "run", "machine", "command", "parameters", "system", "values")
    for record in found:
        record.setdefault("date", f"{now:%Y-%m-%d}")
        record.setdefault("run", f"{record['date']} {now:%H:%M:%S}")
        missing = [field for field in ("results", *fields) if field not in record]
        if missing:
            sys.exit(f"a record has no {', '.join(missing)}; nothing is added")
    for name in dict.fromkeys(record["results"] for record in found):
        path = RESULTS / f"{name}.json"
        content = load(name) if path.exists() else {"question": "", "records": []}
        new = [{field: record[field] for field in fields} for record in found if record["results"] == name]
        content["records"] += new
        path.write_text(dump(content) + "\n", encoding="utf-8")
        print(f"{len(new)} records added to {path.relative_to(ROOT)}")


def main():
    parser = argparse.ArgumentParser(description="Write the tables and charts of the measurements in benches/results.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and name each file that would change")
    parser.add_argument("--add", action="store_true", help="append the records on standard input to benches/results")
    options = parser.parse_args()
    if options.add:
        add()
        return
    changed = []
    for path, content in wanted_files():
        if path.exists() and path.read_text(encoding="utf-8") == content:
            continue
        changed.append(path.relative_to(ROOT))
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    for path in changed:
        print(f"{path} {'is out of date: run benches/report.py' if options.check else 'written'}")
    sys.exit(1 if options.check and changed else 0)


if __name__ == "__main__":
    main()
