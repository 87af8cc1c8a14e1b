"""The figures of the study of paths: each takes the frames that it shows and computes nothing but means over seeds."""
