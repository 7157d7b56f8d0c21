"""Starts one process and tells what it took, as the kernel counted it.

    python -S -m benchmarks.curation.launch 1 stage.log python -m tasks.ingest
    {"status": 0, "wall_s": 0.98, "cpu_s": 0.91, "peak_mb": 118.4}

The kernel begins a process's peak of memory with the size of the one that started it, so a stage
that a large benchmark starts would look as large. This one is small, and stays so: it imports next
to nothing. The first argument says how many processor cores the process may use.
"""

import json
import os
import sys
import time


def main(cores: str, log: str, *command: str) -> None:
    """Run it to its end and print its figures; its own output goes to `log`."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores)])
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, 1, log, flags, 0o644), (os.POSIX_SPAWN_DUP2, 1, 2)]
    started = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    told = {
        "status": os.waitstatus_to_exitcode(status),
        "wall_s": time.perf_counter() - started,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
