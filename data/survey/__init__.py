"""What labelled data look like before anybody trains on them."""
