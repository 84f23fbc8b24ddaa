#!/usr/bin/env python3
"""Make tests/data/parquet: the same papers in Parquet, as different writers write them, and as JSON Lines.

    pip install pyarrow
    python tests/scripts/parquet_files.py [OUTPUT_DIR]
"""

import argparse
import datetime
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUTPUT = Path(__file__).resolve().parent.parent / "data" / "parquet"

PAPERS = [
    {
        "title": "A census of quokkas",
        "abstract": "We walked over one island for three summers and counted quokkas.",
        "authors": ["Ada Smith", "Bo Løkke"],
        "published": "2021-03-04",
        "doi": "10.1234/quokkas",
        "categories": ["bio.quokka", "stat.AP"],
        "cited_by_count": 17,
        "venue": "Journal of Small Islands",
    },
    {
        "title": "Tides before the satellites",
        "abstract": "",
        "authors": ["Dee Nowak"],
        "published": "1961-12-31",
        "doi": None,
        "categories": [],
        "cited_by_count": None,
        "venue": None,
    },
    {
        "title": "Wombats, “cubes” and\na line break",
        "abstract": "Cubes do not roll away.",
        "authors": [],
        "published": None,
        "doi": "10.1234/wombats",
        "categories": ["bio.wombat"],
        "cited_by_count": 0,
        "venue": "Proceedings of Burrows",
    },
    {
        "title": "Nobody wrote this",
        "abstract": "Its author list is missing.",
        "authors": None,
        "published": "2003-01-01",
        "doi": None,
        "categories": None,
        "cited_by_count": 2,
        "venue": None,
    },
]


def day(text):
    return datetime.datetime.fromisoformat(text) if text else None


def column(name):
    return [paper[name] for paper in PAPERS]


def common():
    """Columns that are the same in each file; the last two are of no use to a paper."""
    return {
        "title": pa.array(column("title"), pa.string()),
        "doi": pa.array(column("doi"), pa.string()),
        "categories": pa.array(column("categories"), pa.list_(pa.string())),
        "cited_by_count": pa.array(column("cited_by_count"), pa.int64()),
        "embedding": pa.array([[0.5, -0.25]] * len(PAPERS), pa.list_(pa.float32())),
        "thumbnail": pa.array([b"\xff\x00"] * len(PAPERS), pa.binary()),
    }


def as_arrow_writes():
    """Lists of structs with a list in them, nanoseconds without a time zone, two row groups, Snappy."""
    author = pa.struct([("affiliations", pa.list_(pa.string())), ("name", pa.string())])
    authors = [
        None if names is None else [{"name": name, "affiliations": ["Burrow", "Pond"][: len(name) % 3]} for name in names]
        for names in column("authors")
    ]
    venue = pa.struct([("name", pa.string()), ("volume", pa.string())])
    journals = [name and {"name": name, "volume": None} for name in column("venue")]
    return {
        **common(),
        "abstract": pa.array(column("abstract"), pa.large_string()),
        "authors": pa.array(authors, pa.list_(author)),
        "published": pa.array([day(text) for text in column("published")], pa.timestamp("ns")),
        "journal": pa.array(journals, venue),
    }


def as_datasets_writes():
    """A struct of lists instead of a list of structs, microseconds in UTC."""
    authors = [None if names is None else {"name": names} for names in column("authors")]
    return {
        **common(),
        "abstract": pa.array(column("abstract"), pa.string()),
        "authors": pa.array(authors, pa.struct([("name", pa.list_(pa.string()))])),
        "published": pa.array([day(text) for text in column("published")], pa.timestamp("us", "UTC")),
        "venue": pa.array(column("venue"), pa.string()).dictionary_encode(),
    }


def as_old_programs_write():
    """Texts that are not marked as such, dates, counts with a fraction, a map."""
    ids = [[] if doi is None else [("DOI", doi)] for doi in column("doi")]
    counts = [None if count is None else float(count) for count in column("cited_by_count")]
    columns = {
        **common(),
        "abstract": pa.array([text.encode() for text in column("abstract")], pa.binary()),
        "authors": pa.array(column("authors"), pa.list_(pa.string())),
        "published": pa.array([day(text) and day(text).date() for text in column("published")], pa.date32()),
        "venue": pa.array(column("venue"), pa.string()),
        "cited_by_count": pa.array(counts, pa.float64()),
        "externalIds": pa.array(ids, pa.map_(pa.string(), pa.string())),
    }
    del columns["doi"]
    return columns


def with_vectors(numbers):
    """Papers with embeddings of two dimensions, of which the first and the last can be used."""
    vectors = [[0.6, 0.8], None, [0.6], [0.0, 0.0], [float("nan"), 1.0], [3.0, 4.0], [], [None, 1.0], [0.6, 0.8], [1.0, 0.0]]
    titles = ["good", "none", "short", "zero", "nan", "long", "empty", "gap", "sentences", "also good"]
    return {
        "title": pa.array([f"A paper that is {title}" for title in titles]),
        "abstract": pa.array(["Of one sentence."] * len(titles)),
        "embedding": pa.array(vectors, pa.list_(numbers)),
        "sentences": pa.array([None] * (len(titles) - 2) + [b"nonsense", None], pa.binary()),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", nargs="?", type=Path, default=OUTPUT)
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)

    def write(name, columns, **options):
        pq.write_table(pa.table(columns), output / name, store_schema=False, **options)

    write("arrow.parquet", as_arrow_writes(), compression="snappy", row_group_size=2)
    write("datasets.parquet", as_datasets_writes(), compression="zstd", data_page_version="2.0", use_dictionary=False)
    write("old.parquet", as_old_programs_write(), compression="gzip", version="1.0", use_compliant_nested_type=False)
    write("vectors.parquet", with_vectors(pa.float32()), compression="zstd")
    write("doubles.parquet", with_vectors(pa.float64()), compression="snappy", use_compliant_nested_type=False)
    plain = {name: common()[name] for name in ("title", "doi")}
    write("brotli.parquet", plain, compression="brotli")
    write("numbers.parquet", {"x": pa.array([1, 2]), "label": pa.array(["a", "b"])}, compression="none")
    lines = [json.dumps({name: value for name, value in paper.items() if value is not None}, ensure_ascii=False) for paper in PAPERS]
    (output / "papers.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
