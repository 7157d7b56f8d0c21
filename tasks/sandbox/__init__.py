"""Runs a function that somebody else wrote, row after row, where it can do no harm.

    source.read(text)                     what it defines, and that it imports only what it may
    frames.packed({"completion": ...})    a row
    Worker(program, Limits()).run(rows)   one outcome a row: a number, or a reason why there is none

A worker is a Python process of its own that stays: its start costs a tenth of a second, a row some
microseconds. Inside it there is no network, no file, no environment and no other process:

    bubblewrap    namespaces of its own (`bwrap`), and the kernel's filter inside them
    kernel        the filter alone: seccomp and Landlock, from pure Python
    unsafe        a process like any other; only where the user's option says `unsafe`

Each worker proves at its start that its walls hold, and a row that breaks it costs that row alone.
"""
