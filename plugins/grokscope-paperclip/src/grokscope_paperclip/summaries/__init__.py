"""From an abstract to what its images show and are good for: by an endpoint that speaks JSON, or by rules."""
