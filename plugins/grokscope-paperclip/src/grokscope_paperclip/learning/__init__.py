"""Training: specs of fine-tuning runs, tokens, models, losses and the trainer. Needs PyTorch."""
