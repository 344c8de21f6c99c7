"""One file a page: what it shows, as facts for its template and as the JSON document of the same address."""
