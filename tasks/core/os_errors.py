"""What a machine can do to a stage or a step, and what a person can do about it, in one line.

No space left on device: data/redacted/parts/.4711.tmp; make room and run it again (…)
"""

import errno

CURES = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
    errno.EFBIG: "make room",
    errno.EROFS: "make it writable",
    errno.EACCES: "make it writable",
    errno.EPERM: "make it writable",
    errno.EIO: "look at the disk (`dmesg`), put another in its place",
    errno.EMFILE: "allow more open files (`ulimit -n`)",
    errno.ENFILE: "close other programs",
}


def explained(error: OSError, place: str) -> str:
    """The error with its cure, `place` where it names no file; empty for one without a cure."""
    cure = CURES.get(error.errno or 0)
    if cure is None:
        return ""
    return (
        f"{error.strerror}: {error.filename or place}; {cure} and run it again (what was committed "
        "before is untouched)"
    )
