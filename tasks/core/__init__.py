"""What the steps share: records, settings, the stage runner, statistics, lineage, sampling."""
