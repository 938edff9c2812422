"""Control flow on traced values: loops and branches that become regions of the graph."""
