"""Two ways to the product: into its WSGI handler, and over a real socket."""
