"""A small model-free kit: money, verdict, states, errors, views, tables. A seventh file needs an ADR."""
