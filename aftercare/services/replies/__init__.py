"""What patients write back, and what they are answered: by rules, or in our own words."""
