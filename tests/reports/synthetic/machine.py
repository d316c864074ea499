"""The machine and the commits of synthetic results: rates, latencies and memory of its devices."""

COMMIT = "3f2a9c1e5b7d80416c2e9fa83b6d5107e4c8a29f"
OLD_COMMIT = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
MACHINE = "synthetic-machine"
RATE = {("torch", "cpu"): 1.2e11, ("jax", "cpu"): 9.0e10, ("torch", "cuda"): 2.4e13}
BANDWIDTH = {"cpu": 1.5e10, "cuda": 2.8e12}
FLOOR_S = {("torch", "cpu"): 4.0e-5, ("jax", "cpu"): 2.0e-5, ("torch", "cuda"): 1.2e-4}
MEMORY = {"cpu": 25_165_824_000, "cuda": 149_000_000_000}
