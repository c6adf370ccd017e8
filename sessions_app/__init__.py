"""Interviews: their sessions, the engine behind them and the demonstration."""

import os

# The engine's matrix products are small: divided among threads they wait longer than
# they work, many times as long on a busy machine. Read when numpy is first imported,
# which nothing outside this package does.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
