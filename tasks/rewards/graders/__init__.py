"""How graders of other services compute: their formulas, templates, models and Lambda functions."""
