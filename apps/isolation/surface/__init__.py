"""What the product offers to the outside, as its own tables of routes, sockets and tasks say."""
