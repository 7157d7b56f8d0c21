"""From logged calls to decisions: what each reply does, what proves it right, which are the same.

    part_index -> log_index -> folding -> row_facts -> examples

`part_index` hashes one part of the log, `log_index` puts all of them end to end, `folding` finds
what is the same, `row_facts` says what feedback and other parts tell of a row, and `examples` makes
the row's example of it: `behaviour` labels the reply and `decisions` says what proves it.
"""
