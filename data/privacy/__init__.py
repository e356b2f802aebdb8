"""Reporter protection: finds identifiers in Chinese text and masks them, with offsets kept. No models."""
