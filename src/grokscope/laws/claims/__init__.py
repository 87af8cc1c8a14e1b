"""What a suite claims of its crossings and onsets, tested."""
