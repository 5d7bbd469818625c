"""The table for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.figures import Figure
from bench.statistics import median, spread

HEAD = ("row", "value", "baseline", "target", "", "ratio")
_THOUSAND = 1000


def table(figures: Sequence[Figure]) -> str:
    """One line a figure, the ratio last; notes stand below."""
    rows = [HEAD, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], *_notes(figures)])


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.row,
        _with_spread(figure.values, figure.unit),
        _with_spread(figure.baselines, figure.unit),
        str(figure.target),
        figure.verdict,
        f"{figure.ratio:.2f}×" if figure.ratio is not None else "",
    )


def _with_spread(values: Sequence[float], unit: str) -> str:
    if not values:
        return ""
    return f"{short(median(values))} {unit} ±{spread(values) * 100:.0f} %"


def short(number: float) -> str:
    """Three digits, thousands apart."""
    return f"{number:,.0f}" if abs(number) >= _THOUSAND else f"{number:.3g}"


def _notes(figures: Sequence[Figure]) -> Iterator[str]:
    noted = [figure for figure in figures if figure.note]
    if noted:
        yield ""
    for figure in noted:
        yield f"{figure.row}: {figure.note}"
