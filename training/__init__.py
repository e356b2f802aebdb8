"""Labelled reports to an Export; torch, transformers, datasets and mlflow live only here."""
