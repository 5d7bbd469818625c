"""How dates and times are written: as browsers write them, which write them anew in the reader's zone."""
