"""How two piles of reports differ, where nobody has said what is right."""
