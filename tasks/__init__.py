"""The steps of the pipeline in order; `ls tasks/*.py` is the pipeline.

    ingest    raw logs to invocations, feedback beside them
    redact    personal data and secrets to keyed surrogates
    dedup     sessions folded, duplicates dropped, decisions labelled
    validate  every example checked, the set held against its contract
    split     train, validation and a held-out test with whole tools held out
    baseline  the champion's report card, and whether there is something to gain
    train     GRPO
    evaluate  base, base with a better prompt, tuned: on the held-out test
    gate      PASS, FAIL or INCONCLUSIVE, with reasons
    canary    champion and challenger on live traffic
    promote   the alias moves, or rolls back

Prefect decorates none of this: the flows wrap each step, so that a step also runs alone
(`python -m tasks.redact`), under DVC, and in an environment that has no Prefect.
"""
