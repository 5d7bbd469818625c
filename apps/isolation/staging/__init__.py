"""Two organizations, each with one of everything: made through the product's own services, removed whole."""
