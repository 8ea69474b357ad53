"""Who writes what insights keeps of its own. Facts are written by `keeping` alone."""
