"""What people see of a suite of this study: figures and one page."""
