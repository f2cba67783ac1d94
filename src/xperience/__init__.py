"""Xperience: from egocentric multimodal recordings to an honestly evaluated embodied foundation model."""

__version__ = "0.1.0"
