"""What goes in: reports, the taxonomy, cleaning, readers of files. Never torch."""
