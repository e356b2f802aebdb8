"""Migrations: the review log's schema, one file a step, applied in order by data/reviews/schema.py."""
