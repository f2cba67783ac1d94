"""What a pretrained model is worth: the benchmark's tasks on its representation, and what only a model can be asked."""
