"""How fast the product is, as ratios to the best plain way of doing the same; see docs/performance.md."""
