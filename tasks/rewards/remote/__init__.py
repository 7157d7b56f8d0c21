"""How a judge or a grader elsewhere is asked."""
