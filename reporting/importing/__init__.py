"""A portfolio package: its files as columns, what is wrong in them cell by cell, and the rows that they become."""
