"""The strict reader of delimited text beside DuckDB's, on the same file, in the same run.

    python benchmarks/read.py [FILE] [--repeat 5] [--times 8]

Without FILE it reads the street files of the national police archive of January 2014, put together as one file, from
`../shared/data` (or $COMMONGRID_REAL_DATA). Both sides read every value as text and write it to Parquet, so that both
end with the same thing in hand. Prints megabytes a second, their ratio, and the peak memory of the strict reader on the
file once and `--times` over: it must not grow with the file.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
LEAST_RATIO = 0.5
MOST_GROWTH = 1.3


def strict(path: Path, out: Path) -> int:
    """Read with Commongrid, batch by batch, into one Parquet file; the number of rows."""
    import pyarrow.parquet as pq

    from pipelines.read.delimited import read_delimited
    from pipelines.specs.formats import CsvFormat

    rows, writer = 0, None
    with path.open("rb") as file:
        for batch in read_delimited(file, CsvFormat(type="csv"), path.name).batches:
            table = batch.frame.to_arrow()
            writer = writer or pq.ParquetWriter(out, table.schema, compression="snappy")
            writer.write_table(table)
            rows += table.num_rows
    if writer is not None:
        writer.close()
    return rows


def duck(path: Path, out: Path) -> int:
    """Read with DuckDB into one Parquet file; the number of rows."""
    import duckdb

    with duckdb.connect(config={"threads": os.cpu_count() or 1}) as connection:
        source = f"read_csv('{path}', all_varchar = true)"
        connection.execute(f"copy (from {source}) to '{out}' (format parquet, compression snappy)")
        counted = connection.execute(f"select count(*) from '{out}'").fetchone()
    return int(counted[0]) if counted else 0


def megabytes_a_second(read: Callable[[Path, Path], int], path: Path, out: Path) -> tuple[float, int]:
    """Speed of one reading, and the rows it gave."""
    started = time.perf_counter()
    rows = read(path, out)
    return path.stat().st_size / 1e6 / (time.perf_counter() - started), rows


def peak_megabytes(path: Path, out: Path) -> float:
    """Peak resident memory of a process that does nothing but read the file strictly."""
    code = f"import sys; sys.path.insert(0, {str(HERE)!r}); import read, resource; from pathlib import Path; "
    code += f"read.strict(Path({str(path)!r}), Path({str(out)!r})); "
    code += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE.parent)
    return float(done.stdout)


def national(data: Path, target: Path) -> None:
    """The archive's street files as one: the header once, then every row."""
    with zipfile.ZipFile(data / "police/national/2014-01.zip") as archive, target.open("wb") as out:
        for number, name in enumerate(sorted(name for name in archive.namelist() if name.endswith("-street.csv"))):
            header, _, rows = archive.read(name).partition(b"\n")
            out.write(rows if number else header + b"\n" + rows)


def repeated(path: Path, target: Path, times: int) -> None:
    """The file with its rows over and over."""
    header, _, rows = path.read_bytes().partition(b"\n")
    with target.open("wb") as out:
        out.write(header + b"\n")
        for _ in range(times):
            out.write(rows if rows.endswith(b"\n") else rows + b"\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--times", type=int, default=8)
    options = parser.parse_args()
    sys.path.insert(0, str(HERE.parent))
    scratch = Path(tempfile.mkdtemp(prefix="commongrid-bench-"))
    try:
        path = options.file
        if path is None:
            data = Path(os.environ.get("COMMONGRID_REAL_DATA", HERE.parent.parent / "shared/data"))
            if not (data / "police/national/2014-01.zip").exists():
                raise SystemExit(f"no real data in {data}: set COMMONGRID_REAL_DATA, or name a file")
            path = scratch / "street.csv"
            national(data, path)
        report(path, scratch, options.repeat, options.times)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def report(path: Path, scratch: Path, repeat: int, times: int) -> None:
    """Measure in turns, so that what else the machine does falls on both; print lines, and one line of JSON."""
    out = scratch / "out.parquet"
    runs: dict[str, list[tuple[float, int]]] = {"strict": [], "duckdb": []}
    for _ in range(repeat):
        runs["strict"].append(megabytes_a_second(strict, path, out))
        runs["duckdb"].append(megabytes_a_second(duck, path, out))
    if runs["strict"][0][1] != runs["duckdb"][0][1]:
        raise SystemExit(f"{runs['strict'][0][1]} rows against {runs['duckdb'][0][1]}: not a clean file")
    speed = {name: statistics.median(rate for rate, _ in measured) for name, measured in runs.items()}
    larger = scratch / "larger.csv"
    repeated(path, larger, times)
    once, over = peak_megabytes(path, out), peak_megabytes(larger, out)
    size = path.stat().st_size / 1e6
    print(f"{path.name}: {size:.0f} MB, {runs['strict'][0][1]:,} rows")
    for name, rate in speed.items():
        print(f"{name:8} {rate:6.0f} MB/s")
    print(f"speed    {speed['strict'] / speed['duckdb']:6.2f} x DuckDB (at least {LEAST_RATIO})")
    print(f"memory   {once:6.0f} MB, and {over:.0f} MB for {times} times the file (at most {MOST_GROWTH} x)")
    print(json.dumps({"speed": round(speed["strict"] / speed["duckdb"], 3), "memory": round(over / once, 3)}))


if __name__ == "__main__":
    main()
