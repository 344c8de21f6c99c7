"""What two models are made of, and how they differ: layers, and what trains them."""
