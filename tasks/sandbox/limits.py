"""What one row may use before its worker is ended.

    Limits(wall_seconds=10, cpu_seconds=5, memory_mb=1024)

Network, files, forks, threads and signals to others have no limit to set: there are none at all.
"""

from typing import NamedTuple


class Limits(NamedTuple):
    wall_seconds: float = 10.0
    """From the moment a row is at its turn; also what the source's top level may take."""
    cpu_seconds: float = 5.0
    memory_mb: int = 1024
    """Address space of the whole worker, the interpreter and its modules included."""
