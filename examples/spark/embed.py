#!/usr/bin/env python3
"""Embed papers on a Spark cluster, with one process of `paperkin embed` per core.

    spark-submit --master spark://HOST:7077 --files paperkin --archives model.tar.gz#model \\
        embed.py papers.jsonl embedded --program paperkin --model model
    paperkin add --vectors embedded

INPUT is JSON Lines or Parquet: a file, a folder or a pattern that all workers can read. OUTPUT is a folder on storage that
driver and workers share. The papers are divided into parts by a hash of their text. A task embeds one part:

    OUTPUT/part-00000.parquet         papers and embeddings
    OUTPUT/failed/part-00000.jsonl    lines that are not papers, each with its `reason`
    OUTPUT/_SUCCESS                   written when all parts are complete

Run the same command again after a failure: complete parts are not embedded again. The program must be built with the feature
`parquet`. Workers need pyspark, pandas and pyarrow, and no network.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import pyarrow.fs
import pyarrow.parquet
from pyspark import SparkFiles, TaskContext
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

BATCH = 1_000  # records that a worker receives at once
PARTS_PER_CORE = 4  # of a new OUTPUT
REPORT = "part int, embedded long, failed long, seconds double"
# Columns of an earlier OUTPUT, which are made again.
MADE = ("embedding", "sentences", "truncated")


def storage(folder):
    """The file system of a folder, and its path there: a local path, or an address such as hdfs://HOST/PATH or s3://BUCKET/PATH."""
    return pyarrow.fs.FileSystem.from_uri(folder if "://" in folder else str(Path(folder).absolute()))


def part_name(part):
    return f"part-{part:05}"


def located(name):
    """A file or folder on this worker: a path, what spark-submit has shipped under this name, or a program."""
    shipped = [] if os.path.isabs(name) else [SparkFiles.get(name)]
    found = next((path for path in (*shipped, name) if os.path.exists(path)), None) or shutil.which(name)
    if not found:
        raise FileNotFoundError(f"`{name}` is not on this worker: ship it with --files or --archives, or pass its path")
    return os.path.abspath(found)


def publish(files, source, target):
    """Copies a local file to the shared storage; under its name, it is complete."""
    beside = f"{os.path.dirname(target)}/_temporary-{uuid.uuid4().hex}"
    with open(source, "rb") as local, files.open_output_stream(beside) as remote:
        shutil.copyfileobj(local, remote, 1 << 20)
    files.move(beside, target)


def embed_part(batches, part, options):
    """Embeds the records of one part with one process. Returns the numbers of embedded and of failed records."""
    with tempfile.TemporaryDirectory(prefix="paperkin-") as folder:
        vectors, failed, errors = (f"{folder}/{name}" for name in ("vectors.parquet", "failed.jsonl", "errors.txt"))
        command = [located(options["program"]), "embed", "-", "--model", located(options["model"]), *options["arguments"]]
        command += ["--format", "parquet", "--output", vectors, "--rejected", failed]
        sent = 0
        with open(errors, "wb") as stderr:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr)
        try:
            for batch in batches:
                if (batch["part"] != part).any():
                    raise RuntimeError("Spark has distributed the records by another hash: report this as a bug")
                # The pipe is full while the process is busy, and Spark waits.
                process.stdin.write("".join(f"{record}\n" for record in batch["record"]).encode())
                sent += len(batch)
            process.stdin.close()
        except BrokenPipeError:
            pass  # the process has failed, and says why
        except BaseException:
            process.kill()
            process.wait()
            raise
        if status := process.wait():
            told = Path(errors).read_text(encoding="utf-8", errors="replace").strip()
            raise RuntimeError(f"`paperkin embed` ended with status {status}: {told[-2_000:]}")
        embedded = pyarrow.parquet.read_metadata(vectors).num_rows
        with open(failed, "rb") as lines:
            left_out = sum(1 for _ in lines)
        if embedded + left_out != sent:
            raise RuntimeError(f"expected {sent} records in part {part}, found {embedded} embedded and {left_out} failed")
        files, output = storage(options["output"])
        if left_out:
            publish(files, failed, f"{output}/failed/{part_name(part)}.jsonl")
        publish(files, vectors, f"{output}/{part_name(part)}.parquet")
    return embedded, left_out


def worker(options):
    """The function that a worker runs for each part."""
    import pandas

    def embed(batches):
        part = TaskContext.get().partitionId()
        if part in options["complete"]:
            return
        start = time.monotonic()
        embedded, failed = embed_part(batches, part, options)
        columns = {"part": [part], "embedded": [embedded], "failed": [failed], "seconds": [time.monotonic() - start]}
        yield pandas.DataFrame(columns)

    return embed


def records(spark, paths, is_parquet):
    """The records as lines of JSON, in the column `record`."""
    if not is_parquet:
        return spark.read.text(paths).select(F.col("value").alias("record")).where(F.trim("record") != "")
    papers = spark.read.parquet(*paths)
    columns = [F.col(f"`{name}`") for name in papers.columns if name not in MADE]
    return papers.select(F.to_json(F.struct(*columns)).alias("record"))


def planned(files, output, plan, cores):
    """The plan of OUTPUT: the given one, or that of the run that began it, which must be the same."""
    path = f"{output}/_plan.json"
    if files.get_file_info(path).type == pyarrow.fs.FileType.NotFound:
        plan = {**plan, "parts": plan["parts"] or PARTS_PER_CORE * cores}
        with files.open_output_stream(path) as stream:
            stream.write(json.dumps(plan).encode())
        return plan
    with files.open_input_stream(path) as stream:
        begun = json.loads(stream.read())
    for name, wanted in plan.items():
        if begun[name] != wanted and (name, wanted) != ("parts", None):
            sys.exit(f"error: OUTPUT was begun with {name} {begun[name]}, but {wanted} was requested\nhint: choose another folder")
    return begun


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", nargs="+", metavar="INPUT")
    parser.add_argument("output", metavar="OUTPUT")
    parser.add_argument("--format", choices=("jsonl", "parquet"), help="format of INPUT [default: by the first name]")
    parser.add_argument("--program", default="paperkin", help="path on the workers, or name of a shipped file")
    parser.add_argument("--model", required=True, help="folder of the model on the workers, or name of a shipped archive")
    parser.add_argument("--dimension", type=int, help="truncate vectors to this number of dimensions")
    parser.add_argument("--parts", type=int, help=f"number of parts [default: {PARTS_PER_CORE} per core]")
    options = parser.parse_args()

    spark = SparkSession.builder.appName("paperkin embed").getOrCreate()
    # Parts must be the partitions of the shuffle, whatever their sizes.
    spark.conf.set("spark.sql.adaptive.enabled", "false")
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(BATCH))
    files, output = storage(options.output)
    files.create_dir(f"{output}/failed")
    plan = {"input": options.input, "model": options.model, "dimension": options.dimension, "parts": options.parts}
    parts = planned(files, output, plan, spark.sparkContext.defaultParallelism)["parts"]

    def complete():
        found = files.get_file_info(pyarrow.fs.FileSelector(output))
        names = {info.base_name for info in found}
        return {part for part in range(parts) if f"{part_name(part)}.parquet" in names}

    before = complete()
    if before:
        print(f"{len(before)} of {parts} parts are complete already", flush=True)
    start = time.monotonic()
    embedded, failed, busy = 0, 0, 0.0
    if len(before) < parts:
        threads = spark.sparkContext.getConf().get("spark.task.cpus", "1")
        arguments = ["--threads", threads]
        arguments += ["--dimension", str(options.dimension)] if options.dimension else []
        wanted = {"program": options.program, "model": options.model, "arguments": arguments}
        wanted |= {"output": options.output, "complete": before}
        is_parquet = (options.format or ("parquet" if ".parquet" in options.input[0] else "jsonl")) == "parquet"
        lines = records(spark, options.input, is_parquet)
        # The partition that Spark gives to a record.
        lines = lines.withColumn("part", F.pmod(F.hash("record"), F.lit(parts)))
        if before:
            lines = lines.where(~F.col("part").isin(list(before)))
        reports = lines.repartition(parts, "record").mapInPandas(worker(wanted), REPORT).collect()
        embedded, failed, busy = (sum(report[name] for report in reports) for name in ("embedded", "failed", "seconds"))
        for left in files.get_file_info(pyarrow.fs.FileSelector(output, recursive=True)):
            if left.base_name.startswith("_temporary-"):
                files.delete_file(left.path)
    if len(complete()) < parts:
        sys.exit("error: some parts are missing, although no task has failed\nhint: run the same command again")
    with files.open_output_stream(f"{output}/_SUCCESS"):
        pass
    seconds = time.monotonic() - start
    print(f"embedded {embedded} papers in {parts - len(before)} parts, {seconds:.1f} s; {failed} lines failed", flush=True)
    if busy:
        print(f"{embedded / busy:.0f} papers/s per task", flush=True)
    if failed:
        print(f"the reasons are in {options.output}/failed", flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
