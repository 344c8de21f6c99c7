"""The JSON that other programs rely on, one file a subject: the types of documents, and what makes them of the store's own types.

What is built here is held by its type. What is a record, with little more, is taken from the record's own type (`recorded`).
What is not known is null, never left out.
"""
