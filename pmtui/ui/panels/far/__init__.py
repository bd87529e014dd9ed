"""The panels that need a third column, or are asked for: loaded when there is one, or after the first frame."""
