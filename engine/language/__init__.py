"""What authors write: the models of process files and tables, what every process has without writing it, and their schema."""
