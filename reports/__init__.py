"""What it means: results become statistics, claims, plots and pages."""
