"""The store as pages in a browser on this machine: read only, from what `trainstore.api` and `trainstore.documents` give."""
