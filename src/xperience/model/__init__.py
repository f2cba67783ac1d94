"""The Xperience Embodied Foundation Model: encoders, trunk, decoders, sizes. Needs torch."""
