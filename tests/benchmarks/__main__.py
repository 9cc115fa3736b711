"""All benchmarks, one after the other: python -m tests.benchmarks [DATASET...]"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.benchmarks import bench_ack, bench_files, bench_ranking, bench_retrieval, bench_speed
from tests.benchmarks.tables import machine


def main(datasets: list[str]) -> None:
    print(f"Measured on {machine()}.")
    folders = [Path(dataset) / "docs" for dataset in datasets]
    bench_speed.main(next((f for f in folders if f.is_dir()), bench_speed.SAMPLE))
    bench_retrieval.main(datasets)
    bench_files.main(datasets)
    bench_ranking.main()
    bench_ack.main()


if __name__ == "__main__":
    main(sys.argv[1:])
