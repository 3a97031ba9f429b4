"""Keys, signatures and what is signed besides the code: keys, bundles, check-points."""
