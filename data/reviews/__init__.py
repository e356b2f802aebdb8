"""Reviews: officers' labels for reports, kept in a database to which rows are only ever added."""
