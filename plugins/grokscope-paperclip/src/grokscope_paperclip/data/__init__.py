"""From archive and catalogue to shards: what is fetched, checked, split and packed."""
