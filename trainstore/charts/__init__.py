"""Charts as SVG text, drawn from plain values alone; nothing here reads a store."""
