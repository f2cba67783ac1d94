"""Pieces of the page about a trained model."""
