"""The pages a person looks at: what arrived on each phone, with buttons that work. No script runs on them."""
