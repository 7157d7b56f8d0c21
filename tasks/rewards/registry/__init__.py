"""A spec as MLflow keeps it: registered with its verdict, described on a page, served."""
