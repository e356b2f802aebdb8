"""Labels that come back from outside: other tools' exports and corrected outputs, to labelled reports."""
