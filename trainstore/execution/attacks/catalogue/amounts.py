"""How much the greedy attacks try for; each ends by itself when it has got it."""

AMOUNTS = {
    "processes": 300,
    "memory_mib": 768,
    "disk_mib": 160,
    "inodes": 10_000,
    "cpu_seconds": 6,
    "output_mib": 4,
}
