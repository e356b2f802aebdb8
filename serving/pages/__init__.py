"""Pages for people, in Chinese: plain HTML from the server, one style sheet, one small script."""
