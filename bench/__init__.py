"""Measurements: data by COPY, then the pages through the real server. Timings live here, never in tests."""
