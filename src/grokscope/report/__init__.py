"""What people see: figures, tables and one self-contained page. Draws and words results; concludes nothing.

`contents.Contents` is all that a report shows, `write.write_report` makes the folder, `terminal.terminal_summary` makes
the table for a terminal. Nothing is imported here: matplotlib is slow to load.
"""
