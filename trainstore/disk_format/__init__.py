"""How things stand on disk and in commits: paths, file names, trailers, digests. Pure text, no input or output."""
