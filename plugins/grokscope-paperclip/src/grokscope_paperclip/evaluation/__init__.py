"""Metrics of how well images and words find each other. Plain NumPy on embeddings; nothing here needs PyTorch."""
