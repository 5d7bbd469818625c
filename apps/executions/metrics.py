"""What the engine counts."""

from __future__ import annotations

from apps.dispatch.metrics import TallyCounter, TallyHistogram

RUNS = TallyCounter("oficina_runs_total", "Executions that ended, by status.")
LOG_LINES = TallyCounter("oficina_log_lines_total", "Log lines stored.")
LEASES_LOST = TallyCounter("oficina_leases_lost_total", "Leases that ended without a word from their worker.")
RUN_SECONDS = TallyHistogram(
    "oficina_run_duration_seconds",
    "From the start of an execution to its end.",
    (0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 14400),
)
WAIT_SECONDS = TallyHistogram(
    "oficina_queue_wait_seconds",
    "From when an execution could start to its start.",
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10, 30, 60, 300, 3600),
)
