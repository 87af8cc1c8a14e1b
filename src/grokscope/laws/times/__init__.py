"""T_mem and T_gen: one observation a run, a time a cell, and how T_mem depends on the load."""
