"""How values, runs and models are put into words for a person, on a terminal or on a page."""
