#!/usr/bin/env python3
"""Test of examples/spark/embed.py on a standalone cluster of two workers on this machine, of which one is killed.

    python tests/spark/cluster.py PROGRAM MODEL_FOLDER [--papers FILE --count N --parts N]

Checks that every paper is embedded once and as `paperkin embed` does it, that failed lines are kept aside, that complete parts
are not embedded again, and that `paperkin add --vectors` takes the result, also after Spark has written it again. Without
`--papers`, they are made up.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pyspark

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "spark" / "embed.py"
SPARK = Path(pyspark.__file__).parent
LEAST_COSINE = 0.9999
BAD = ["nonsense", '{"no": "title"}', '{"id": "x1", "text": "of no paper"}']

# Stands for the program. Once some parts are complete, one process kills its executor in the middle of its part.
KILLER = """#!{python}
import os, signal, sys
from pathlib import Path

output, marker = Path({output!r}), Path({marker!r})

def executor():
    pid = os.getppid()
    while b"CoarseGrainedExecutorBackend" not in Path(f"/proc/{{pid}}/cmdline").read_bytes():
        pid = int(Path(f"/proc/{{pid}}/stat").read_text().rpartition(")")[2].split()[1])
    return pid

if len(list(output.glob("part-*.parquet"))) >= {after}:
    try:
        marker.mkdir()
    except FileExistsError:
        pass
    else:
        for _ in range(10):
            sys.stdin.buffer.readline()
        os.kill(executor(), signal.SIGKILL)
        sys.exit(1)
os.execv({program!r}, ["paperkin", *sys.argv[1:]])
"""

REWRITE = """
import runpy
from pyspark.sql import SparkSession

papers = SparkSession.builder.getOrCreate().read.parquet({source!r})
papers.repartition(3).write.parquet({target!r})
runpy.run_path({example!r}, run_name="__main__")
"""


def made_up(count):
    """Papers as JSON Lines."""
    things = ["graphs", "proteins", "galaxies", "compilers", "languages", "images", "markets", "oceans"]
    for number in range(count):
        some = [things[number * step % 8] for step in (1, 3, 5)]
        text = f"We count {some[0]} and {some[1]}. They are {number}. What is done with {some[2]} is told at some length."
        yield json.dumps({"id": f"2301.{number + 1:05}", "title": f"On {some[0]}, part {number}", "abstract": text})


# Less of a compiler, since no process of Java lives for long here.
OPTIONS = {"SPARK_LOCAL_IP": "127.0.0.1", "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}


def java(log, *arguments):
    environment = os.environ | OPTIONS | {"PYSPARK_PYTHON": sys.executable, "SPARK_DAEMON_MEMORY": "256m"}
    return subprocess.Popen([SPARK / "bin" / "spark-class", *arguments], stdout=log, stderr=log, env=environment)


@contextlib.contextmanager
def cluster(folder):
    """A master and two workers of one core each; the address of the master."""
    package = "org.apache.spark.deploy"
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(open(folder / "master.log", "wb"))
        processes = [java(log, f"{package}.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")]
        stack.callback(lambda: [(process.terminate(), process.wait()) for process in reversed(processes)])
        address = found_in(folder / "master.log", r"Starting Spark master at (spark://\S+)", processes[0])[0]
        for number in (1, 2):
            log = stack.enter_context(open(folder / f"worker-{number}.log", "wb"))
            options = ["--cores", "1", "--memory", "2g", "--host", "127.0.0.1", "--webui-port", "0"]
            options += ["--work-dir", folder / f"worker-{number}"]
            processes.append(java(log, f"{package}.worker.Worker", *options, address))
        found_in(folder / "master.log", r"Registering worker", processes[0], count=2)
        yield address


def found_in(log, pattern, process, count=1):
    """What a log says, once it does."""
    while len(found := re.findall(pattern, log.read_text(errors="replace"))) < count:
        if process.poll() is not None:
            sys.exit(f"the process has ended:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)
    return found


def submit(address, script, *arguments, conf=()):
    """Runs a program on the cluster, and returns what it prints."""
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "512m",
        "spark.executor.memory": "1g",
        "spark.ui.enabled": "false",
        "spark.pyspark.python": sys.executable,
        "spark.pyspark.driver.python": sys.executable,
        **dict(conf),
    }
    command = [SPARK / "bin" / "spark-submit", "--master", address]
    command += [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    command += [script, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, env=os.environ | OPTIONS)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr[-6_000:]}"
    return run.stdout


def paperkin(program, *arguments, **options):
    run = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, **options)
    assert run.returncode == 0, f"{arguments}: {run.stderr}"
    return run.stdout


def embedded(output):
    """The ids and vectors of all parts."""
    tables = [pq.read_table(part, columns=["id", "embedding"]) for part in sorted(output.glob("part-*.parquet"))]
    ids = [paper for table in tables for paper in table["id"].to_pylist()]
    vectors = [np.stack(table["embedding"].to_numpy(zero_copy_only=False)) for table in tables if len(table)]
    return ids, np.concatenate(vectors)


def check_vectors(program, model, papers, output):
    """Each paper is there once, with the vector of `paperkin embed`. Returns the least cosine, the part of vectors that are equal,
    and the seconds of `paperkin embed`."""
    start = time.monotonic()
    lines = paperkin(program, "embed", papers, "--model", model, "--rejected", papers.with_suffix(".rejected"))
    seconds = time.monotonic() - start
    wanted = {line["id"]: line["embedding"] for line in map(json.loads, lines.splitlines())}
    wanted.pop("x1")  # a text without a title is not a paper
    ids, vectors = embedded(output)
    assert sorted(ids) == sorted(wanted), f"expected {len(wanted)} papers once, found {len(ids)} of {len(set(ids))} ids"
    alone = np.array([wanted[paper] for paper in ids], dtype=np.float32)
    least = (vectors * alone).sum(axis=1).min()
    assert least >= LEAST_COSINE, f"expected cosines of at least {LEAST_COSINE}, found {least}"
    return float(least), float(np.mean(np.all(vectors == alone, axis=1))), seconds


def interrupted(program, model, folder):
    """Ctrl-C leaves no file."""
    target = folder / "interrupted.parquet"
    command = [program, "embed", "-", "--model", model, "--format", "parquet", "--output", target]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    # Temporary files are created before the input is read, and Ctrl-C is handled before that.
    while not list(folder.glob(".tmp*")):
        time.sleep(0.05)
    process.stdin.write(next(made_up(1)).encode() + b"\n")
    process.send_signal(signal.SIGINT)
    _, told = process.communicate()
    assert process.returncode == 130 and b"interrupted" in told, told
    assert not target.exists() and not list(folder.glob(".tmp*"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--papers", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--parts", type=int, default=6)
    options = parser.parse_args()
    program, model = options.program.resolve(), options.model.resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        lines = options.papers.read_text(encoding="utf-8").splitlines()[: options.count] if options.papers else list(made_up(options.count))
        papers, output, again = folder / "papers.jsonl", folder / "embedded", folder / "again"
        papers.write_text("\n".join([*lines, "", *BAD]) + "\n", encoding="utf-8")
        interrupted(program, model, folder)
        killer, marker = folder / "paperkin", folder / "killed"
        settings = {"python": sys.executable, "output": str(output), "marker": str(marker), "program": str(program)}
        killer.write_text(KILLER.format(after=options.parts // 3, **settings))
        killer.chmod(0o755)
        with tarfile.open(folder / "model.tar.gz", "w:gz", compresslevel=1) as archive:
            archive.add(model, arcname=".")
        shipped = {"spark.files": str(killer), "spark.archives": f"{folder / 'model.tar.gz'}#model"}
        run = [EXAMPLE, papers, output, "--program", "paperkin", "--model", "model", "--parts", options.parts]

        with cluster(folder) as address:
            started = time.monotonic()
            told = submit(address, *run, conf=shipped.items())
            seconds = time.monotonic() - started
            print(told, end="")
            assert marker.exists(), "no executor was killed"
            assert f"embedded {len(lines)} papers in {options.parts} parts" in told, told
            rejected = [line for file in (output / "failed").iterdir() for line in file.read_text().splitlines()]
            assert sorted(json.loads(line)["text"] for line in rejected) == sorted(BAD), rejected
            least, same, alone = check_vectors(program, model, papers, output)
            print(f"{len(lines)} papers: least cosine {least:.6f}, {100 * same:.1f} % of the vectors bit for bit equal")
            print(f"Spark {seconds:.1f} s with its start and the killed executor, `paperkin embed` alone {alone:.1f} s")

            # Complete parts stay as they are.
            parts = sorted(output.glob("part-*.parquet"))
            assert len(parts) == options.parts and not list(output.glob("_temporary*"))
            before = [part.stat().st_mtime_ns for part in parts[1:]]
            parts[0].unlink()
            told = submit(address, *run, conf=shipped.items())
            assert f"{options.parts - 1} of {options.parts} parts are complete already" in told, told
            assert before == [part.stat().st_mtime_ns for part in parts[1:]] and parts[0].exists()
            assert sorted(embedded(output)[0]) == sorted(set(embedded(output)[0])) and len(embedded(output)[0]) == len(lines)

            # Spark writes it again, without metadata; and embeds from Parquet.
            script = folder / "rewrite.py"
            script.write_text(REWRITE.format(source=str(output), target=str(folder / "rewritten"), example=str(EXAMPLE)))
            run[:3] = [script, folder / "rewritten", again]
            submit(address, *run, "--format", "parquet", conf=shipped.items())
            assert sorted(embedded(again)[0]) == sorted(embedded(output)[0])

        store = folder / "store"
        add = [program, "--store", store, "add", "--vectors", "--source", "spark", "--model", model]
        start = time.monotonic()
        told = paperkin(*add, output)
        print(f"added in {time.monotonic() - start:.1f} s: {told.splitlines()[0]}")
        assert f"read {len(lines)} papers: {len(lines)} added" in told, told
        for folder_of_parts in (folder / "rewritten", again):
            told = paperkin(*add, folder_of_parts)
            assert f"{len(lines)} unchanged" in told, told


if __name__ == "__main__":
    main()
