"""Meta as a library: one module a Graph noun, one function an endpoint."""
