"""Order, schedules, retries and pauses of the pipeline; the only place that knows Prefect."""
