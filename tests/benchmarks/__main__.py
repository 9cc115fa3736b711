"""All benchmarks, one after the other: python -m tests.benchmarks [DATASET...]

They take some hours; each can be run by itself. PostgreSQL with a million passages is not among
them: python -m tests.benchmarks.bench_postgres 1000000
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.benchmarks import (
    bench_ack,
    bench_answer,
    bench_enough,
    bench_files,
    bench_gate,
    bench_index,
    bench_local,
    bench_postgres,
    bench_ranking,
    bench_reading,
    bench_rehearse,
    bench_retrieval,
    bench_search,
    bench_swap,
    bench_train_generator,
    bench_train_retriever,
)
from tests.benchmarks.tables import machine


def main(datasets: list[str]) -> None:
    print(f"Measured on {machine()}.")
    folders = [Path(dataset) / "docs" for dataset in datasets]
    bench_answer.main()
    bench_index.main(next((f for f in folders if f.is_dir()), bench_answer.SAMPLE))
    bench_retrieval.main(datasets)
    bench_files.main(datasets)
    bench_reading.main(datasets)
    bench_enough.main(datasets)
    bench_ranking.main()
    bench_search.main(bench_search.SIZES)
    bench_postgres.main([100_000], None, bench_answer.SAMPLE)
    bench_local.main([256, 1024])
    bench_swap.main(100)
    bench_train_retriever.main()
    bench_train_generator.main(2, 128)
    bench_train_generator.main(4, 384)
    bench_gate.main()
    bench_rehearse.main(datasets)
    bench_ack.main()


if __name__ == "__main__":
    main(sys.argv[1:])
