"""The believable fund of `manage.py seed`: a story told by a fixed random seed, written with COPY (docs/seed.md).

`words` has the texts, `story` decides what happens to each application, the nouns turn it into rows, `copying` writes them.
"""
